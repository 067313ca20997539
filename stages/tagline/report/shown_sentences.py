"""Sentences with errors: which come first, and in which pieces a page marks gold and predicted entities."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from tagline.labels import Entity, TaggedSentence
from tagline.metrics.outcomes import Outcome
from tagline.terminal import printable

# Limits per sentence; the page says what it leaves out. A sentence of more than WORDS words is shortened to the words
# of its first ERRORS errors and CONTEXT words on each side of them.
ERRORS = 40
WORDS = 150
CONTEXT = 15
# Maximum number of characters of a word.
CHARACTERS = 100

# The index of the entity of a word outside all.
NO_ENTITY = -1

# Characters that change the direction of the text after them.
_BIDIRECTIONAL = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Piece:
    """Words of a sentence, a note on an outcome, or a gap.

    Attributes:
        text: words in the same entities, with the spaces between them; empty for a note or a gap.
        note: an outcome that ends here.
        left_out: the number of words in the gap.
    """

    text: str = ""
    gold: bool = False
    predicted: bool = False
    note: Outcome | None = None
    left_out: int = 0


@dataclass(frozen=True)
class ShownSentence:
    """A sentence with errors.

    Attributes:
        pieces: its words and the notes between them.
        confidences: of its errors, see `confidence`.
    """

    split: str
    id: str
    pieces: list[Piece]
    confidences: dict[Outcome, float]
    cost: float

    @property
    def is_shortened(self) -> bool:
        return any(piece.left_out for piece in self.pieces)


def confidence(sentence: TaggedSentence, outcome: Outcome) -> float:
    """The mean score of an outcome's words."""
    return sentence.confidence(Entity("", *outcome.extent))


def worst_first(
    sentences: Sequence[TaggedSentence], outcomes: Mapping[int, Sequence[Outcome]]
) -> list[tuple[int, float]]:
    """Rank the sentences with errors by cost, the sum of the confidences of their errors, highest first.

    Returns:
        The index and the cost of each; ties keep the order of the data.
    """
    costs = []
    for index, of_sentence in outcomes.items():
        confidences = (confidence(sentences[index], outcome) for outcome in of_sentence if outcome.is_error)
        costs.append((index, round(sum(confidences), 6)))
    return sorted(costs, key=lambda pair: -pair[1])


def shown_sentence(sentence: TaggedSentence, outcomes: Sequence[Outcome], split: str, cost: float) -> ShownSentence:
    """Prepare a sentence for the page; all its outcomes are marked, for plain tags only the errors."""
    errors = [outcome for outcome in outcomes if outcome.is_error]
    words = [visible(word) for word in sentence.words]
    marked = outcomes if sentence.kind == "spans" else errors
    return ShownSentence(
        split=split,
        id=visible(sentence.id),
        pieces=pieces(words, marked, shown_words(len(words), [error.extent for error in errors[:ERRORS]])),
        confidences={error: confidence(sentence, error) for error in errors},
        cost=cost,
    )


def pieces(words: Sequence[str], outcomes: Sequence[Outcome], shown: Sequence[bool]) -> list[Piece]:
    """Split a sentence at the boundaries of entities. The space between two words is in the entities of both.

    Args:
        outcomes: those to mark, correct ones included.
    """
    in_gold = _entity_indices(len(words), [outcome.gold for outcome in outcomes])
    in_predicted = _entity_indices(len(words), [outcome.predicted for outcome in outcomes])
    owners = list(zip(in_gold, in_predicted, strict=True))
    notes: dict[int, list[Outcome]] = {}  # by last word
    for outcome in outcomes:
        notes.setdefault(outcome.extent[1] - 1, []).append(outcome)
    # Texts with the indices of their entities, which neighbours in one piece have in common; outcomes; None for a gap.
    parts: list[tuple[tuple[int, ...] | Outcome | None, str]] = []
    for index, (word, entities) in enumerate(zip(words, owners, strict=True)):
        if not shown[index]:
            parts.append((None, ""))
            continue
        if index and shown[index - 1]:
            pairs = zip(owners[index - 1], entities, strict=True)
            parts.append((tuple(new if old == new else NO_ENTITY for old, new in pairs), " "))
        parts.append((entities, word))
        parts += [(outcome, "") for outcome in notes.get(index, [])]
    result = []
    for key, group in groupby(parts, itemgetter(0)):
        texts = [text for _, text in group]
        if key is None:
            result.append(Piece(left_out=len(texts)))
        elif isinstance(key, Outcome):
            result.append(Piece(note=key))
        else:
            result.append(Piece("".join(texts), *(entity != NO_ENTITY for entity in key)))
    return result


def _entity_indices(length: int, entities: Sequence[Entity | None]) -> list[int]:
    indices = [NO_ENTITY] * length
    for index, entity in enumerate(entities):
        if entity:
            indices[entity.start : entity.end] = [index] * (entity.end - entity.start)
    return indices


def visible(word: str) -> str:
    """Make a word safe and visible in a browser.

    Control characters, characters that change the direction of the text, and words of invisible characters become
    escape sequences. Joiners between letters (in Persian, Hindi, emoji) are kept.
    """
    if all(not c.isprintable() or unicodedata.category(c)[0] in "MZ" for c in word):  # none has a glyph of its own
        return printable(word)
    text = "".join(
        printable(c) if c in _BIDIRECTIONAL or unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in word
    )
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS]}…"


def shown_words(length: int, extents: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether each word is shown, given the starts and ends of errors."""
    shown = [length <= WORDS] * length
    for start, end in extents:
        context = range(max(0, start - CONTEXT), min(length, end + CONTEXT))
        shown[context.start : context.stop] = [True] * len(context)
    return shown


def entity_text(words: Sequence[str], entity: Entity) -> str:
    """The first words of an entity."""
    text = words[entity.start : entity.end]
    return " ".join(text[:CONTEXT]) + (" …" if len(text) > CONTEXT else "")
