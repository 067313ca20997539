"""Markup styles of a comparison: plain text for a terminal, Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from tagline.core.terminal import printable

# Characters that are markup inside a line of GitHub's Markdown.
_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", **{c: f"\\{c}" for c in "\\`*_[]|~#$@"}})


class Terminal:
    """Plain text."""

    table = "simple"

    def safe(self, text: str) -> str:
        """Escape text so that none of it is markup and all of it is visible."""
        return printable(text)

    def heading(self, text: str) -> str:
        return self.safe(text)

    def quote(self, text: str) -> str:
        """Quote text of the data that `safe` has escaped."""
        return text

    def mark(self, text: str) -> str:
        return f"[{text}]"

    def listed(self, lines: Sequence[str]) -> str:
        return "\n".join(lines)

    def excerpt(self, head: str, sentence: str) -> str:
        return f"  {head}\n      {sentence}"

    def more(self, text: str) -> str:
        return f"  {text}"

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([title, *items])


class Markdown(Terminal):
    """GitHub's Markdown."""

    table = "pipe"

    def safe(self, text: str) -> str:
        return super().safe(text).translate(_ESCAPES)

    def heading(self, text: str) -> str:
        return f"### {self.safe(text)}"

    def quote(self, text: str) -> str:
        # Inside <code>, GitHub does not turn @name into a mention or #1 into a link.
        return f"<code>{text}</code>"

    def mark(self, text: str) -> str:
        return f"<b>{text}</b>"

    def listed(self, lines: Sequence[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)

    def excerpt(self, head: str, sentence: str) -> str:
        return f"- {head}<br>{sentence}"

    def more(self, text: str) -> str:
        return f"- {self.safe(text)}"

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([f"<details><summary>{title}</summary>", "", *items, "", "</details>"])
