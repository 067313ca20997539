"""Training: batches, steps, engines, checkpoints, validation, processes."""

__all__ = ["processes", "stage", "train_params", "validation", "work"]
