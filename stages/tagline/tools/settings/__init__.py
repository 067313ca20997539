"""Presets, pipeline folders, checks of params.yaml and its JSON Schema."""
