"""Highlighting: a document as a line for people, its entities in brackets or, on a terminal, in colours."""

from __future__ import annotations

import os
import unicodedata
from typing import Any, Literal

from tagline.inference.documents import Document
from tagline.labels.label_list import Labels
from tagline.labels.schemes import OUTSIDE, split_tag
from tagline.labels.tagged import TaggedSentence

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
        types = dict.fromkeys(split_tag(name)[1] for name in labels.names if name != OUTSIDE)
        self._background = {kind: _BACKGROUNDS[number % len(_BACKGROUNDS)] for number, kind in enumerate(types)}
        self._tags, self._color = labels.kind == "tags", color

    def line(self, document: Document, tagged: TaggedSentence) -> str:
        """One line, whatever the text holds: characters that would break it or command a terminal are escaped."""
        text, spans = document.running()
        parts, end = [], 0
        for entity in tagged.predicted_entities:
            start = spans[entity.start][0]
            # A word that touches a tag would seem to be part of it.
            parts.append(" " if self._tags and 0 < end == start else _escaped(text[end:start]))
            end = spans[entity.end - 1][1]
            parts.append(self._mark(entity.type, _escaped(text[start:end]), tagged.confidence(entity)))
        return "".join([*parts, _escaped(text[end:])])

    def _mark(self, kind: str, text: str, score: float) -> str:
        if self._tags:
            return f"{text}{_DIM}/{kind}{_RESET}" if self._color else f"{text}/{kind}"
        if self._color:
            background = f"\x1b[30;48;5;{self._background[kind]}m"
            return f"{background} {text} {_BOLD}{kind}{_NORMAL} {score:.2f} {_RESET}"
        return f"[{text} {kind} {score:.2f}]"


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    # Controls and line ends alone: joiners and odd spaces belong to the text.
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text
    )
