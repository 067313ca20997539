"""Metrics: pure functions of gold and predicted labels."""

__all__ = ["expected", "outcomes", "resampling", "scores", "significance", "slices"]
