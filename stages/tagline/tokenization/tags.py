"""Tags: recognise how a column of data/raw is written, and convert its tags to label ids."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagline.artifacts.raw_data import RawData, name_word
from tagline.core import FURTHER, LEARNT
from tagline.labels import ANY, Ints, Kind, Labels, conversion, schemes
from tagline.labels import label_list as label_lists
from tagline.labels.conversion import Conversion
from tagline.terminal import QUOTED, UserError, shortened
from tagline.tokenization.unknown_labels import label_sets

# A number, or what `tagline inspect` writes for its name.
_NUMBER = re.compile(rf"({schemes.PLACEHOLDER})?-?\d+(\.\d*)?")


@dataclass(frozen=True)
class TagColumn:
    """A tag column of data/raw, with its tags as ids.

    Attributes:
        tags: the different tags, sorted; a tag's id is its index.
        names: their standard spellings (`schemes.respell`), in the same order.
        counts: for each split how many words have each tag, int64 (tags,).
        has_unknown: whether the tag of a word is unknown.
    """

    raw: RawData
    name: str
    tags: tuple[str, ...]
    names: tuple[str, ...]
    counts: dict[str, Ints]
    has_unknown: bool = False

    def ids(self, batch: pa.RecordBatch) -> tuple[Ints, Ints]:
        """Flatten the tags of a batch.

        Returns:
            Tag ids, int64 (words,), see `conversion.transitions`; where sentences end among them, int64 (sentences,).
        """
        column = batch[self.name]
        ids = pc.index_in(column.values, value_set=pa.array(self.tags, pa.string()))
        ids = ids.fill_null(len(self.tags) + 1)
        return ids.to_numpy().astype(np.int64), column.offsets.to_numpy()[1:].astype(np.int64)

    def batches(self, split: str) -> Iterator[tuple[pa.RecordBatch, Ints, Ints]]:
        """Yield each batch of a split with its `ids`."""
        for batch in self.raw.batches(split):
            yield batch, *self.ids(batch)

    @property
    def totals(self) -> dict[str, int]:
        """The number of words with each tag, by its standard spelling."""
        totals: Counter[str] = Counter()
        counts = np.sum(list(self.counts.values()), axis=0).tolist()
        for name, count in zip(self.names, counts, strict=True):
            totals[name] += count
        return dict(totals)

    @property
    def respelled(self) -> dict[str, str]:
        """The tags in another spelling, with their standard spelling."""
        return {tag: name for tag, name in zip(self.tags, self.names, strict=True) if tag != name}

    def words_with(self, tags: set[str]) -> Iterator[str]:
        """Name the words with one of some tags, given in their standard spelling."""
        wanted = [index for index, name in enumerate(self.names) if name in tags]
        for split in self.counts:
            for batch, ids, _ in self.batches(split):
                for index in np.flatnonzero(np.isin(ids, wanted)).tolist():
                    yield f"{name_word(batch, index)}: {self.tags[ids[index]]}"

    def case_variants(self) -> list[str]:
        """Describe tags that differ only in case, invisible characters or Unicode form (NFC, NFD): one line per group.

        One of them usually is a typing error.
        """
        totals = self.totals
        groups: dict[str, list[str]] = {}
        for tag in dict.fromkeys(self.names):
            folded = unicodedata.normalize("NFC", _visible(tag).casefold())
            groups.setdefault(folded, []).append(tag)
        lines = []
        for group in groups.values():
            if len(group) == 1:
                continue
            places = {tag: f"({totals[tag]:,}, first at {next(self.words_with({tag}))})" for tag in group}
            if len(set(map(str.casefold, group))) == 1:
                tags = "; ".join(f"{tag} {place}" for tag, place in places.items())
                lines.append(f"column {self.name}: tags that differ only in case: {tags}")
            else:
                tags = "; ".join(f"{tag!a} {place}" for tag, place in places.items())
                lines.append(
                    f"column {self.name}: tags that differ only in case, invisible characters or Unicode form: {tags}"
                )
        return lines


def _visible(tag: str) -> str:
    """A tag without format characters, such as a zero-width space."""
    return "".join(character for character in tag if unicodedata.category(character) != "Cf")


@dataclass(frozen=True)
class Tags:
    """How the tags of one split become labels.

    Attributes:
        counts: how many words have each label, in IOB2 or plain; of several possible ones, the first counts.
        illegal: the number of tags that the scheme does not allow after the tag before them.
        conversion: None for plain tags.
    """

    column: TagColumn
    split: str
    scheme: schemes.Scheme
    counts: dict[str, int]
    illegal: int = 0
    conversion: Conversion | None = None

    def to_labels(self, tags: Ints, ends: Ints, labels: Labels) -> Ints:
        """Convert tags to label ids, int64 (words,), and repair those that the scheme does not allow.

        Args:
            tags: int64 (words,), the tag ids of all sentences.
            ends: int64 (sentences,), where each sentence ends among them.
        """
        ids = labels.ids
        if self.conversion is None:
            of_tags = [ids[name,] for name in self.column.names]
            return np.array([*of_tags, -1, ids.get(ANY, -1)], dtype=np.int64)[tags]
        return self.conversion.table(ids)[conversion.before(tags, ends, len(self.column.tags)), tags]

    def illegal_tags(self) -> Iterator[str]:
        """Name the tags that the scheme does not allow, with sentence, word, and the tag before or the end."""
        if self.conversion is None:
            return
        names, size = self.column.tags, len(self.column.tags)
        for batch, tags, ends in self.column.batches(self.split):
            left = conversion.before(tags, ends, size)
            for index in np.flatnonzero(self.conversion.illegal[left, tags]).tolist():
                word = f"{name_word(batch, index)}: {names[tags[index]]}"
                if left[index] == size:
                    yield f"{word} at the beginning"
                else:
                    yield f"{word} after {names[left[index]]}"
            lasts = ends[np.diff(ends, prepend=0) > 0] - 1
            for index in lasts[self.conversion.illegal[tags[lasts], size]].tolist():
                yield f"{name_word(batch, index)}: {names[tags[index]]} at the end"


def read_column(
    raw: RawData, name: str, scheme: str = "auto", outside: str | None = None, tests: Sequence[str] = ()
) -> TagColumn:
    """List and count the tags of a column over train and validation.

    Args:
        scheme: of `read_tags`; plain tags and types without prefixes keep their spelling.
        outside: the tag that stands for O, except among plain tags.

    Raises:
        UserError: no word has a tag, or the tag ``outside``.
    """
    splits = [*LEARNT, *tests]
    counters = {split: _count_tags(raw, split, name) for split in splits}
    has_unknown = any(_has_null(raw, split, name) for split in splits)
    tags = tuple(sorted(set().union(*counters.values())))
    counts = {}
    for split, counter in counters.items():
        counts[split] = np.array([counter[tag] for tag in tags], dtype=np.int64)
    if not tags:
        raise UserError(f"column {name}: the tags of all words are unknown; expected at least two different ones")
    if scheme == "tags" or outside is None:
        names = tags
    elif outside in tags:
        names = tuple(schemes.OUTSIDE if tag == outside else tag for tag in tags)
    else:
        raise UserError(
            f"column {name}: no word has the tag {outside} (tokenize_align.outside in params.yaml); expected one of "
            f"{shortened(', '.join(tags), QUOTED)}"
        )
    if scheme not in ("tags", "IO"):
        names = tuple(schemes.standard_names(names))
    return TagColumn(raw, name, tags, names, counts, has_unknown)


def _count_tags(raw: RawData, split: str, name: str) -> Counter[str]:
    counter: Counter[str] = Counter()
    for batch in raw.batches(split):
        for count in pc.value_counts(batch[name].values.drop_null()).to_pylist():
            counter[count["values"]] += count["counts"]
    return counter


def _has_null(raw: RawData, split: str, name: str) -> bool:
    return any(batch[name].values.null_count for batch in raw.batches(split))


def read_tags(column: TagColumn, scheme: Literal["auto", schemes.Scheme]) -> tuple[Labels, dict[str, Tags]]:
    """Recognise the scheme of a column in train and validation, and list its labels.

    Args:
        scheme: ``auto``, or the scheme of all splits.

    Raises:
        UserError: tags with and without a prefix are mixed, ``auto`` cannot decide, a split has a tag that is not in
            its scheme, all words have the same label, or the order of tags is not that of their endings.
    """
    kind, fixed = _kind(column, scheme)
    if kind == "spans":
        column = _of_spans(column)
        tags = {split: _read_spans(column, split, fixed) for split in LEARNT}
    else:
        tags = {split: _read_plain(column, split) for split in LEARNT}
    if kind == "spans" and fixed is None:
        _check_suffixes(column, sum(of_split.illegal for of_split in tags.values()))
    labels = label_lists.from_counts(column.name, kind, {split: of_split.counts for split, of_split in tags.items()})
    conversions = [of_split.conversion for of_split in tags.values()]
    sets = label_sets(labels, conversions, column.raw.annotated_types("train"), column.has_unknown)
    return replace(labels, sets=sets), tags


def read_test(
    split: str, column: TagColumn, train: Tags, labels: Labels, scheme: Literal["auto", schemes.Scheme]
) -> Tags:
    """Recognise the scheme of a test set, on which the labels of the task do not depend; see `with_tests`.

    Args:
        column: with its tags and those of train and validation.
        scheme: see `read_tags`.

    Raises:
        UserError: a tag is not in the scheme, or no entity is of a type of the task.
    """
    kind, fixed = _kind(train.column, scheme)
    if kind == "spans":
        column = _of_spans(column)
        tags = _read_spans(column, split, fixed)
    else:
        tags = _read_plain(column, split)
    types = compare_types(tags, labels)
    if not types["shared"] and (types["foreign"] or split.startswith(FURTHER)):
        foreign = ", ".join(types["foreign"]) or "no other"
        raise UserError(
            f"{column.raw.path}: {split} has no type of {column.name} ({', '.join(labels.types)}), but {foreign}; "
            f"expected at least one; rename types, or correct download.dataset.{split} in params.yaml"
        )
    return tags


def with_tests(labels: Labels, tests: Sequence[Tags]) -> Labels:
    """List the labels of the task, then those of test sets that it lacks, which no model gets right."""
    names = dict.fromkeys(labels.names)
    for tags in tests:
        used = sorted(label for label, count in tags.counts.items() if count)
        names |= dict.fromkeys(schemes.label_names(used) if labels.kind == "spans" else used)
    return replace(labels, names=tuple(names), sets=())


def compare_types(tags: Tags, labels: Labels) -> dict[str, list[str]]:
    """The types that a split shares with the task, those that the task lacks, and those that the split lacks."""
    used = tuple(label for label, count in tags.counts.items() if count)
    types = set(replace(labels, names=used).types)
    of_task = set(labels.types)
    return {
        "shared": sorted(types & of_task),
        "foreign": sorted(types - of_task),
        "lacking": sorted(of_task - types),
    }


def _of_spans(column: TagColumn) -> TagColumn:
    """The column with O for `o`, which could have been a plain tag."""
    return replace(column, names=tuple(schemes.OUTSIDE if name == "o" else name for name in column.names))


def _check_suffixes(column: TagColumn, illegal: int) -> None:
    """Refuse types such as Vitamin_B and Vitamin_I that look like prefixes, by the order of tags."""
    names = {}
    for tag, name in column.respelled.items():
        is_glued = tag == name.replace("-", "", 1)
        if is_glued or tag.startswith(schemes.split_tag(name)[1] or "-"):
            names[tag] = name
    inside = 0
    for name, count in column.totals.items():
        if schemes.split_tag(name)[0] in ("I", "E", "L"):
            inside += count
    if names and illegal > inside / 2:
        tag, name = next(iter(names.items()))
        raise UserError(
            f"column {column.name}: {tag} looks like {name}, but the order of the tags is not that of a scheme "
            f"({illegal:,} are illegal, {inside:,} are inside spans); if B and I belong to the types, set "
            "tokenize_align.scheme: IO or tags in params.yaml; if not, set the scheme of the tags, such as IOB2"
        )


def _kind(column: TagColumn, scheme: Literal["auto", schemes.Scheme]) -> tuple[Kind, schemes.Scheme | None]:
    """Whether the column marks spans, and its scheme if that does not depend on the split."""
    if scheme == "tags":
        return "tags", scheme
    if scheme != "auto":
        return "spans", scheme
    try:
        if schemes.is_spans(column.names):
            return "spans", None
    except UserError as error:
        raise _mixed_prefixes(column, error) from None
    if schemes.OUTSIDE in column.respelled.values():  # without prefixes only `outside` becomes O
        return "spans", "IO"
    if all(map(_NUMBER.fullmatch, column.tags)):
        raise UserError(
            f"column {column.name}: all tags are numbers ({shortened(', '.join(column.tags))}); expected the names "
            "of labels; replace the numbers, or set tokenize_align.scheme: tags in params.yaml if they are the labels"
        )
    try:
        are_types = conversion.are_span_types(column.totals)
    except UserError as error:
        raise UserError(f"column {column.name}: {error}") from None
    if are_types:
        return "spans", "IO"
    return "tags", "tags"


def _mixed_prefixes(column: TagColumn, error: UserError) -> UserError:
    plain = {name for name in column.names if not schemes.split_tag(name)[0]}
    prefixed = {*column.names} - plain - {schemes.OUTSIDE}
    first = f"{next(column.words_with(plain))}; {next(column.words_with(prefixed))}"
    if len(plain) > 1:
        return UserError(
            f"column {column.name}: {error}; the first of each: {first}; correct them, or set tokenize_align.scheme: "
            "tags in params.yaml if none of them marks spans"
        )
    (only,) = plain
    return UserError(
        f"column {column.name}: {error}; the first of each: {first}; correct them, or set tokenize_align.scheme: "
        f'tags in params.yaml if none of them marks spans, or outside: "{only}" if that stands for O, or '
        f'download.dataset.unknown_tag: "{only}" for words whose tag is not known'
    )


def _transitions(column: TagColumn, split: str) -> Ints:
    follow = np.zeros((len(column.tags) + 2, len(column.tags) + 2), dtype=np.int64)
    for _, tags, ends in column.batches(split):
        follow += conversion.transitions(tags, ends, len(column.tags))
    return follow


def _read_plain(column: TagColumn, split: str) -> Tags:
    counts = column.counts[split].tolist()
    return Tags(column, split, "tags", dict(zip(column.names, counts, strict=True)))


def _read_spans(column: TagColumn, split: str, scheme: schemes.Scheme | None) -> Tags:
    """Read a split of spans; without a scheme, in that of its files."""
    follow = _transitions(column, split)
    of_files = follow
    of_train = {"train", *column.raw.drawn}
    if split in of_train:
        of_files = np.sum([_transitions(column, name) for name in of_train.intersection(column.counts)], axis=0)
    try:
        detected = scheme or conversion.detect(column.names, of_files)
        converted = conversion.convert(column.names, follow, detected, column.raw.spans)
    except UserError as error:
        raise UserError(
            f"{split}, column {column.name}: {error} (tokenize_align.scheme in params.yaml is {scheme or 'auto'})"
        ) from None
    counts: dict[str, int] = {}
    for (left, tag), labels in converted.labels.items():
        if labels and tag < len(column.tags):
            counts[labels[0]] = counts.get(labels[0], 0) + int(follow[left, tag])
    return Tags(column, split, converted.scheme, counts, int(follow[converted.illegal].sum()), converted)
