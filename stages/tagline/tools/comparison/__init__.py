"""Comparison of the predictions of Git revisions: what differs, and whether the difference is significant."""
