"""Formats of data set files: one module each, with its schema in params.yaml and its reader."""

__all__ = [
    "annotated",
    "annotators",
    "base",
    "conll",
    "conll_table",
    "conllu",
    "json_lists",
    "json_objects",
    "lines",
    "mentions",
    "offsets",
    "page_layout",
    "registry",
    "rows",
    "saved_page",
    "sniffing",
    "span_tags",
]
