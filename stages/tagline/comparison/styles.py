"""Forms: how a comparison is set for a terminal, and for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from tagline.core.terminal import printable

# What GitHub's Markdown takes for its own inside of a line.
_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", **{c: f"\\{c}" for c in "\\`*_[]|~#$@"}})


class Terminal:
    """Plain lines."""

    table = "simple"

    def safe(self, text: str) -> str:
        """The text so that nothing of it is taken for markup, and all of it is seen."""
        return printable(text)

    def heading(self, text: str) -> str:
        return self.safe(text)

    def quote(self, text: str) -> str:
        """A safe text of the data's."""
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
        # In <code> no @name calls a person, and no #1 becomes a link.
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
