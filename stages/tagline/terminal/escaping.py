"""Text of the input in messages: escaped, without credentials, shortened."""

import re
import unicodedata
from collections.abc import Sequence

# Characters of a value that a message shows in a list of others, and of one that it quotes.
SHOWN = 60
QUOTED = 200
# Names of a list of them.
FIRST = 3
# Marks that a terminal draws over the preceding character.
_MARKS = ("Mn", "Me")
# User name, password or token of a URL: what stands between "://" (":/" in a path) and the last "@" before the path;
# or, of a malformed URL, a password with a slash; or a secret in the query or fragment; or a token of the Hub.
_CREDENTIALS = re.compile(
    r"(?:(?<=://)|(?<=\w\w:/))(?:[^/?#\s]*|[^/?#\s:]*:(?!\d+[/?#])[^\s@]{0,1000}+)(?=@)"
    r"|(?<=[?&#])(?P<key>[\w.-]*(?:auth|credential|key|pass|passwd|password|pwd|secret|sig|signature|token))=[^&#\s'\"]+"
    r"|(?<=Bearer )[^\s'\"]+|\bhf_[A-Za-z0-9]{16,}",
    re.IGNORECASE,
)


def printable(word: str) -> str:
    """Escape the invisible characters of a word."""
    shown: list[str] = []
    for character in word:
        is_first = not shown
        if not character.isprintable() or (is_first and is_mark(character)):
            character = character.encode("unicode_escape").decode()
        shown.append(character)
    return "".join(shown)


def safe_message(text: str) -> str:
    r"""Escape control characters and mask the credentials in URLs; line breaks stay.

    ``https://ada:secret@host/x?token=abc`` becomes ``https://***@host/x?token=***``, a carriage return becomes ``\r``.
    """
    return "\n".join(printable(line) for line in _masked(text).split("\n"))


def _masked(text: str) -> str:
    return _CREDENTIALS.sub(lambda match: f"{match['key']}=***" if match["key"] else "***", text)


def shortened(text: str, most: int = SHOWN) -> str:
    """The text, or its beginning with an ellipsis if it is longer than ``most``."""
    if len(text) <= most:
        return text
    # Masked before: `safe_message` does not recognise credentials that are cut.
    return f"{_masked(text)[: most - 3]}..."


def some(names: Sequence[str], most: int | None = FIRST) -> str:
    """List the first names, and how many more there are."""
    shown = names[:most]
    more = len(names) - len(shown)
    return f"{', '.join(shown)} and {more:,} more" if more else ", ".join(shown)


def quoted(value: object) -> str:
    """A value as Python writes it, at most `QUOTED` characters."""
    return shortened(repr(value), QUOTED)


def is_mark(character: str) -> bool:
    """Whether a terminal draws a character over the preceding one."""
    return unicodedata.category(character) in _MARKS
