"""Standard output: text that may contain data."""

import json
import os
import re
import sys
import textwrap
from inspect import cleandoc

from tagline.terminal.escaping import safe_message

# Columns of a terminal.
WIDTH = 80


def show(text: str) -> None:
    """Print a text that may contain data; see `safe_message`."""
    write(f"{safe_message(text)}\n")


def show_json(value: object) -> None:
    """Print a value as ASCII JSON."""
    write(f"{json.dumps(value, indent=2, allow_nan=False)}\n")


def wrapped(text: str, hanging: int = 2) -> str:
    """Break lines of more than WIDTH columns between words, and indent the rest; in a table, to its last column."""
    lines = []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        indent += hanging if indent == 0 else 2
        for gap in re.finditer(r"\S {2,}(?=\S)", line):
            if gap.end() < WIDTH // 2:
                indent = gap.end()
        lines.append(textwrap.fill(line, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False))
    return "\n".join(lines)


def filled(docstring: str) -> str:
    """Fill the paragraphs of a docstring to WIDTH columns, and break its indented lines."""
    lines = [""]
    indent = 0
    for line in cleandoc(docstring).split("\n"):
        deeper = len(line) - len(line.lstrip()) - indent
        continues = deeper > 0 if indent else deeper == 0 and "  " not in line
        if lines[-1] and line and continues:
            lines[-1] += f" {line.lstrip()}"
        else:
            lines.append(line)
            indent += deeper
    return wrapped("\n".join(lines[1:]), hanging=0)


def write(text: str) -> None:
    """Write to standard output; a closed pipe is not an error."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        # Python flushes standard output again when it exits; /dev/null keeps that from failing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
