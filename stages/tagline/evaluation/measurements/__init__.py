"""Measurements: a file each, called after its key in reports/evaluate.json; `order` lists them."""

__all__ = ["order"]
