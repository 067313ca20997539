"""Formats of data set files: a reader each, which yields sentences and tells a fault by file and line or row."""
