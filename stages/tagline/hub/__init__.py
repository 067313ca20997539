"""The Hugging Face Hub: pushes, and what its failures mean."""
