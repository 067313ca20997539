"""Folds: which sentences are held out together, and which others a model learns from."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np

from tagline.artifacts import tokenized
from tagline.artifacts.raw_data import ANNOTATED, COPY, ID, WORDS, RawData, Splits
from tagline.artifacts.tokenized import Split
from tagline.core import DOCUMENT, FEW_ENTITIES, FURTHER, LEARNT
from tagline.crossval.crossval_params import CROSSVAL_PARAMS, Crossval
from tagline.labels import Bools, Ints, TaggedSentences
from tagline.sources.splitting import drawn_number
from tagline.terminal import UserError


def fold_of(words: Sequence[str], seed: int, folds: int) -> int:
    """Draw the fold of a sentence or a document, from 1, from a hash of its words and the seed.

    Equal sentences are in one fold, or a model would learn the label that it is asked about. `sources.splitting.draw`
    with the same seed draws independently.
    """
    return drawn_number(["fold", seed, *words]) % folds + 1


class Folds:
    """The division of train, validation and test, whose sentences are read a batch at a time.

    Args:
        raw: data/raw, of the task.
        data: data/tokenized, which has its labels in one scheme.

    Attributes:
        by_document: the sentences of a document are held out together.
        of: for each split the fold of each sentence, from 1, int64 (sentences,).

    Raises:
        UserError: a fold has no sentence to hold out, outside of test no entity, or nothing to validate or learn from.
    """

    def __init__(self, raw: RawData, data: Path, params: Crossval) -> None:
        self.raw = raw
        self.params = params
        self.by_document = params.group == "document" and raw.has_documents()
        self.of = {split: self._drawn(split) for split in raw.sentences if not split.startswith(FURTHER)}
        self._entities, self._is_complete = {}, {}
        for split in LEARNT:
            loaded = tokenized.load_split(data, split)
            self._is_complete[split] = loaded.is_complete()
            self._entities[split] = _count_entities(loaded)
        # Before the first training, not after many.
        for number in range(1, params.folds + 1):
            self._check(number)

    def _drawn(self, split: str) -> Ints:
        groups: Iterator[list[dict[str, Any]]] = ([row] for row in self.rows(split))
        if self.by_document:
            groups = (list(rows) for _, rows in groupby(self.rows(split), key=lambda row: row[DOCUMENT]))
        numbers: list[int] = []
        for group in groups:
            words = chain.from_iterable(row[WORDS] for row in group)
            numbers += [fold_of([*words], self.params.seed, self.params.folds)] * len(group)
        return np.array(numbers, np.int64)

    def rows(self, split: str) -> Iterator[dict[str, Any]]:
        for batch in self.raw.batches(split):
            yield from batch.to_pylist()

    def held_out(self, number: int) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield split, index and row of a fold's sentences annotated in full, without copies of repeated sources."""
        for split, folds in self.of.items():
            is_held_out = folds == number
            if split in self._is_complete:
                is_held_out &= self._is_complete[split]
            for index, row in enumerate(self.rows(split)):
                if is_held_out[index] and not COPY.match(row[ID]):
                    yield split, index, row

    @property
    def incomplete(self) -> int:
        """The number of sentences that no fold scores, since labels of their words are unknown."""
        number = 0
        for split, is_complete in self._is_complete.items():
            for row, complete in zip(self.rows(split), is_complete, strict=True):
                number += not complete and not COPY.match(row[ID])
        return number

    def learnable(self, number: int) -> Bools:
        """Which sentences of train a fold's model learns from, bool (sentences,)."""
        mask = self.of["train"] != number
        if self.by_document:  # documents can share sentences
            texts = {tuple(row[WORDS]) for _, _, row in self.held_out(number)}
            mask &= [tuple(row[WORDS]) not in texts for row in self.rows("train")]
        return mask

    def parts(self, number: int) -> Splits:
        """What the training of a fold reads; ``test`` is what it holds out, with ids SPLIT/INDEX."""
        learnable = self.learnable(number)
        return {
            "train": (row for row, learns in zip(self.rows("train"), learnable, strict=True) if learns),
            "validation": self._validation(number),
            "test": map(_named, self.held_out(number)),
        }

    def _validation(self, number: int) -> Iterator[Mapping[str, Any]]:
        """Yield the other sentences of validation, so often that the epoch is chosen by the same rule as on all.

        Below `FEW_ENTITIES` the last epoch is kept. With 33 entities in all and 27 here, they are read twice: same F1.
        """
        entities = self._entities["validation"]
        left = max(1, int(entities[self.of["validation"] != number].sum()))
        times = 1 if entities.sum() < FEW_ENTITIES else -(-FEW_ENTITIES // left)
        for _ in range(times):
            for row, fold in zip(self.rows("validation"), self.of["validation"], strict=True):
                if fold != number:
                    yield row

    def _check(self, number: int) -> None:
        entities = sum(self._entities[split][self.of[split] == number].sum() for split in self._entities)
        if not (self._is_complete["train"] & (self.of["train"] == number)).any():
            lacking = "sentence of train to hold out that is annotated in full"
        elif (self.of["validation"] == number).all():
            lacking = "sentence to choose the epoch by"
        elif not entities:
            lacking = "entity of train or validation to hold out"
        elif not self.learnable(number).any():
            lacking = "sentence to learn from"
        else:
            return
        group = ", or group: sentence" if self.by_document else ""
        raise UserError(
            f"{CROSSVAL_PARAMS}: fold {number} of {self.params.folds} has no {lacking}; expected at least one; "
            f"annotate more sentences, or use fewer folds or another seed{group}"
        )


def _named(held_out: tuple[str, int, dict[str, Any]]) -> Mapping[str, Any]:
    split, index, row = held_out
    return row | {ANNOTATED: None, ID: f"{split}/{index}", DOCUMENT: f"{split}/{row[DOCUMENT]}"}


def _count_entities(split: Split) -> Ints:
    """The number of gold entities, or words of plain tags, int64 (sentences,); 0 of those annotated in part."""
    complete = split.is_complete()
    gold = np.where(np.repeat(complete, split.lengths()), split.gold(), 0)
    tagged = TaggedSentences(split.labels, split.lengths(), gold, np.zeros(len(gold), np.float32), gold)
    return np.bincount(tagged.sentences_of(tagged.gold_entities.start), minlength=len(tagged)) * complete
