"""Promises: a recall or precision of types, on validation or with a confidence in later texts."""
