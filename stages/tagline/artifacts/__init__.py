"""Artifacts: one module per file or folder that a stage hands on, with its layout, writer and reader."""
