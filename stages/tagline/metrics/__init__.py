"""Metrics: pure functions of gold and predicted labels."""
