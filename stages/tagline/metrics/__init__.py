"""Metrics: pure functions of gold and predicted labels."""

__all__ = ["expected", "outcomes", "partly_labelled", "resampling", "scores", "significance", "slices"]
