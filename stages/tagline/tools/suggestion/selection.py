"""Selection of texts that are worth annotating, and writing them to a file."""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Generic, Literal, TypeVar, get_args

import numpy as np

from tagline.inference import Document, Tagger
from tagline.labels import TaggedSentence
from tagline.terminal import UserError
from tagline.tools.answers import outputs, tool_formats
from tagline.tools.answers.notations import json_line, own_row, row_line
from tagline.tools.answers.options import DIGITS, JSONL
from tagline.tools.answers.task import AnnotationTask, to_task
from tagline.tools.suggestion.already_annotated import text_key, without
from tagline.tools.suggestion.diversity import mean_vectors, most_different_words, one_per_cluster
from tagline.tools.texts.readers import Source

# Words of the uncertain texts that are clustered, and of the diverse ones without a model, as multiples of the words
# wanted.
CANDIDATES, DIVERSE_CANDIDATES = 4, 16
# Of the random texts and the clustering.
SEED = 42

Item = TypeVar("Item")
Selection = Literal["random", "uncertain", "diverse"]


@dataclass(frozen=True)
class Suggestion:
    """A text to annotate.

    Attributes:
        document: the text.
        tagged: its predicted labels; None without a model.
        uncertainty: see `uncertainty`; None without a model.
        selection: why it was chosen.
    """

    document: Document
    tagged: TaggedSentence | None
    uncertainty: float | None
    selection: Selection


@dataclass
class Pool:
    """What is kept of a pool: texts that may be chosen.

    Attributes:
        random: those with the highest numbers drawn.
        others: the most uncertain ones, or without a model a random part of the pool.
        too_long: the number of texts that are longer than all words wanted.
    """

    random: Best[Suggestion]
    others: Best[Suggestion]
    too_long: int = 0


@dataclass(frozen=True)
class Selector:
    """Selects texts while a pool is read; memory depends on the number of words wanted, not on the pool.

    Args:
        words: most words of all chosen texts.
        random_share: share of the chosen words that is drawn at random, whatever the model says.
        model: folder of the tagger's model, whose vectors tell texts apart.
    """

    words: int
    random_share: float
    model: Path

    def select(self, source: Source, tagger: Tagger | None, annotated: Collection[bytes] = ()) -> list[Suggestion]:
        """Choose texts: the random ones first, then the uncertain or diverse ones, the most useful first.

        Args:
            source: the pool; texts without words, and those that are longer than all words wanted, are passed over.
            tagger: labels it; None: diverse texts (`most_different_words`) of a random part of the pool.
            annotated: the keys of texts to pass over (`text_key`).

        Raises:
            UserError: no text is left.
        """
        pool = self._read(source, tagger, annotated)
        # What is kept are all texts, if they are few.
        random_words = round(min(self.words, pool.others.kept) * self.random_share)
        at_random = dict(self._fitting(pool.random, random_words))
        suggestions = [replace(suggestion, selection="random") for suggestion in at_random.values()]
        if self._other_words:
            candidates = [item for _, key, item in pool.others.items() if key not in at_random]
            suggestions += self._different(candidates, self.words - _count(suggestions))
        if not suggestions:
            raise UserError(
                f"{source.name}: no text of at most {self.words:,} words that is not annotated yet; "
                "expected at least one; check POOL, --max-words and --exclude"
            )
        if pool.too_long:
            warnings.warn(
                f"{source.name}: texts of more than {self.words:,} words left out: {pool.too_long:,}; "
                "raise --max-words",
                stacklevel=2,
            )
        if pool.others.kept <= self.words:
            warnings.warn(
                f"{source.name} has only {pool.others.kept:,} words to annotate; all are chosen", stacklevel=2
            )
        if self.random_share and not at_random:
            warnings.warn(
                f"no text at random: the first one drawn has more than {random_words:,} words; "
                "raise --max-words or --random-share for texts to test with",
                stacklevel=2,
            )
        return suggestions

    @property
    def _other_words(self) -> int:
        """The words wanted that are not of random texts."""
        return self.words - round(self.words * self.random_share)

    def _read(self, source: Source, tagger: Tagger | None, annotated: Collection[bytes]) -> Pool:
        """Read the pool, and keep as many of its texts as `select` can need."""
        pool = Pool(
            random=Best(self.words - self._other_words),
            others=Best(self.words * (CANDIDATES if tagger else DIVERSE_CANDIDATES)),
        )
        documents = without(source.documents, annotated)
        parts: Iterable[Sequence[tuple[Document, TaggedSentence | None]]]
        parts = ([(document, None)] for document in documents)
        if tagger:
            parts = tagger.tag_stream(documents)
        for part in parts:
            for document, tagged in part:
                self._add(document, tagged, pool)
            source.advance(len(part))
        return pool

    def _add(self, document: Document, tagged: TaggedSentence | None, pool: Pool) -> None:
        length = len(document.words)
        if length > self.words:
            pool.too_long += 1
            return
        key = text_key(document.words)
        drawn = self._draw(key)
        doubt = uncertainty(tagged) if tagged else None
        usefulness = drawn if doubt is None else doubt
        if length > self._other_words:
            usefulness -= 1  # a few texts that rarely fit would displace all others, so they come last
        for best, priority in ((pool.random, drawn), (pool.others, usefulness)):
            if best.admits(priority, key):
                best.add(priority, key, length, _suggestion(document, tagged, doubt))

    def _draw(self, key: bytes) -> float:
        """A number from 0 to 1 that depends on the text only, so the order of the pool does not matter."""
        digest = blake2b(key, key=SEED.to_bytes(8, "big"), digest_size=7).digest()
        return int.from_bytes(digest, "big") / 256**7

    def _fitting(self, best: Best[Suggestion], words: int) -> Iterator[tuple[bytes, Suggestion]]:
        """The first items until one does not fit, since passing over long texts would favour short ones."""
        for _, key, item in best.items():
            words -= len(item.document.words)
            if words < 0:
                return
            yield key, item

    def _different(self, candidates: Sequence[Suggestion], words: int) -> list[Suggestion]:
        if not candidates:
            return []
        texts = [suggestion.document.words for suggestion in candidates]
        if candidates[0].tagged is None:
            indices = most_different_words(texts, words)
        else:
            uncertainties = np.array([suggestion.uncertainty for suggestion in candidates])
            lengths = np.array([len(text) for text in texts])
            indices = one_per_cluster(mean_vectors(self.model, texts), uncertainties, lengths, words, SEED)
        return [candidates[index] for index in indices]


class Best(Generic[Item]):
    """Keeps the items with the highest priorities: as few as have a number of words together.

    Equal items are kept once without a list of all that were seen: one that was dropped would be dropped again, since
    items never leave for those of lower priority.

    Args:
        words: the number of words; 0 keeps nothing.
    """

    def __init__(self, words: int) -> None:
        self.words = words
        self.kept = 0
        self._heap: list[tuple[float, bytes]] = []  # the lowest priority first
        self._items: dict[bytes, tuple[int, Item]] = {}

    def admits(self, priority: float, key: bytes) -> bool:
        """Whether `add` would keep an item."""
        if key in self._items:
            return False
        return self.kept < self.words or (self.words > 0 and (priority, key) > self._heap[0])

    def add(self, priority: float, key: bytes, words: int, item: Item) -> None:
        """Add an item that `admits` admits.

        Args:
            priority: higher is better.
            key: equal for equal items; decides between equal priorities.
            words: the number of words of the item.
            item: to keep.
        """
        heapq.heappush(self._heap, (priority, key))
        self._items[key] = (words, item)
        self.kept += words
        while self.kept - self._items[self._heap[0][1]][0] >= self.words:
            _, worst = heapq.heappop(self._heap)
            self.kept -= self._items.pop(worst)[0]

    def items(self) -> list[tuple[float, bytes, Item]]:
        """Priority, key and item of each, the best first."""
        return [(priority, key, self._items[key][1]) for priority, key in sorted(self._heap, reverse=True)]


def uncertainty(tagged: TaggedSentence) -> float:
    """The expected number of wrong entities and missed words of a text, per word.

    A predicted entity counts once, however long it is, with the probability that it is wrong: 1 minus its confidence.
    Any other word counts with the probability that it is not O. Dividing by the number of words makes texts comparable
    by what they cost: annotators read words. Words without sub-words, which have no probability, count as certain.

    Returns:
        From 0 to 1; of `Lind in Oslo` with the scores 0.8, 1.0 and 0.7, of which the first and last are entities,
        (0.2 + 0.0 + 0.3) / 3.
    """
    doubt = np.where(tagged.scores > 0, 1 - tagged.scores.astype(np.float64), 0.0)
    for entity in tagged.predicted_entities:
        words = slice(entity.start, entity.end)
        doubt[words] = doubt[words].mean() / (entity.end - entity.start)
    return float(doubt.mean())


def _suggestion(document: Document, tagged: TaggedSentence | None, doubt: float | None) -> Suggestion:
    if tagged is None:
        return Suggestion(document, None, None, "diverse")
    # Arrays of its own: slices would keep those of all texts that were labelled together.
    copied = replace(tagged, predicted=tagged.predicted.copy(), scores=tagged.scores.copy())
    return Suggestion(document, copied, doubt, "uncertain")


def _count(suggestions: Sequence[Suggestion]) -> int:
    return sum(len(suggestion.document.words) for suggestion in suggestions)


def summary(suggestions: Sequence[Suggestion]) -> str:
    """Count the chosen texts and words for the terminal."""
    lines = []
    for selection in get_args(Selection):
        of_selection = [suggestion for suggestion in suggestions if suggestion.selection == selection]
        if not of_selection and selection != "random":
            continue
        lines.append(f"{selection}: {_count(of_selection):,} words in {len(of_selection):,} texts")
    return "\n".join(lines)


def save(
    name: str, path: Path, suggestions: Sequence[Suggestion], types: Sequence[str], guideline: str | None = None
) -> None:
    """Write suggestions in a format, all of them or nothing.

    Random texts have no predicted entities: labels that start from a model's are biased towards it, and could not test
    it honestly.

    Args:
        name: of `answers.options`.
        path: a file, or a folder for brat.
        suggestions: in this order.
        types: the entity types.
        guideline: see `tool_formats.save`.

    Raises:
        UserError: see `tool_formats.save`.
    """
    if name == JSONL:
        outputs.save(path, outputs.Lines(_line), suggestions)
    else:
        tool_formats.save(name, path, map(_task, suggestions), types, guideline)


def _fields(suggestion: Suggestion) -> dict[str, str | float]:
    fields: dict[str, str | float] = {"selection": suggestion.selection}
    if suggestion.uncertainty is not None:
        fields["uncertainty"] = round(suggestion.uncertainty, DIGITS)
    return fields


def _task(suggestion: Suggestion) -> AnnotationTask:
    shown = None if suggestion.selection == "random" else suggestion.tagged
    task = to_task(suggestion.document, shown)
    return replace(task, fields={**task.fields, **_fields(suggestion)})


def _line(suggestion: Suggestion) -> str:
    document = suggestion.document
    row = own_row(document) | _fields(suggestion)
    if suggestion.selection == "random" or suggestion.tagged is None:
        return row_line(row, document)
    return json_line(replace(document, row=row), suggestion.tagged)
