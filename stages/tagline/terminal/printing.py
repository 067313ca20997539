"""Standard output: text that may contain data."""

import os
import sys

from tagline.terminal.escaping import safe_message


def show(text: str) -> None:
    """Print a text that may contain data: control characters are escaped, credentials in URLs masked."""
    write(f"{safe_message(text)}\n")


def write(text: str) -> None:
    """Write to standard output; a closed pipe, as behind `head`, is not an error."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        # Python flushes standard output again when it exits; /dev/null keeps that from failing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
