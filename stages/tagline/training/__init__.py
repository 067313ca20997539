"""Modules that of all stages only `train` uses: batches, steps, checkpoints, processes."""
