"""Metrics: what is measured of predicted labels, and the tables that are written and printed."""
