"""Tables of the report: which type was taken for which, and how many errors are of which kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.confusion import NO_TYPE
from tagline.metrics.confusion import confusion as count
from tagline.metrics.outcomes import OUTCOMES, Outcome
from tagline.report.outcomes import errors_of

# Types that a table of all pairs shows at most; the rarer ones share a row and a column.
LARGEST = 30
REST = "all others"


@dataclass(frozen=True)
class Cell:
    """How many words of one type were labelled with another, and which share of the type's words that is."""

    number: int
    share: float
    correct: bool


@dataclass(frozen=True)
class Confusion:
    """Words by gold type (rows) and predicted type (columns).

    Attributes:
        names: the types, NO_TYPE first, the rest of many types last.
        rows: a row a gold type.
        folded: how many types are the rest.
    """

    names: list[str]
    rows: list[list[Cell]]
    folded: int


def confusion(sentences: Sequence[TaggedSentence], kind: Kind) -> Confusion:
    """Count words by gold and predicted type, see `tagline.metrics.confusion`."""
    counts = count(sentences, kind)
    sizes: Counter[str] = Counter()
    for pair, number in counts.items():
        for name in set(pair):
            sizes[name] += number
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    shown = sorted(names[: LARGEST if len(names) > LARGEST + 1 else None], key=lambda name: (name != NO_TYPE, name))
    folded = len(names) - len(shown)
    cells: Counter[tuple[int, int]] = Counter()
    places = {name: place for place, name in enumerate(shown)}
    for (gold, predicted), number in counts.items():
        cells[places.get(gold, len(shown)), places.get(predicted, len(shown))] += number
    size = len(shown) + bool(folded)
    rows_of_cells = [[cells[row, column] for column in range(size)] for row in range(size)]
    return Confusion(
        names=shown + [REST] * bool(folded),
        rows=[
            [
                # Where many types share a cell, some of its words are correct and some are not.
                Cell(number, round(number / max(1, sum(numbers)), 4), row == column < len(shown))
                for column, number in enumerate(numbers)
            ]
            for row, numbers in enumerate(rows_of_cells)
        ],
        folded=folded,
    )


@dataclass(frozen=True)
class Errors:
    """How many errors there are.

    Attributes:
        kinds: the kinds that occur, and how often each.
        types: for each type how often each kind, in their order: by its gold type, or where there is none by the
            predicted one. Most errors first.
        pairs: which tag was taken for which, and how often; the commonest first.
    """

    kinds: dict[str, int]
    types: list[tuple[str, list[int]]]
    pairs: list[tuple[str, str, int]]


def errors(outcomes: Iterable[Sequence[Outcome]], kind: Kind) -> Errors:
    """Count errors by kind and type; for plain tags also by pairs of tags."""
    counts: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for outcome in chain.from_iterable(map(errors_of, outcomes)):
        owner = outcome.gold or outcome.predicted
        if owner:
            counts[owner.type, outcome.kind] += 1
        if kind == "tags" and outcome.gold and outcome.predicted:
            pairs[outcome.gold.type, outcome.predicted.type] += 1
    present = [name for name in OUTCOMES if any(name == found for _, found in counts)]
    types = [(name, [counts[name, kind] for kind in present]) for name in sorted({name for name, _ in counts})]
    return Errors(
        kinds={name: sum(numbers[place] for _, numbers in types) for place, name in enumerate(present)},
        types=sorted(types, key=lambda pair: -sum(pair[1])),
        pairs=[(*pair, number) for pair, number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))],
    )
