"""Training: batches, steps, engines, checkpoints, validation, processes."""
