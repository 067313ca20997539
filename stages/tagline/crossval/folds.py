"""Folds: which sentences are held out together, and which of the others a model may learn from.

The data of a fold is a folder like data/tokenized with the sentences that a model learns from, and those held out, of
which test has no labels.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress, groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import COPY
from tagline.artifacts.tokenized import COPIES, WINDOW_FEATURES, load_labels, sentence_features
from tagline.core import LEARNT, PROVENANCE, SPLITS, shards, write_hashes
from tagline.crossval.crossval_params import CROSSVAL_PARAMS, Crossval
from tagline.labels import Ints, is_outside
from tagline.sources.splitting import drawn_number
from tagline.terminal import UserError

Mask = npt.NDArray[np.bool_]


def fold_of(words: Sequence[str], seed: int, folds: int) -> int:
    """Draw the fold of a sentence or a document, from 1, from a hash of its words and the seed.

    Equal sentences are in one fold, or a model would learn the label that it is asked about. Other sentences have no
    effect. `sources.splitting.draw` with the same seed draws independently.
    """
    return drawn_number(["fold", seed, *words]) % folds + 1


class Fold:
    """The roles of all sentences in one fold; they are read a batch at a time.

    Args:
        number: of the fold, from 1.
        params: the division into folds.
        tokenized: data/tokenized.
        unlabelled: data/tokenized_tests/unlabelled.

    Attributes:
        by_document: the sentences of a document are held out together.
        held_out: for train, validation and test, if there is one, whether a sentence is held out, bool (sentences,).
        learnable: for train, whether the model learns from a sentence; for validation, whether it helps to choose the
            epoch, bool (sentences,).

    Raises:
        UserError: the labels of some words are unknown; a fold has no sentence to hold out, or outside of test no
            entity; or the model would have no sentence to learn from or to be chosen by.
    """

    def __init__(self, number: int, params: Crossval, tokenized: Path, unlabelled: Path) -> None:
        self.number = number
        self.params = params
        self.tokenized = tokenized
        self.unlabelled = unlabelled
        self.labels = load_labels(tokenized)
        data = raw_data.load(unlabelled / "documents")
        self.by_document = params.group == "document" and data.has_documents()
        folds = {split: self._folds(split) for split in data.sentences}
        self._check_all(folds)
        drawn = {split: of_split == number for split, of_split in folds.items()}
        self.held_out = {split: mask & ~self._repeated(split) for split, mask in drawn.items()}
        self.learnable = {split: ~drawn[split] for split in LEARNT}
        if self.by_document:
            self.learnable["train"] &= self._apart()
        if not self.learnable["train"].any():
            raise self._lacking(number, "sentence to learn from")

    def folder(self, split: str) -> Path:
        """Where the sentences and windows of a split are; those of test have no labels."""
        return self.tokenized if split in LEARNT else self.unlabelled

    def _folds(self, split: str) -> Ints:
        """The fold of each sentence, int64 (sentences,)."""
        groups: Iterator[list[list[str]]] = ([words] for words, _ in self._sentences(split))
        if self.by_document:
            groups = self._documents(split)
        numbers: list[int] = []
        for group in groups:
            number = fold_of([*chain.from_iterable(group)], self.params.seed, len(self.params.folds))
            numbers += [number] * len(group)
        return np.array(numbers, np.int64)

    def _documents(self, split: str) -> Iterator[list[list[str]]]:
        """Yield the words of the sentences of each document."""
        numbers = iter(raw_data.load(self.unlabelled / "documents").documents(split))
        for _, sentences in groupby(self._sentences(split), key=lambda _: next(numbers)):
            yield [words for words, _ in sentences]

    def _repeated(self, split: str) -> Mask:
        """Whether a sentence is there again, since its source is repeated; it is labelled once."""
        repeated: list[bool] = []
        for batch in shards.read_batches(self.folder(split) / "sentences" / split):
            repeated += [COPY.match(id_) is not None for id_ in batch["id"].to_pylist()]
        return np.array(repeated, bool)

    def _apart(self) -> Mask:
        """Whether a train sentence has other words than all that are held out, since documents can share sentences."""
        texts: set[int] = set()
        for split, mask in self.held_out.items():
            texts.update(hash(tuple(words)) for words, _ in compress(self._sentences(split), mask))
        return np.array([hash(tuple(words)) not in texts for words, _ in self._sentences("train")], bool)

    def _sentences(self, split: str) -> Iterator[tuple[list[str], list[int]]]:
        """Yield the words and label ids of each sentence."""
        for batch in shards.read_batches(self.folder(split) / "sentences" / split):
            yield from zip(batch["words"].to_pylist(), batch["labels"].to_pylist(), strict=True)

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers of sentences: held out by split, and of train those that are learnt from and all."""
        held_out = {split: int(mask.sum()) for split, mask in self.held_out.items()}
        learnable = self.learnable["train"]
        return {"held_out": held_out, "learnt": int(learnable.sum()), "train": len(learnable)}

    def message(self) -> str:
        """The numbers of sentences in one line."""
        held_out = ", ".join(f"{number:,} of {split}" for split, number in self.numbers["held_out"].items())
        learnt = self.numbers["learnt"]
        train = self.numbers["train"]
        return (
            f"fold {self.number} of {len(self.params.folds)}: {held_out} held out; {learnt:,} of {train:,} sentences "
            f"of train ({learnt / train:.0%}) are left to learn from"
        )

    def _check_all(self, folds: Mapping[str, Ints]) -> None:
        """Check what all folds hold out, so that the first one fails, not the last one after many trainings."""
        with_entity = self._with_entity(folds)
        for number in self.params.folds:
            if not (folds["train"] == number).any():
                raise self._lacking(number, "sentence of train to hold out")
            if (folds["validation"] == number).all():
                raise self._lacking(number, "sentence to choose the epoch by")
            if number not in with_entity:
                raise self._lacking(number, "entity of train or validation to hold out")

    def _with_entity(self, folds: Mapping[str, Ints]) -> set[int]:
        """The folds that hold out an entity of train or validation."""
        ids = np.arange(len(self.labels.names))
        inside = set(ids[~is_outside(ids, self.labels)].tolist())
        numbers = set()
        for split, of_split in folds.items():
            for number, (_, labels) in zip(of_split.tolist(), self._sentences(split), strict=True):
                if max(labels, default=0) >= len(ids):
                    raise UserError(
                        f"{self.folder(split)}: words of {split} of unknown label; folds need the gold label of each "
                        "word, to compare it with that of a model; expected data in which all words are annotated"
                    )
                if not inside.isdisjoint(labels):
                    numbers.add(number)
        return numbers

    def _lacking(self, number: int, lacking: str) -> UserError:
        group = ", or group: sentence" if self.by_document else ""
        return UserError(
            f"{CROSSVAL_PARAMS}: fold {number} of {len(self.params.folds)} has no {lacking}; expected at least one; "
            f"annotate more sentences, or use fewer folds or another seed{group}"
        )


def held_out_name(split: str) -> str:
    """The name of the held-out part of a split."""
    return f"{split}-held-out"


def splits_held_out(folder: Path) -> list[str]:
    """The splits that have a held-out part in a fold's folder, in the order of the pipeline."""
    return [split for split in SPLITS if (folder / "sentences" / held_out_name(split)).is_dir()]


def write_data(fold: Fold, target: Path) -> None:
    """Write the data of a fold, a batch at a time.

    Args:
        fold: the roles of the sentences.
        target: the folder to make; its splits are train, validation, and the held-out part of each split that has
            one.
    """
    target.mkdir()
    for name in ("labels.json", PROVENANCE):
        shutil.copyfile(fold.tokenized / name, target / name)
    for split, mask in fold.learnable.items():
        _copy_sentences(fold, split, mask, target / "sentences" / split)
        _copy_windows(fold.folder(split), split, mask, target / "windows" / split)
    for copies in COPIES:
        if (fold.tokenized / "windows" / copies).is_dir():
            _copy_windows(fold.tokenized, copies, fold.learnable["train"], target / "windows" / copies)
    for split, mask in fold.held_out.items():
        if mask.any():
            _copy_sentences(fold, split, mask, target / "sentences" / held_out_name(split))
            _copy_windows(fold.folder(split), split, mask, target / "windows" / held_out_name(split))
    write_hashes(target)


def _copy_sentences(fold: Fold, split: str, mask: Mask, target: Path) -> None:
    """Copy the sentences of a split that a mask selects."""
    first = 0
    with shards.ShardWriter(target, sentence_features(fold.labels).arrow_schema) as writer:
        for batch in shards.read_batches(fold.folder(split) / "sentences" / split):
            _write(writer, batch, mask[first : first + batch.num_rows])
            first += batch.num_rows


def _copy_windows(folder: Path, name: str, mask: Mask, target: Path) -> None:
    """Copy the windows of the sentences that a mask selects; they get new numbers."""
    # Mask 0 1 1: the second sentence becomes sentence 0, the third sentence 1.
    renumbered = np.cumsum(mask, dtype=np.int32) - np.int32(1)
    with shards.ShardWriter(target, WINDOW_FEATURES.arrow_schema) as writer:
        for batch in shards.read_batches(folder / "windows" / name):
            owner = batch["sentence"].to_numpy()
            _write(writer, batch, mask[owner], sentence=pa.array(renumbered[owner]))


def _write(writer: shards.ShardWriter, batch: pa.RecordBatch, mask: Mask, **replaced: pa.Array) -> None:
    """Write the rows of a batch that a mask selects, with some columns replaced."""
    if mask.any():
        columns = {name: batch[name] for name in batch.schema.names} | replaced
        writer.write({name: column.filter(pa.array(mask)) for name, column in columns.items()})
