"""Forms: how a comparison is set for a terminal, and for a pull request."""

from __future__ import annotations

import string
from collections.abc import Sequence

from tagging.display import printable


class Terminal:
    """Plain lines."""

    table = "simple"

    def safe(self, text: str) -> str:
        """The text so that nothing of it is taken for markup, and all of it is seen."""
        return printable(text)

    def heading(self, text: str) -> str:
        return self.safe(text)

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
        entities = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
        seen = super().safe(text)
        return "".join(entities.get(c, f"\\{c}" if c in string.punctuation else c) for c in seen)

    def heading(self, text: str) -> str:
        return f"### {self.safe(text)}"

    def mark(self, text: str) -> str:
        return f"<b>{text}</b>"

    def listed(self, lines: Sequence[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)

    def excerpt(self, head: str, sentence: str) -> str:
        # In <code> no @name calls a person, and no #1 becomes a link.
        return f"- {head}<br><code>{sentence}</code>"

    def more(self, text: str) -> str:
        return f"- {self.safe(text)}"

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([f"<details><summary>{title}</summary>", "", *items, "", "</details>"])
