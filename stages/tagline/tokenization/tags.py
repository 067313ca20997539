"""Tags: a task's column of data/raw, read split by split in its scheme, on the way to label ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from datasets import Dataset, DatasetDict

from tagline.artifacts.raw_data import name_word
from tagline.artifacts.shards import read
from tagline.core.errors import UserError
from tagline.labels import label_list as label_lists
from tagline.labels import schemes
from tagline.labels.label_list import Kind, Labels
from tagline.labels.schemes import Scheme
from tagline.tokenization import conversion
from tagline.tokenization.conversion import Conversion

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tags:
    """How the tags of one split are to be read.

    Attributes:
        names: the column's tag names.
        scheme: how they are written.
        counts: how many words have each label, IOB2 or plain.
        illegal: how many tags the scheme forbids where they stand.
        conversion: None for plain tags.
    """

    names: list[str]
    scheme: Scheme
    counts: dict[str, int]
    illegal: int = 0
    conversion: Conversion | None = None

    def to_labels(self, tags: Ints, ends: Ints, labels: Labels) -> Ints:
        """The label ids of words, int64 (words,); tags that the scheme forbids are repaired.

        Args:
            tags: int64 (words,), the tag ids of all sentences, one after the other.
            ends: int64 (sentences,), where each sentence ends among them.
            labels: those of the task.
        """
        ids = labels.label2id
        if self.conversion is None:
            return np.array([ids.get(name, -1) for name in self.names], dtype=np.int64)[tags]
        return self.conversion.table(ids)[conversion.before(tags, ends, len(self.names)), tags]

    def illegal_places(self, split: Dataset, task: str) -> Iterator[str]:
        """Name the tags that the scheme forbids: sentence, word, tag and what it follows or ends."""
        if self.conversion is None:
            return
        size = len(self.names)
        for batch in read(split):
            tags, ends = flat(batch[task])
            left = conversion.before(tags, ends, size)
            for place in np.flatnonzero(self.conversion.illegal[left, tags]).tolist():
                before = "at the beginning" if left[place] == size else f"after {self.names[left[place]]}"
                yield f"{name_word(batch, place)}: {self.names[tags[place]]} {before}"
            lasts = ends[np.diff(ends, prepend=0) > 0] - 1
            for place in lasts[self.conversion.illegal[tags[lasts], size]].tolist():
                yield f"{name_word(batch, place)}: {self.names[tags[place]]} at the end"


def flat(column: pa.ListArray) -> tuple[Ints, Ints]:
    """A list column as the values of all rows, int64 (values,), and where each row's end among them, int64 (rows,)."""
    return column.values.to_numpy().astype(np.int64), column.offsets.to_numpy()[1:].astype(np.int64)


def read_tags(raw: DatasetDict, task: str, scheme: str) -> tuple[Labels, dict[str, Tags]]:
    """Recognise the scheme of a task's column in each split, and list its labels.

    Args:
        raw: what `corpus.load` returned.
        task: the column.
        scheme: ``auto``, or what all splits are said to be written in.

    Raises:
        UserError: tags with and without a prefix are mixed, a split has tags that its scheme has not, or all words have
            one label.
    """
    names: list[str] = raw["train"].features[task].feature.names
    kind, fixed = _kind(raw, names, task, scheme)
    tags = {split: _read_split(raw[split], split, task, names, kind, fixed) for split in raw}
    return label_lists.from_counts(task, kind, {split: read.counts for split, read in tags.items()}), tags


def _kind(raw: DatasetDict, names: list[str], task: str, scheme: str) -> tuple[Kind, Scheme | None]:
    """Whether the column marks spans, and in which scheme, where that does not depend on the split."""
    for allowed in schemes.SCHEMES:
        if scheme == allowed:
            return ("tags" if scheme == "tags" else "spans"), allowed
    try:
        if schemes.is_spans(names):
            return "spans", None
    except UserError as fault:
        plain = {name for name in names if not schemes.split_tag(name)[0]}
        first = (next(_places(raw, task, tags)) for tags in (plain, {*names} - plain - {schemes.OUTSIDE}))
        raise UserError(f"column {task}: {fault}; the first of each: {'; '.join(first)}") from None
    counts = np.sum([_count(raw[split], task, len(names)) for split in raw], axis=0)
    return ("spans", "IO") if conversion.is_io(dict(zip(names, counts.tolist(), strict=True))) else ("tags", "tags")


def _places(raw: DatasetDict, task: str, tags: set[str]) -> Iterator[str]:
    """Name the words that have one of some tags."""
    for split in raw.values():
        names = split.features[task].feature.names
        wanted = [number for number, name in enumerate(names) if name in tags]
        for batch in read(split):
            found = flat(batch[task])[0]
            for place in np.flatnonzero(np.isin(found, wanted)).tolist():
                yield f"{name_word(batch, place)}: {names[found[place]]}"


def _read_split(split: Dataset, name: str, task: str, names: list[str], kind: Kind, scheme: Scheme | None) -> Tags:
    if kind == "tags":
        return Tags(names, "tags", dict(zip(names, _count(split, task, len(names)).tolist(), strict=True)))
    follow = np.zeros((len(names) + 1, len(names) + 1), dtype=np.int64)
    for batch in read(split):
        follow += conversion.transitions(*flat(batch[task]), len(names))
    try:
        made = conversion.convert(names, follow, scheme or conversion.detect(names, follow))
    except UserError as fault:
        raise UserError(
            f"{name}, column {task}: {fault} (tokenize_align.scheme in params.yaml is {scheme or 'auto'})"
        ) from None
    counts: dict[str, int] = {}
    for pair, label in made.labels.items():
        counts[label] = counts.get(label, 0) + int(follow[pair])
    return Tags(names, made.scheme, counts, int(follow[made.illegal].sum()), made)


def _count(split: Dataset, task: str, size: int) -> Ints:
    counts = np.zeros(size, dtype=np.int64)
    for batch in read(split):
        counts += np.bincount(batch[task].values.to_numpy(), minlength=size)
    return counts
