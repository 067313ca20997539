"""Highlighting: a document as a line for people, its entities in brackets or, on a terminal, in colours."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from typing import Any, Literal

from tagging.labels import Labels
from tagging.predict.answers import Answer
from tagging.schemes import split_tag

Color = Literal["auto", "always", "never"]

# Light backgrounds of the palette of 256 colours, which black letters are read on; the types take them in turn.
_BACKGROUNDS = (156, 153, 222, 218, 159, 229, 183, 216)
_RESET, _BOLD, _NORMAL, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[22m", "\x1b[2m"


def in_color(color: Color, stream: Any) -> bool:
    """Whether to use colours: on a terminal, unless it has none or NO_COLOR is set (https://no-color.org)."""
    if color != "auto":
        return color == "always"
    return bool(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


class Highlighter:
    """Writes documents as lines.

    Args:
        labels: those that can occur.
        color: use a terminal's colours, else brackets.
    """

    def __init__(self, labels: Labels, color: bool) -> None:
        types = dict.fromkeys(split_tag(name)[1] for name in labels.names if name != "O")
        self._background = {kind: _BACKGROUNDS[number % len(_BACKGROUNDS)] for number, kind in enumerate(types)}
        self._mark: Callable[[str, str, float], str]
        if labels.kind == "tags":
            self._mark = self._colored_tag if color else self._tag
        else:
            self._mark = self._colored_span if color else self._span

    def line(self, answer: Answer) -> str:
        """One line, whatever the text holds: characters that would break it or command a terminal are escaped."""
        text, spans = answer.document.running()
        parts, end = [], 0
        for entity in answer.entities:
            start = spans[entity.begin][0]
            parts.append(_escaped(text[end:start]))
            end = spans[entity.end - 1][1]
            parts.append(self._mark(entity.type, _escaped(text[start:end]), answer.score(entity)))
        return "".join([*parts, _escaped(text[end:])])

    def _span(self, kind: str, text: str, score: float) -> str:
        return f"[{text} {kind} {score:.2f}]"

    def _colored_span(self, kind: str, text: str, score: float) -> str:
        color = f"\x1b[30;48;5;{self._background[kind]}m"
        return f"{color} {text} {_BOLD}{kind}{_NORMAL} {score:.2f} {_RESET}"

    def _tag(self, kind: str, text: str, score: float) -> str:
        return f"{text}/{kind}"

    def _colored_tag(self, kind: str, text: str, score: float) -> str:
        return f"{text}{_DIM}/{kind}{_RESET}"


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    # Controls and line ends alone: joiners and odd spaces belong to the text.
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text
    )
