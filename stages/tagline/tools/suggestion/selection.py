"""Selection of texts that are worth annotating."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from tagline.inference import Document, Tagger
from tagline.labels import TaggedSentence
from tagline.terminal import UserError
from tagline.tools.answers import outputs, tool_formats
from tagline.tools.answers.notations import json_line, own_row, row_line
from tagline.tools.answers.options import DIGITS, JSONL
from tagline.tools.answers.task import AnnotationTask, to_task
from tagline.tools.suggestion.already_annotated import text_key, without
from tagline.tools.texts.readers import DocumentSource

SEED = (42).to_bytes(8, "big")


@dataclass(frozen=True)
class Suggestion:
    """A text to annotate.

    Attributes:
        selection: random, uncertain, or without a model chosen.
        tagged: None without a model.
        uncertainty: None without a model.
    """

    document: Document
    selection: str
    tagged: TaggedSentence | None = None
    uncertainty: float | None = None

    def fields(self) -> dict[str, str | float]:
        fields: dict[str, str | float] = {"selection": self.selection}
        if self.uncertainty is not None:
            fields["uncertainty"] = round(self.uncertainty, DIGITS)
        return fields


class Best:
    """Keeps the texts of the highest priorities, each once, whose words together reach a number.

    Args:
        words: the number; memory depends on it alone.

    Attributes:
        kept: the words of the texts that are kept.
    """

    def __init__(self, words: int) -> None:
        self._words = words
        self.kept = 0
        self._items: dict[bytes, tuple[float, Suggestion]] = {}

    def add(self, key: bytes, priority: float, suggestion: Suggestion) -> None:
        """Add a text; its `text_key` decides between equal priorities."""
        if key in self._items:
            return
        self._items[key] = priority, suggestion
        self.kept += len(suggestion.document.words)
        if self.kept > 2 * self._words:
            self._items = {key: self._items[key] for key in self.ranked()}
            self.kept = _count(suggestion for _, suggestion in self._items.values())

    def ranked(self) -> dict[bytes, Suggestion]:
        """The texts by key, the best first."""
        ranked = {}
        words = 0
        for key in sorted(self._items, key=lambda key: (self._items[key][0], key), reverse=True):
            if words >= self._words:
                break
            ranked[key] = self._items[key][1]
            words += len(ranked[key].document.words)
        return ranked


def select(
    source: DocumentSource, tagger: Tagger | None, annotated: Collection[bytes], words: int, random_share: float
) -> list[Suggestion]:
    """Choose texts of a pool: the random ones first, then the most uncertain ones.

    Args:
        tagger: None: the other texts are drawn at random, too.
        annotated: keys of texts to leave out (`text_key`).
        words: most words of all texts.

    Raises:
        UserError: no text is left.
    """
    random_words = round(words * random_share)
    other_words = words - random_words
    random = Best(random_words)
    others = Best(words + 1)  # one more, so that it drops none of a pool that has no more words than are wanted
    too_long = 0
    for suggestion in _read(source, tagger, annotated):
        length = len(suggestion.document.words)
        if length > words:
            too_long += 1
            continue
        key = text_key(suggestion.document.words)
        drawn = draw(key)
        random.add(key, drawn, replace(suggestion, selection="random"))
        priority = drawn if suggestion.uncertainty is None else suggestion.uncertainty
        if length > other_words:
            priority -= 1  # comes last, since it rarely fits
        others.add(key, priority, suggestion)
    at_random = _fitting(random.ranked(), round(min(words, others.kept) * random_share))
    left = {key: suggestion for key, suggestion in others.ranked().items() if key not in at_random}
    suggestions = [*at_random.values()]
    suggestions += _fitting(left, words - _count(suggestions)).values()
    if not suggestions:
        raise UserError(
            f"{source.name}: no text of at most {words:,} words that is not annotated yet; "
            "expected at least one; check POOL, --max-words and --exclude"
        )
    if too_long:
        warnings.warn(
            f"{source.name}: texts of more than {words:,} words left out: {too_long:,}; raise --max-words",
            stacklevel=2,
        )
    if others.kept <= words:
        warnings.warn(f"{source.name} has only {others.kept:,} words to annotate; all are chosen", stacklevel=2)
    if random_share and not at_random:
        warnings.warn(
            f"no text at random: the first one drawn has more than {random_words:,} words; "
            "raise --max-words or --random-share for texts to test with",
            stacklevel=2,
        )
    return suggestions


def _read(source: DocumentSource, tagger: Tagger | None, annotated: Collection[bytes]) -> Iterator[Suggestion]:
    documents = without(source.documents, annotated)
    if tagger is None:
        for document in documents:
            yield Suggestion(document, "chosen")
            source.advance(1)
        return
    for part in tagger.tag_stream(documents):
        for document, tagged in part:
            # Arrays of its own: slices would keep those of all texts that were labelled together.
            copied = replace(tagged, predicted=tagged.predicted.copy(), scores=tagged.scores.copy())
            yield Suggestion(document, "uncertain", copied, uncertainty(tagged))
        source.advance(len(part))


def draw(key: bytes) -> float:
    """A number from 0 to 1 that depends on the text only, not on the order of the pool."""
    return int.from_bytes(blake2b(key, key=SEED, digest_size=7).digest()) / 256**7


def _fitting(ranked: dict[bytes, Suggestion], words: int) -> dict[bytes, Suggestion]:
    """The first texts until one does not fit; passing over it would favour short ones."""
    fitting = {}
    for key, suggestion in ranked.items():
        words -= len(suggestion.document.words)
        if words < 0:
            break
        fitting[key] = suggestion
    return fitting


def uncertainty(tagged: TaggedSentence) -> float:
    """The expected number of wrong entities and missed words of a text, per word.

    A predicted entity counts once, with 1 minus its confidence. Any other word counts with the probability that it is
    not O. Words without sub-words have no probability and count as certain.

    Returns:
        From 0 to 1; of `Lind in Oslo` with the scores 0.8, 1.0 and 0.7, of which the first and last are entities, (0.2
        + 0.0 + 0.3) / 3.
    """
    doubt = np.where(tagged.scores > 0, 1 - tagged.scores.astype(np.float64), 0.0)
    for entity in tagged.predicted_entities:
        words = slice(entity.start, entity.end)
        doubt[words] = doubt[words].mean() / (entity.end - entity.start)
    return float(doubt.mean())


def _count(suggestions: Iterable[Suggestion]) -> int:
    return sum(len(suggestion.document.words) for suggestion in suggestions)


def summary(suggestions: Sequence[Suggestion]) -> str:
    """Count the chosen texts and words."""
    lines = []
    for selection in dict.fromkeys(["random", *(suggestion.selection for suggestion in suggestions)]):
        of_selection = [suggestion for suggestion in suggestions if suggestion.selection == selection]
        lines.append(f"{selection}: {_count(of_selection):,} words in {len(of_selection):,} texts")
    return "\n".join(lines)


def save(
    name: str, path: Path, suggestions: Sequence[Suggestion], types: Sequence[str], guideline: str | None = None
) -> None:
    """Write suggestions in this order, as `tool_formats.save` does or as ``jsonl``.

    Random texts have no predicted entities: labels that start from a model's are biased towards it, and can't test it.
    """
    if name == JSONL:
        outputs.save(path, outputs.LineWriter(_line), suggestions)
    else:
        tool_formats.save(name, path, map(_task, suggestions), types, guideline)


def _task(suggestion: Suggestion) -> AnnotationTask:
    shown = None if suggestion.selection == "random" else suggestion.tagged
    task = to_task(suggestion.document, shown)
    return replace(task, fields={**task.fields, **suggestion.fields()})


def _line(suggestion: Suggestion) -> str:
    document = suggestion.document
    row = own_row(document) | suggestion.fields()
    if suggestion.selection == "random" or suggestion.tagged is None:
        return row_line(row, document)
    return json_line(replace(document, row=row), suggestion.tagged)
