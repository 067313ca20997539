"""Folds: which sentences of data/tokenized are held out together, and which of the others a model may learn from.

The data of a fold is a folder like data/tokenized with the sentences that a model learns from, and those held out.
"""

import shutil
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tagline.artifacts.raw_data import COPY, SPLITS
from tagline.artifacts.tokenized import COPIES, WINDOW_FEATURES, load_labels, sentence_features
from tagline.audit.audit_params import AUDIT_PARAMS, EARLY, Audit
from tagline.core import DOCUMENT, PROVENANCE, shards, write_hashes
from tagline.labels.entities import marked
from tagline.sources.splitting import drawn_number
from tagline.terminal import UserError

Mask = npt.NDArray[np.bool_]


def fold_of(words: Sequence[str], seed: int, folds: int) -> int:
    """Draw the fold of a sentence, from 1, from a hash of its words (or of its document's name) and the seed.

    Equal sentences are in one fold, or a model would learn the label that it is asked about. Other sentences have no
    effect. `sources.splitting.drawn_split` with the same seed draws independently.
    """
    return drawn_number(["fold", seed, *words]) % folds + 1


class Fold:
    """The roles of all sentences in one fold; data/tokenized is read a batch at a time.

    Args:
        number: of the fold, from 1; `EARLY` learns from all sentences, and labels all as if they were held out.
        params: of the audit.
        tokenized: data/tokenized.
        raw: data/raw, which names the documents; read only if they are held out.

    Attributes:
        held_out: for each audited split, whether a sentence is held out, bool (sentences,).
        learnable: for train, whether the model learns from a sentence; for validation, whether it helps to choose the
            epoch, bool (sentences,).

    Raises:
        UserError: the labels of some words are unknown; the model would have no sentence to learn from, to be chosen
            by, or to label; or plain tags are grouped by surface, or sentences without documents by document.
    """

    def __init__(self, number: int, params: Audit, tokenized: Path, raw: Path) -> None:
        self.number = number
        self.params = params
        self.tokenized = tokenized
        self.raw = raw
        self.labels = load_labels(tokenized)
        if self.labels.sets:
            raise UserError(
                f"{tokenized}: words of unknown label; the audit compares the gold label of each word with that of a "
                "model; expected data in which all words are annotated"
            )
        if params.group == "surface" and self.labels.kind == "tags":
            raise UserError(
                f"audit.group: surface needs entities, but {self.labels.task} has one tag per word; set it to sentence"
            )
        if params.group == "document":
            self._check_documents()
        drawn = {split: self._drawn(split) for split in params.splits}
        self.held_out = {split: mask & ~self._repeated(split) for split, mask in drawn.items()}
        of_validation = shards.read_batches(tokenized / "sentences/validation")
        none = np.zeros(sum(batch.num_rows for batch in of_validation), bool)
        held_out = self.held_out.get("validation", none)
        self.learnable = {"train": ~drawn["train"] & self._apart(), "validation": ~held_out}
        if number == EARLY:
            self.learnable = {split: np.ones_like(mask) for split, mask in self.learnable.items()}
        self._check()

    def _drawn(self, split: str) -> Mask:
        """Whether a sentence is drawn for this fold."""
        keys: Iterator[list[str]] = (words for words, _ in self._sentences(split))
        if self.params.group == "document":
            keys = self._documents(split)
        folds = (fold_of(key, self.params.seed, len(self.params.folds)) for key in keys)
        return np.array([self.number in (EARLY, fold) for fold in folds], bool)

    def _repeated(self, split: str) -> Mask:
        """Whether a sentence is there again, since its source is repeated; it is audited once."""
        repeated: list[bool] = []
        for batch in shards.read_batches(self.tokenized / "sentences" / split):
            repeated += [COPY.match(id_) is not None for id_ in batch["id"].to_pylist()]
        return np.array(repeated, bool)

    def _apart(self) -> Mask:
        """Whether a train sentence shares no text with one that is held out, see `_texts`."""
        if self.params.group == "sentence":
            return np.ones_like(self.held_out["train"])  # equal sentences are in one fold already
        texts: set[int] = set()
        for split, mask in self.held_out.items():
            for words, ids in compress(self._sentences(split), mask):
                texts.update(self._texts(words, ids))
        return np.array([texts.isdisjoint(self._texts(words, ids)) for words, ids in self._sentences("train")], bool)

    def _sentences(self, split: str) -> Iterator[tuple[list[str], list[int]]]:
        """Yield the words and label ids of each sentence."""
        for batch in shards.read_batches(self.tokenized / "sentences" / split):
            yield from zip(batch["words"].to_pylist(), batch["labels"].to_pylist(), strict=True)

    def _documents(self, split: str) -> Iterator[list[str]]:
        """Yield the name of each sentence's document; data/raw has the sentences in the same order."""
        for batch in shards.read_batches(self.raw / split):
            yield from ([name] for name in batch[DOCUMENT].to_pylist())

    def _texts(self, words: Sequence[str], ids: Sequence[int]) -> Iterator[int]:
        """Yield a hash of each text whose labels must not be both held out and learnt.

        Those are entities if grouped by surface (see `tagline.metrics.slices`), and the whole sentence if
        grouped by document, since documents can share sentences.
        """
        if self.params.group == "document":
            yield hash(tuple(words))
            return
        for entity in marked([self.labels.names[index] for index in ids], self.labels.kind):
            yield hash(tuple(words[entity.start : entity.end]))

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers of sentences: held out by split, and of train those that are learnt from and all."""
        held_out = {split: int(mask.sum()) for split, mask in self.held_out.items()}
        learnable = self.learnable["train"]
        return {"held_out": held_out, "learnt": int(learnable.sum()), "train": len(learnable)}

    def message(self) -> str:
        """The numbers of sentences in one line."""
        if self.number == EARLY:
            return f"fold {EARLY}: learns from all sentences, for half of the epochs, and labels them"
        held_out = ", ".join(f"{number:,} of {split}" for split, number in self.numbers["held_out"].items())
        learnt = self.numbers["learnt"]
        train = self.numbers["train"]
        return (
            f"fold {self.number} of {len(self.params.folds)}: {held_out} held out; {learnt:,} of {train:,} sentences "
            f"of train ({learnt / train:.0%}) are left to learn from"
        )

    def _check_documents(self) -> None:
        documents = [name for (name,) in self._documents("train")]
        if len(set(documents)) == len(documents):
            raise UserError(
                f"audit.group: document needs documents of several sentences, but {self.raw} has none in train; set it "
                "to sentence"
            )

    def _check(self) -> None:
        for purpose, mask in (
            ("hold out", self.held_out["train"]),
            ("learn from", self.learnable["train"]),
            ("choose the epoch by", self.learnable["validation"]),
        ):
            if not mask.any():
                raise UserError(
                    f"{AUDIT_PARAMS}: fold {self.number} of {len(self.params.folds)} has no sentence to {purpose}; "
                    "expected at least one; use fewer folds, another seed, or group: sentence"
                )


def held_out_name(split: str) -> str:
    """The name of the held-out part of a split."""
    return f"{split}-held-out"


def audited(folder: Path) -> list[str]:
    """The splits that have a held-out part in a fold's folder, in the order of the pipeline."""
    return [split for split in SPLITS if (folder / "sentences" / held_out_name(split)).is_dir()]


def write_data(fold: Fold, target: Path) -> None:
    """Write the data of a fold, a batch at a time.

    Args:
        fold: the roles of the sentences.
        target: the folder to make; its splits are train, validation, and the held-out part of each audited split that
            has one.
    """
    target.mkdir()
    for name in ("labels.json", PROVENANCE):
        shutil.copyfile(fold.tokenized / name, target / name)
    for split, mask in fold.learnable.items():
        _copy_sentences(fold, split, mask, target / "sentences" / split)
        _copy_windows(fold, split, mask, target / "windows" / split)
    if (fold.tokenized / "windows" / COPIES).is_dir():
        _copy_windows(fold, COPIES, fold.learnable["train"], target / "windows" / COPIES)
    for split, mask in fold.held_out.items():
        if mask.any():
            _copy_sentences(fold, split, mask, target / "sentences" / held_out_name(split))
            _copy_windows(fold, split, mask, target / "windows" / held_out_name(split))
    write_hashes(target)


def _copy_sentences(fold: Fold, split: str, mask: Mask, target: Path) -> None:
    """Copy the sentences of a split that a mask selects."""
    first = 0
    with shards.ShardWriter(target, sentence_features(fold.labels).arrow_schema) as writer:
        for batch in shards.read_batches(fold.tokenized / "sentences" / split):
            _write(writer, batch, mask[first : first + batch.num_rows])
            first += batch.num_rows


def _copy_windows(fold: Fold, name: str, mask: Mask, target: Path) -> None:
    """Copy the windows of the sentences that a mask selects; they get new numbers."""
    # Mask 0 1 1: the second sentence becomes sentence 0, the third sentence 1.
    renumbered = np.cumsum(mask, dtype=np.int32) - np.int32(1)
    with shards.ShardWriter(target, WINDOW_FEATURES.arrow_schema) as writer:
        for batch in shards.read_batches(fold.tokenized / "windows" / name):
            owner = batch["sentence"].to_numpy()
            _write(writer, batch, mask[owner], sentence=pa.array(renumbered[owner]))


def _write(writer: shards.ShardWriter, batch: pa.RecordBatch, mask: Mask, **replaced: pa.Array) -> None:
    """Write the rows of a batch that a mask selects, with some columns replaced."""
    if mask.any():
        columns = {name: batch[name] for name in batch.schema.names} | replaced
        writer.write({name: column.filter(pa.array(mask)) for name, column in columns.items()})
