"""The Hugging Face Hub: pushes, and what its failures mean."""

__all__ = ["hub_params", "push"]
