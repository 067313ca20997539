"""Export: backends of the fine-tuned model, their comparison with it, and the model card."""
