"""Documents as lines for people, with entities in brackets or, on a terminal, in colours."""

from __future__ import annotations

import os
import unicodedata
from typing import Any, Literal

from tagline.inference.documents import Document
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence

Color = Literal["auto", "always", "never"]

# Light background colours of the 256-colour palette, readable with black text; assigned to the types in turn.
_BACKGROUNDS = (156, 153, 222, 218, 159, 229, 183, 216)
_RESET, _BOLD, _NORMAL, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[22m", "\x1b[2m"


def in_color(color: Color, stream: Any) -> bool:
    """Decide whether to use colours: on a terminal that has them, unless NO_COLOR is set (https://no-color.org)."""
    if color != "auto":
        return color == "always"
    return bool(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


class Highlighter:
    """Formats documents as lines.

    Args:
        labels: the model's labels.
        color: use colours of a terminal instead of brackets.
    """

    def __init__(self, labels: Labels, color: bool) -> None:
        self._background = {name: _BACKGROUNDS[index % len(_BACKGROUNDS)] for index, name in enumerate(labels.types)}
        self._tags, self._color = labels.kind == "tags", color

    def line(self, document: Document, tagged: TaggedSentence) -> str:
        """Format a document as one line ; control characters and line breaks inside are escaped."""
        text, spans = document.text_and_spans()
        parts, end = [], 0
        for entity in tagged.predicted_entities:
            start = spans[entity.start][0]
            # "dogs/NOUN." would look like a tag "NOUN.", so a space follows each tag.
            parts.append(" " if self._tags and 0 < end == start else _escaped(text[end:start]))
            end = spans[entity.end - 1][1]
            parts.append(self._mark(entity.type, _escaped(text[start:end]), tagged.confidence(entity)))
        return "".join([*parts, _escaped(text[end:]), "\n"])

    def _mark(self, type_: str, text: str, score: float) -> str:
        name = _escaped(type_)
        if self._tags:
            return f"{text}{_DIM}/{name}{_RESET}" if self._color else f"{text}/{name}"
        if self._color:
            background = f"\x1b[30;48;5;{self._background[type_]}m"
            return f"{background} {text} {_BOLD}{name}{_NORMAL} {score:.2f} {_RESET}"
        return f"[{text} {name} {score:.2f}]"


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    # Only control characters and line breaks: joiners and unusual spaces belong to the text.
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text
    )
