"""Data sets and encoders: read from files, an installed package or the Hub, and checked."""

__all__ = ["download_params", "files", "letters", "splitting", "tag_names"]
