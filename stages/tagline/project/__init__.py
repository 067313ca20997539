"""Presets, checks of params.yaml and its JSON Schema."""

__all__ = ["crossval_pipeline", "sections"]
