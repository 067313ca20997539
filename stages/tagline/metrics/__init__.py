"""Metrics: pure functions of gold and predicted labels."""

__all__ = ["outcomes", "resampling", "scores", "significance", "slices"]
