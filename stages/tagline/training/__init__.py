"""Training: batches, steps, engines, checkpoints, validation, processes."""

__all__ = ["epoch_choice", "processes", "stage", "train_params", "validation", "work"]
