"""Output formats, and options about them; no library is loaded, for `--help`."""

import argparse
from pathlib import Path

# Decimals of a score.
DIGITS = 4

LABEL_STUDIO = "label_studio"
# The suffix of what is written for each annotation tool.
SUFFIXES = {LABEL_STUDIO: ".json", "doccano": ".jsonl", "prodigy": ".jsonl"}
TOOLS = tuple(SUFFIXES)
# Our own tool, one HTML file.
PAGE, PAGE_SUFFIX = "page", ".html"
# Rows of texts or words, for no tool.
JSONL = "jsonl"
# What is written for them names all entity types.
CONFIGURED = (LABEL_STUDIO, PAGE)


def add_guideline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--guideline", type=Path, metavar="FILE", help="how to annotate: a text that the annotation page shows"
    )
