"""Markdown: texts of the data as what they are, never as marks, links, tags or mentions."""

from __future__ import annotations

import re

from tagline.core.terminal import printable

# What begins something in the middle of a line, of CommonMark 0.31 or GitHub's additions to it: emphasis, code, links,
# tags, entities, cells, strike-through, formulas, addresses, emoji and mentions. A backslash takes that from each.
_MARKS = re.compile(r"[\\`*_\[\]<>|&~$:@]|(?<=www)\.", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


class RawMarkdown(str):
    """Markdown that is written already; any other text is escaped."""

    __slots__ = ()


def escaped(text: str) -> RawMarkdown:
    """A text as Markdown that shows it: on one line, also inside a table, invisible characters as escape sequences."""
    return RawMarkdown(_MARKS.sub(r"\\\g<0>", printable(_SPACES.sub(" ", text))))
