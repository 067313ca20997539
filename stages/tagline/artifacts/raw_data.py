"""The folder data/raw: the words and tags of each sentence as the source has them.

provenance.json             where the data set comes from, with commits or hashes, and what of it was left out
hashes.json                 the SHA-256 of each file
SPLIT/00000.arrow, ...      id (string), document (its number in the split, from 0), words (list of strings), each tag
                            column (list of strings, one per word; null: unknown) and, if there are such sentences,
                            annotated_types (list of strings): the types of entities that alone are annotated in the
                            sentence; null: all

Each further test set has a folder such as tests.social, with the same columns.
If the metadata of the schema have `SPANS`, tags come from spans, whose ends are known also before an unknown tag.
The sentences of a document are consecutive; a sentence of no known document is one by itself. Each Arrow file is an IPC
stream of at most about 128 MiB.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tagline.core import DOCUMENT, FURTHER, LEARNT, PROVENANCE, SPLITS, read_json, shards
from tagline.terminal import QUOTED, UserError, printable, shortened

ID = "id"
WORDS = "words"
ANNOTATED = "annotated_types"
SPANS = b"spans"
# Begins the ids of the second and each further reading of a source that is repeated, as in 1#2/train-5.
COPY = re.compile(r"\d+#\d+/")

SentenceRow = Mapping[str, str | Sequence[str | None]]
Splits = Mapping[str, Iterable[SentenceRow]]

# Words per record batch: few enough to be held as Python strings, enough to make Arrow's overhead negligible.
BATCH_WORDS = 100_000


def origins(provenance: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The data sets on the Hub and the paths of the files of train, by provenance.json."""
    on_hub: list[str] = []
    files: list[str] = []
    for source in provenance.get("sources", [provenance]):
        if source["source"] == "hub":
            on_hub.append(source["name"])
        else:
            files += [file["path"] for file in source["files"].get("train", ())]
    return on_hub, files


def with_further(names: Iterable[str]) -> list[str]:
    """List the splits, then the further test sets."""
    return list(dict.fromkeys([*SPLITS, *names]))


def write(
    path: Path, splits: Splits, tag_columns: Sequence[str], annotated: bool = False, spans: bool = False
) -> dict[str, int]:
    """Write splits one after the other; see `write_rows`."""
    rows = ((split, row) for split, of_split in splits.items() for row in of_split)
    return write_rows(path, rows, splits, tag_columns, annotated, spans)


def write_rows(
    path: Path,
    rows: Iterable[tuple[str, SentenceRow]],
    splits: Iterable[str],
    tag_columns: Sequence[str],
    annotated: bool = False,
    spans: bool = False,
) -> dict[str, int]:
    """Write sentences while they are read, with one batch of each split in memory.

    Args:
        rows: sentences with their splits, in any order; each a mapping from ``words`` and every tag column to lists of
            strings of one length, and optionally from ``id`` and ``document`` to a string. The default id is
            ``SPLIT-N``, from 0; rows with another document than the row before, or with none, begin a document.
        annotated: whether rows may have ``annotated_types``.

    Returns:
        The number of sentences of each split.

    Raises:
        UserError: a split has no sentences.
    """
    strings = pa.list_(pa.string())
    fields = [(ID, pa.string()), (DOCUMENT, pa.int64()), (WORDS, strings)]
    fields += [(name, strings) for name in tag_columns]
    if annotated:
        fields.append((ANNOTATED, strings))
    schema = pa.schema(fields, metadata={SPANS: b"true"} if spans else None)
    with ExitStack() as stack:
        writers = {split: _SplitWriter(path, split, schema, stack) for split in splits}
        for split, row in rows:
            writers[split].add(row)
        return {split: writer.close() for split, writer in writers.items()}


class _SplitWriter:
    def __init__(self, path: Path, split: str, schema: pa.Schema, stack: ExitStack) -> None:
        self.split = split
        self.schema = schema
        self.writer = stack.enter_context(shards.ShardWriter(path / split, schema))
        self.rows: list[SentenceRow] = []
        self.words = 0
        self.document: Any = None  # of the row before
        self.number = -1  # of the document

    def add(self, row: SentenceRow) -> None:
        self.rows.append(row)
        self.words += max(1, len(row[WORDS]))
        if self.words >= BATCH_WORDS:
            self._write()

    def close(self) -> int:
        """Write the last rows; return the number of all."""
        if self.rows:
            self._write()
        if not self.writer.rows:
            raise UserError(f"split {self.split}: no sentences; expected at least one")
        return self.writer.rows

    def _write(self) -> None:
        strings = pa.list_(pa.string())
        ids = [row.get(ID, f"{self.split}-{index}") for index, row in enumerate(self.rows, self.writer.rows)]
        documents = []
        for row in self.rows:
            document = row.get(DOCUMENT)
            self.number += document is None or document != self.document
            self.document = document
            documents.append(self.number)
        columns = {ID: pa.array(ids, pa.string()), DOCUMENT: pa.array(documents, pa.int64())}
        for name in (WORDS, *_tag_columns(self.schema)):
            columns[name] = pa.array([row[name] for row in self.rows], strings)
        columns[ANNOTATED] = pa.array([row.get(ANNOTATED) for row in self.rows], strings)
        self.writer.write(columns)
        self.rows = []
        self.words = 0


def _tag_columns(schema: pa.Schema) -> tuple[str, ...]:
    return tuple(name for name in schema.names if name not in (ID, DOCUMENT, WORDS, ANNOTATED))


@dataclass(frozen=True)
class RawData:
    """data/raw, which is read batch by batch.

    Attributes:
        tag_columns: in order.
        sentences: the number of sentences of each split, and of each further test set.
        annotated: whether there is a column ``annotated_types``.
        drawn: the splits that were drawn from the files of train.
        spans: whether tags come from spans.
        findings: what the stage download found in each split, and its count; of several sources, by their numbers.
        task: see `of_task`; empty: all sentences of all splits are read.
        types: of the task, which sentences of validation and test must be annotated for.
    """

    path: Path
    tag_columns: tuple[str, ...]
    sentences: dict[str, int]
    annotated: bool = False
    drawn: tuple[str, ...] = ()
    spans: bool = False
    findings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    task: str = ""
    types: tuple[str, ...] = ()

    def of_task(self, task: str, types: Iterable[str] = ()) -> Self:
        """The sentences that a task is learnt from and scored on.

        What decides is annotated in full: splits other than train lose their sentences with a word of unknown tag,
        validation and test also those that are not annotated for all types. A further test set may be annotated for
        some types, on which alone it is scored. Stages that read data/raw beside data/tokenized must do so, too, to
        have the same sentences.

        Args:
            types: the entity types of the task; none: not known yet.

        Raises:
            UserError: a split has no sentence left.
        """
        data = replace(self, task=task, types=tuple(types))
        sentences = {split: sum(batch.num_rows for batch in data.batches(split)) for split in self.sentences}
        for split, number in sentences.items():
            if not number:
                raise UserError(
                    f"{self.path}: no sentence of {split} is annotated in full in the column {task}: each has a word "
                    "of unknown tag, or is annotated for some types only; expected sentences that are, since only "
                    f"these are scored; annotate some, or choose another file (download.dataset.{split} in "
                    "params.yaml); for scores of some types alone, name the file in download.dataset.tests"
                )
        return replace(data, sentences=sentences)

    def batches(self, split: str) -> Iterator[pa.RecordBatch]:
        for batch in shards.read_batches(self.path / split):
            incomplete = self._incomplete(split, batch)
            if incomplete.any():
                yield batch.filter(pa.array(~incomplete))
            else:
                yield batch

    def left_out(self, split: str) -> Iterator[str]:
        """Yield the ids of the sentences that `of_task` leaves out."""
        for batch in shards.read_batches(self.path / split):
            yield from batch[ID].filter(pa.array(self._incomplete(split, batch))).to_pylist()

    def _incomplete(self, split: str, batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
        """Whether each sentence is left out, bool (sentences,)."""
        incomplete = np.zeros(batch.num_rows, bool)
        if not self.task or split == SPLITS[0]:
            return incomplete
        if self.annotated and self.types and not split.startswith(FURTHER):
            of_sentences = batch[ANNOTATED].to_pylist()
            incomplete |= [types is not None and not {*self.types} <= {*types} for types in of_sentences]
        tags = batch[self.task]
        # The number of unknown tags before each word, whose differences are those of sentences.
        before = np.cumsum(np.append(0, tags.values.is_null().to_numpy(zero_copy_only=False)))
        return incomplete | (np.diff(before[tags.offsets.to_numpy()]) > 0)

    def documents(self, split: str) -> npt.NDArray[np.int64]:
        """The document of each sentence of a split, int64 (sentences,), ascending from 0."""
        numbers = np.concatenate([batch[DOCUMENT].to_numpy() for batch in self.batches(split)])
        return np.cumsum(np.diff(numbers, prepend=numbers[0]) > 0)

    def has_documents(self) -> bool:
        """Whether a document of train has several sentences."""
        return bool(self.documents("train")[-1] + 1 < self.sentences["train"])

    def ids(self, split: str) -> Iterator[str]:
        for batch in self.batches(split):
            yield from batch[ID].to_pylist()

    @property
    def tests(self) -> list[str]:
        """Test, if there is one, and the further test sets by name."""
        return [split for split in self.sentences if split not in LEARNT]

    def annotated_types(self, split: str) -> set[tuple[str, ...]]:
        """The different values of ``annotated_types`` that are not null."""
        if not self.annotated:
            return set()
        different: set[tuple[str, ...]] = set()
        for batch in self.batches(split):
            different.update(tuple(types) for types in batch[ANNOTATED].to_pylist() if types is not None)
        return different

    def chunks(self, split: str, words: int) -> Iterator[pa.RecordBatch]:
        """Yield a split in larger batches, of about so many words each."""
        for batches in shards.grouped(self.batches(split), lambda batch: len(batch[WORDS].values), words):
            yield pa.concat_batches(batches)

    def sample(self, split: str, size: int) -> list[list[str]]:
        """The words of at most so many sentences, evenly spread."""
        step = self.sentences[split] // size + 1
        sampled: list[list[str]] = []
        first = 0  # index of the batch's first sentence
        for batch in self.batches(split):
            for row in range(-first % step, batch.num_rows, step):
                sampled.append(batch[WORDS][row].as_py())
            first += batch.num_rows
        return sampled


def load(path: Path) -> RawData:
    """Open data/raw, whose hashes the caller has verified."""
    with pa.memory_map(str(shards.shard_files(path / SPLITS[0])[0])) as source:
        schema = pa.ipc.open_stream(source).schema
    splits = [split for split in SPLITS if (path / split).is_dir()]
    further = sorted(folder.name for folder in path.glob(f"{FURTHER}*"))
    origin = read_json(path / PROVENANCE, "download") if (path / PROVENANCE).is_file() else {}
    return RawData(
        path,
        _tag_columns(schema),
        sentences={split: _count_rows(path / split) for split in (*splits, *further)},
        annotated=ANNOTATED in schema.names,
        drawn=tuple(split for split in splits if split in origin.get("drawn_from_train", ())),
        spans=SPANS in (schema.metadata or {}),
        findings=origin.get("findings", {}),
    )


def _count_rows(folder: Path) -> int:
    return sum(batch.num_rows for batch in shards.read_batches(folder))


def name_word(batch: pa.RecordBatch, index: int) -> str:
    """Name a word, by its index among those of a batch: its sentence, its index there, the word itself.

    Word 3 of sentences of 2 and 4 words is word 1 of the second: ``train-1, word 1 (lives)``.
    """
    offsets = batch[WORDS].offsets.to_numpy()
    row = int(np.searchsorted(offsets, index, side="right")) - 1
    word = batch[WORDS].values[index].as_py()
    return f"{batch[ID][row]}, word {index - offsets[row]} ({shortened(printable(word), QUOTED)})"
