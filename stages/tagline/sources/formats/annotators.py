"""Several annotators of one text: the spans to learn from, and how well annotators agree."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from tagline.sources.formats.lists import keys_of, to_id
from tagline.sources.formats.offsets import Span, Words
from tagline.sources.formats.span_tags import covered_words
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, quoted, shortened

# only: every text must have one annotation. agreed: spans that all annotators of a text marked. majority: spans that
# more than half of them marked. Any other value is the name of the annotator whose spans are used.
ONLY, AGREED, MAJORITY = POLICIES = ("only", "agreed", "majority")
Marked = tuple[int, int, str]
"""The first word of a span, the word after it, and its type."""


Selected = tuple[list[Span] | None, list[Span]]
"""The spans of a text to learn from, None if the text is not annotated, and those that are left out."""


class Annotation(NamedTuple):
    """What one annotator marked in a text; the name is empty if the file has none."""

    annotator: str
    spans: list[Span]


def select(annotations: Sequence[Annotation], policy: str, location: str, words: Words) -> Selected:
    """The spans of a text that a policy selects, and those that annotators disagree about.

    Spans are the same if they have one type and cover the same words; of these, the longest is selected.

    Returns:
        The selected spans, None if the policy's annotator did not annotate the text; and the spans left out.

    Raises:
        UserError: there are several annotations and the policy selects none of them.
    """
    if policy in (AGREED, MAJORITY):
        votes: defaultdict[Marked, list[Span]] = defaultdict(list)
        for annotation in annotations:
            for marked, span in _marked(annotation, words).items():
                votes[marked].append(span)
        least = len(annotations) if policy == AGREED else len(annotations) // 2 + 1
        left_out = [spans[0] for spans in votes.values() if len(spans) < least]
        chosen = [max(spans, key=lambda each: each.end - each.start) for spans in votes.values() if len(spans) >= least]
        return chosen if annotations else None, left_out
    of_annotator = [each for each in annotations if policy in (ONLY, each.annotator)]
    if len(of_annotator) > 1:
        names = shortened(", ".join(each.annotator or "unnamed" for each in of_annotator), QUOTED)
        raise UserError(
            f"{location}: {len(of_annotator)} annotations of one text (by {names}); expected one; set "
            f"download.dataset.annotators to {AGREED}, {MAJORITY} or the name of an annotator"
        )
    return of_annotator[0].spans if of_annotator else None, []


def compare(annotations: Sequence[Annotation], words: Words) -> Counter[tuple[str, ...]]:
    """Count for each pair of annotators of a text the texts, the spans of both, and those that are in both.

    With two types after the names, keys count the words to which the first and the second annotator gave them.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for first, second in combinations(sorted(annotations, key=lambda each: each.annotator), 2):
        of_first, of_second = _marked(first, words).keys(), _marked(second, words).keys()
        pair = first.annotator, second.annotator
        types = zip(_types(of_first, len(words)), _types(of_second, len(words)), strict=True)
        counts.update((*pair, *of_word) for of_word in types)
        counts[*pair, "texts"] += 1
        counts[*pair, "spans"] += len(of_first) + len(of_second)
        counts[*pair, "common"] += 2 * len(of_first & of_second)
    return counts


def _marked(annotation: Annotation, words: Words) -> dict[Marked, Span]:
    """The spans by the words that they cover and their type: ``Oslo`` is the same with and without a space."""
    return {(*covered_words(span, words), span.label): span for span in annotation.spans}


def _types(marked: Iterable[Marked], count: int) -> list[str]:
    """The type of each word, empty outside all spans."""
    types = [""] * count
    for first, last, type_ in marked:
        types[first:last] = [type_] * (last - first)
    return types


def summary(counts: Mapping[tuple[str, ...], int]) -> dict[str, dict[str, Any]]:
    """The agreement of each pair of annotators.

    ``f1`` is that of the spans of one against those of the other, None if neither marked a span. It needs no count of
    what nobody marked (Hripcsak and Rothschild, 2005), unlike ``kappa``: that of Cohen (1960), of the types of words,
    None if all words have one type.
    """
    pairs: dict[str, dict[str, Any]] = {}
    for first, second in sorted({key[:2] for key in counts}):
        texts, spans, common = (counts[first, second, each] for each in ("texts", "spans", "common"))
        f1 = round(common / spans, 4) if spans else None
        of_words = {key[2:]: count for key, count in counts.items() if key[:2] == (first, second) and len(key) == 4}
        pairs[f"{first}, {second}"] = {"texts": texts, "f1": f1, "kappa": _kappa(of_words)}
    return pairs


def _kappa(counts: Mapping[tuple[str, str], int]) -> float | None:
    total, same = sum(counts.values()), sum(count for (left, right), count in counts.items() if left == right)
    lefts, rights = Counter[str](), Counter[str]()
    for (left, right), count in counts.items():
        lefts[left] += count
        rights[right] += count
    by_chance = sum(count * rights[type_] for type_, count in lefts.items())  # both times the square of total
    return round((same * total - by_chance) / (total**2 - by_chance), 4) if by_chance < total**2 else None


class Row(NamedTuple):
    """An object of a file, or one inside it.

    Attributes:
        location: where it begins, for messages.
        content: its values by key.
    """

    location: str
    content: Mapping[str, Any]

    def text(self, key: str) -> str:
        """The text of a key.

        Raises:
            UserError: the row does not have the key, or its value is not a string.
        """
        if key not in self.content:
            raise UserError(f"{self.location}: the key {key!r} is missing (keys: {keys_of(self.content)})")
        if not isinstance(self.content[key], str):
            raise UserError(f"{self.location}: {key!r} must be a string; got {quoted(self.content[key])}")
        return str(self.content[key])

    def items(self, key: str) -> list[Any]:
        """The list of spans, annotations or other parts; an empty one if the row does not have the key, or null.

        Raises:
            UserError: the value is something else.
        """
        value = self.content.get(key)
        if not isinstance(value, list | None):
            raise UserError(f"{self.location}: {key!r} must be a list; got {quoted(value)}")
        return value or []

    def id(self, key: str = "id") -> str | None:
        """The id of a row, if it has one; see `to_id`."""
        return to_id(self.content[key], key, self.location) if key in self.content else None


def annotator_of(location: str) -> str:
    """The annotator of a row: ``ada`` of ``FOLDER/ada.jsonl:3``."""
    return Path(location.rpartition(":")[0].removesuffix(".gz")).stem


def grouped(rows: Callable[[], Iterable[Row]], key: str) -> Iterator[list[Row]]:
    """Join the rows of one text, of which a file has one per annotator, not always side by side.

    The file is read twice, so that only rows of incomplete groups are in memory.

    Args:
        rows: reads the rows.
        key: what rows of one text have in common; a row without it is a text of its own.
    """

    def keyed() -> Iterator[tuple[str | int, Row]]:
        for number, row in enumerate(rows()):
            value = row.content.get(key)
            yield number if value is None else str(value), row

    sizes = Counter(value for value, _ in keyed())
    held: defaultdict[str | int, list[Row]] = defaultdict(list)
    for value, row in keyed():
        held[value].append(row)
        if len(held[value]) == sizes[value]:
            yield held.pop(value)
