"""Standard output: text that may contain data."""

import os
import sys
import textwrap

from tagline.terminal.escaping import safe_message

# Columns of a terminal.
WIDTH = 80


def show(text: str) -> None:
    """Print a text that may contain data: control characters are escaped, credentials in URLs masked."""
    write(f"{safe_message(text)}\n")


def wrapped(text: str) -> str:
    """Break lines of more than WIDTH columns between words, and indent what follows."""
    lines = [textwrap.fill(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in text.split("\n")]
    return "\n".join(lines)


def write(text: str) -> None:
    """Write to standard output; a closed pipe, as behind `head`, is not an error."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        # Python flushes standard output again when it exits; /dev/null keeps that from failing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
