"""Data sets on the Hub: checked rows of words and tags by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, LargeList, List, Value, load_dataset_builder
from datasets.config import HF_DATASETS_CACHE
from datasets.exceptions import DatasetGenerationError
from huggingface_hub import snapshot_download

from tagline.core.errors import UserError
from tagline.core.findings import Findings, lines_by_split
from tagline.core.reading import reading
from tagline.core.terminal import shortened
from tagline.sources.document_order import consecutive
from tagline.sources.download_params import HubDataset
from tagline.sources.formats.base import leads_out
from tagline.sources.formats.lists import Keys, to_sentence
from tagline.sources.hub import Repository, find, hub_errors
from tagline.text.sentence import Sentence

BATCH_ROWS = 1000


class HubSource:
    """The data set on the Hub that ``download.dataset`` names, resolved to a commit and fetched.

    Raises:
        UserError: see `hub.find` and `load`.
    """

    def __init__(self, params: HubDataset) -> None:
        self.params = params
        self.repository = find("dataset", params.name, params.revision)
        self.rows = load(self.repository, params)
        self.empty = dict.fromkeys(self.rows, 0)
        self.findings = {split: Findings(params.meanings) for split in self.rows}

    def splits(self) -> dict[str, Iterator[Sentence]]:
        """The sentences of each split, checked as they are iterated; rows without words are skipped and counted."""
        return {split: self._sentences(split) for split in self.rows}

    def provenance(self) -> dict[str, Any]:
        """The repository, its commit, what was read from it, and what was left out."""
        params = self.params
        findings = {split: each.counts for split, each in self.findings.items()}
        return {
            "source": params.source,
            "name": params.name,
            "config": params.config,
            "commit": self.repository.commit,
            "splits": params.splits.model_dump(),
            **({"findings": findings} if params.meanings else {}),
        }

    def report(self) -> str:
        """What to print once all rows are read."""
        skipped = [f"{split}: {count:,} rows without words skipped" for split, count in self.empty.items() if count]
        return "\n".join([f"data set: {self.repository}", *skipped, *lines_by_split(self.findings)])

    def _sentences(self, split: str) -> Iterator[Sentence]:
        self.empty[split] = len(self.rows[split])
        for sentence in consecutive(sentences(self.rows[split], split, self.params)):
            self.findings[split].add_notes(sentence.notes)
            if sentence.words:
                self.empty[split] -= 1
                yield sentence


def load(repository: Repository, params: HubDataset) -> dict[str, Dataset]:
    """Load the three splits with the columns that params name.

    Raises:
        UserError: the data set is a script or has files of an unknown format; it has no such config, split or column.
    """
    script = repository.name.rpartition("/")[2] + ".py"
    if script in repository.files:
        raise UserError(
            f"{repository}: a script ({script}), and code from the Hub is never run; many such data sets have their "
            "rows as Parquet files; set download.dataset.revision to refs/convert/parquet"
        )
    remedy = "check download.dataset in params.yaml and HF_ENDPOINT"
    with (
        reading(str(repository), problem="datasets can't load it", remedy=remedy),
        hub_errors(repository.kind, repository.name, repository.commit),
    ):
        loaded = _load(repository, params.config)
    return pick(loaded, params)


def _load(repository: Repository, config: str | None) -> DatasetDict:
    """Load a config by its name or, if it has none (refs/convert/parquet), by its folder."""
    # A cache per commit: if the Hub fails, `datasets` would otherwise take another commit from its cache.
    cache = str(Path(HF_DATASETS_CACHE) / "commits" / repository.commit)
    try:
        # hf:// because `datasets` would otherwise prefer a folder of that name in the working directory.
        path = f"hf://datasets/{repository.name}"
        builder = load_dataset_builder(path, config, revision=repository.commit, cache_dir=cache)
    except (ValueError, ConnectionError):  # no such name; with HF_HUB_OFFLINE: not in the cache
        folders = {path.partition("/")[0] for path in repository.files if "/" in path}
        if config is None or (repository.files and config not in folders):
            raise
        snapshot = snapshot_download(
            repository.name, repo_type="dataset", revision=repository.commit, allow_patterns=f"{config}/*"
        )
        builder = load_dataset_builder(snapshot, data_dir=config, cache_dir=cache)
    if leads_out(Path(builder.cache_dir), Path(cache)):
        raise UserError(
            f"{repository}: its README.md has the version {shortened(repr(str(builder.config.version)))}; expected one "
            "such as 1.0.0; choose another data set, this one is damaged or malicious"
        )
    try:
        builder.download_and_prepare()
    except DatasetGenerationError as error:  # its message says nothing
        raise error.__cause__ or error from None
    return builder.as_dataset()


def pick(loaded: DatasetDict, params: HubDataset) -> dict[str, Dataset]:
    """Select the splits and columns that params name; the splits get our names.

    Raises:
        UserError: one is missing, or a column does not contain lists of words or tags.
    """
    return {split: _pick(loaded, name, split, params) for split, name in params.splits.model_dump().items()}


def sentences(rows: Dataset, split: str, params: HubDataset) -> Iterator[Sentence]:
    """Yield the sentences of a split.

    A row without words and tags is skipped, since it has nothing to label.

    Raises:
        UserError: a row is malformed; the message begins with the split and the row, counted from 0.
    """
    keys = Keys(params.words, params.tag_columns, _names(rows, params), document=params.document, rules=params.rules)
    of_split = f"{params.name}: split {params.splits.model_dump()[split]}"
    for start in range(0, len(rows), BATCH_ROWS):
        columns = rows[start : start + BATCH_ROWS]
        for number, cells in enumerate(zip(*columns.values(), strict=True), start=start):
            row = dict(zip(columns, cells, strict=True))
            if any(row[column] for column in (params.words, *params.tag_columns.values())):
                yield to_sentence(row, keys, f"{of_split}, row {number}")


def _pick(loaded: DatasetDict, name: str, split: str, params: HubDataset) -> Dataset:
    if name not in loaded:
        raise UserError(
            f"{params.name}: no split {name} (splits: {', '.join(loaded)}); see download.dataset.splits.{split}"
        )
    rows = loaded[name]
    tag_columns = {f"tag_columns.{name}": column for name, column in params.tag_columns.items()}
    document = {"document": params.document} if params.document else {}
    for key, column in {"words": params.words, **tag_columns, **document}.items():
        if column not in rows.column_names:
            raise UserError(
                f"{params.name}: no column {column} (columns: {', '.join(rows.column_names)}); see "
                f"download.dataset.{key}"
            )
    _check_types(rows, params)
    return rows.select_columns(sorted({params.words, *params.tag_columns.values(), *document.values()}))


def _check_types(rows: Dataset, params: HubDataset) -> None:
    words = _inner(rows, params.words)
    if not _is_text(words):
        raise UserError(f"{params.name}: column {params.words} contains {words}; expected lists of words")
    for name, column in params.tag_columns.items():
        inner = _inner(rows, column)
        number = isinstance(inner, Value) and inner.dtype.lstrip("u").startswith("int")
        if number and name not in params.names:
            raise UserError(
                f"{params.name}: column {column} contains numbers without names; list the label names of 0, 1, ... "
                f"under download.dataset.names.{name}"
            )
        if not number and name in params.names:
            raise UserError(
                f"{params.name}: column {column} already has label names; remove {name} from download.dataset.names"
            )
        if not (number or _is_text(inner) or isinstance(inner, ClassLabel)):
            raise UserError(f"{params.name}: column {column} contains {inner}; expected lists of tags, one per word")


def _inner(rows: Dataset, column: str) -> Any:
    """The type of the items of a list column, or a description of the type of another column."""
    feature = rows.features[column]
    return feature.feature if isinstance(feature, List | LargeList) else f"no lists ({feature})"


def _is_text(feature: Any) -> bool:
    return isinstance(feature, Value) and feature.dtype in ("string", "large_string", "string_view")


def _names(rows: Dataset, params: HubDataset) -> dict[str, Sequence[str]]:
    """The label names of numbers, by tag column."""
    inner = {name: _inner(rows, column) for name, column in params.tag_columns.items()}
    return {**params.names, **{name: items.names for name, items in inner.items() if isinstance(items, ClassLabel)}}
