"""Artifacts: one module per file or folder that a stage hands on, with its layout, writer and reader."""

__all__ = ["exported", "predictions", "raw_data", "tokenized"]
