"""Sentences as the page shows them: so much of their words as one can read, and what is wrong with them in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tagline.core.terminal import printable
from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.outcomes import Outcome
from tagline.report.outcomes import confidence, errors_of
from tagline.report.pieces import Piece, pieces

# What is shown of a sentence at most: mistakes; words, of a longer sentence those around its mistakes; characters of
# a word. The page says what it left out.
MISTAKES = 40
WORDS = 150
AROUND = 15
CHARACTERS = 100

# Characters that turn the direction of what comes after them.
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Mistake:
    """An error, in words.

    Attributes:
        kind: see `tagline.metrics.outcomes.Outcome`.
        gold: type and text of the gold span.
        predicted: type and text of the predicted one.
        confidence: see `outcomes.confidence`.
    """

    kind: str
    gold: tuple[str, str] | None
    predicted: tuple[str, str] | None
    confidence: float


@dataclass(frozen=True)
class Sentence:
    """A sentence with errors.

    Attributes:
        split: where it stands.
        id: its id there.
        pieces: its words.
        mistakes: its first MISTAKES errors.
        errors: how many it has.
        cost: by which sentences are ordered.
    """

    split: str
    id: str
    pieces: list[Piece]
    mistakes: list[Mistake]
    errors: int
    cost: float

    @property
    def is_cut(self) -> bool:
        """Whether words are left out."""
        return any(piece.left_out for piece in self.pieces)


def shown(sentence: TaggedSentence, outcomes: Sequence[Outcome], split: str, cost: float) -> Sentence:
    """Prepare a sentence for the page.

    Args:
        sentence: with gold labels.
        outcomes: its outcomes; for plain tags the wrong words are marked, correct ones are not.
        split: where it belongs.
        cost: see `worst_first`.
    """
    wrong = errors_of(outcomes)
    listed = wrong[:MISTAKES]
    words = [visible(word) for word in sentence.words]
    mistakes = [
        Mistake(
            outcome.kind, _text(words, outcome.gold), _text(words, outcome.predicted), confidence(sentence, outcome)
        )
        for outcome in listed
    ]
    drawn = outcomes if sentence.kind == "spans" else wrong
    cut = pieces(words, drawn, _kept(len(words), listed))
    return Sentence(split, visible(sentence.id), cut, mistakes, len(wrong), cost)


def visible(word: str) -> str:
    """The word as a browser may show it.

    Control characters, those that turn the direction of a line, and all of a word that could not be seen otherwise
    become escape sequences. What joins and divides letters (in Persian, Hindi, emoji) stays.
    """
    if all(_is_blank(c) for c in word):
        return printable(word)
    text = "".join(printable(c) if c in _TURNING or unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in word)
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS]}…"


def _kept(length: int, listed: Sequence[Outcome]) -> list[bool]:
    """Which words of a sentence are shown."""
    kept = [length <= WORDS] * length
    for outcome in listed:
        start, end = outcome.extent
        around = range(max(0, start - AROUND), min(length, end + AROUND))
        kept[around.start : around.stop] = [True] * len(around)
    return kept


def _text(words: Sequence[str], span: Entity | None) -> tuple[str, str] | None:
    if span is None:
        return None
    text = words[span.start : span.end]
    return span.type, " ".join(text[:AROUND]) + (" …" if len(text) > AROUND else "")


def _is_blank(character: str) -> bool:
    return not character.isprintable() or unicodedata.category(character)[0] in "MZ"
