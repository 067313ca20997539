"""Escaping of text in Markdown, so that it never becomes markup, a link, a tag or a mention."""

from __future__ import annotations

import re

from tagline.core.terminal import printable

# Characters that start inline markup in CommonMark 0.31 or GitHub's extensions: emphasis, code, links, HTML, entities,
# table cells, strike-through, formulas, URLs, emoji and mentions. A backslash escapes each of them.
_MARKS = re.compile(r"[\\`*_\[\]<>|&~$:@]|(?<=www)\.", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


class RawMarkdown(str):
    """Text that is Markdown already; all other text is escaped."""

    __slots__ = ()


def escaped(text: str) -> RawMarkdown:
    """Escape a text for Markdown: on one line, also in a table, with invisible characters as escape sequences."""
    return RawMarkdown(_MARKS.sub(r"\\\g<0>", printable(_SPACES.sub(" ", text))))
