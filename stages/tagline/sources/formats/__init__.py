"""Formats of data set files: one module per format, with its schema in params.yaml and its reader."""
