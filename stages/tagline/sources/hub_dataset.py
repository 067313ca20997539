"""Data sets on the Hub: a split row by row as words and tags by name, checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, LargeList, List, Value, load_dataset
from datasets.config import HF_DATASETS_CACHE
from datasets.exceptions import DatasetsError
from huggingface_hub import snapshot_download

from tagline.artifacts.raw_data import WORDS
from tagline.core.errors import UserError
from tagline.sources.formats.lists import Keys, to_sentence
from tagline.sources.hub import Repository, find, hub_errors
from tagline.sources.hub_params import HubDataset

BATCH = 1000


class HubSource:
    """The data set that ``download.dataset`` names, found at its commit and fetched.

    Raises:
        UserError: see `hub.find` and `load`.
    """

    def __init__(self, params: HubDataset) -> None:
        self.params = params
        self.repository = find("dataset", params.name, params.revision)
        self.rows = load(self.repository, params)
        self.empty = dict.fromkeys(self.rows, 0)

    def splits(self) -> dict[str, Iterator[dict[str, list[str]]]]:
        """The rows of each split, checked as they are asked for; those without a word are left out and counted."""
        return {split: self._rows(split) for split in self.rows}

    def provenance(self) -> dict[str, Any]:
        """The repository at its commit, and what was taken of it."""
        params = self.params
        return {
            "source": params.source,
            "name": params.name,
            "config": params.config,
            "commit": self.repository.commit,
            "splits": params.splits.model_dump(),
        }

    def report(self) -> str:
        """What a user should know of the rows, once all are read."""
        left_out = [f"{split}: {count:,} rows without a word left out" for split, count in self.empty.items() if count]
        return "\n".join([f"data set: {self.repository}", *left_out])

    def _rows(self, split: str) -> Iterator[dict[str, list[str]]]:
        self.empty[split] = len(self.rows[split])
        for row in sentences(self.rows[split], split, self.params):
            self.empty[split] -= 1
            yield row


def load(repository: Repository, params: HubDataset) -> dict[str, Dataset]:
    """Load the three splits with the columns that params name.

    Raises:
        UserError: the data is a script, files of no known format, or has no such config, split or column.
    """
    script = repository.name.rpartition("/")[2] + ".py"
    if script in repository.files:
        raise UserError(
            f"{repository} is a script ({script}), and code from the Hub is never run: many such data sets have their "
            "rows as Parquet files at download.dataset.revision: refs/convert/parquet"
        )
    try:
        with hub_errors(repository.kind, repository.name, repository.commit):
            loaded = _load(repository, params.config)
    except (DatasetsError, ValueError, FileNotFoundError) as error:
        line = str(error).strip().split("\n")[0]
        raise UserError(f"{repository}: {line}; see download.dataset.config in params.yaml") from None
    return pick(loaded, params)


def _load(repository: Repository, config: str | None) -> DatasetDict:
    """Load a config by its name or, as in refs/convert/parquet, where nothing else names it, by its folder."""
    # One for each commit: where the Hub fails, `datasets` takes the latest data set of that name from its cache.
    cache = str(Path(HF_DATASETS_CACHE) / "commits" / repository.commit)
    try:
        # hf:// because a folder of the same name in the working directory would win otherwise.
        path = f"hf://datasets/{repository.name}"
        return load_dataset(path, config, revision=repository.commit, cache_dir=cache)
    except (ValueError, ConnectionError):  # no such name; with HF_HUB_OFFLINE the name is not in the cache
        folders = {path.partition("/")[0] for path in repository.files if "/" in path}
        if config is None or (repository.files and config not in folders):
            raise
    snapshot = snapshot_download(
        repository.name, repo_type="dataset", revision=repository.commit, allow_patterns=f"{config}/*"
    )
    return load_dataset(snapshot, data_dir=config, cache_dir=cache)


def pick(loaded: DatasetDict, params: HubDataset) -> dict[str, Dataset]:
    """The splits and columns that params name, by our names of the splits.

    Raises:
        UserError: one is missing, or a column holds something else than lists of words or tags.
    """
    return {split: _pick(loaded, name, split, params) for split, name in params.splits.model_dump().items()}


def sentences(rows: Dataset, split: str, params: HubDataset) -> Iterator[dict[str, list[str]]]:
    """Yield the sentences of a split: ``words`` and every layer, as lists of strings of one length.

    A row without words and tags is left out: there is nothing in it to label.

    Raises:
        UserError: names the split and the row (counted from 0) where something is missing or out of range.
    """
    keys = Keys(params.words, params.layers, _names(rows, params))
    of_split = f"{params.name}: split {params.splits.model_dump()[split]}"
    for start in range(0, len(rows), BATCH):
        columns = rows[start : start + BATCH]
        for number, cells in enumerate(zip(*columns.values(), strict=True), start=start):
            if any(cells):
                sentence = to_sentence(dict(zip(columns, cells, strict=True)), keys, f"{of_split}, row {number}")
                yield {WORDS: sentence.words, **sentence.layers}


def _pick(loaded: DatasetDict, name: str, split: str, params: HubDataset) -> Dataset:
    if name not in loaded:
        raise UserError(
            f"{params.name} has no split {name} (download.dataset.splits.{split}): it has {', '.join(loaded)}"
        )
    rows = loaded[name]
    for key, column in {"words": params.words, **{f"layers.{k}": v for k, v in params.layers.items()}}.items():
        if column not in rows.column_names:
            raise UserError(
                f"{params.name} has no column {column} (download.dataset.{key}): it has {', '.join(rows.column_names)}"
            )
    _check_types(rows, params)
    return rows.select_columns(sorted({params.words, *params.layers.values()}))


def _check_types(rows: Dataset, params: HubDataset) -> None:
    words = _inner(rows, params.words)
    if not _is_text(words):
        raise UserError(f"{params.name}: column {params.words} holds {words}, expected lists of words")
    for layer, column in params.layers.items():
        inner = _inner(rows, column)
        number = isinstance(inner, Value) and inner.dtype.lstrip("u").startswith("int")
        if number and layer not in params.names:
            raise UserError(
                f"{params.name}: column {column} holds numbers without names: list the tags that 0, 1, ... stand for "
                f"under download.dataset.names.{layer}"
            )
        if not number and layer in params.names:
            raise UserError(
                f"{params.name}: column {column} has names already: leave {layer} out of download.dataset.names"
            )
        if not (number or _is_text(inner) or isinstance(inner, ClassLabel)):
            raise UserError(f"{params.name}: column {column} holds {inner}, expected lists of tags, one a word")


def _inner(rows: Dataset, column: str) -> Any:
    """What the lists of a column hold; the column's own type where it holds no lists."""
    feature = rows.features[column]
    return feature.feature if isinstance(feature, List | LargeList) else f"no lists ({feature})"


def _is_text(feature: Any) -> bool:
    return isinstance(feature, Value) and feature.dtype in ("string", "large_string", "string_view")


def _names(rows: Dataset, params: HubDataset) -> dict[str, Sequence[str]]:
    """The names that numbers stand for, of the layers whose columns hold numbers."""
    inner = {layer: _inner(rows, column) for layer, column in params.layers.items()}
    return {**params.names, **{layer: kind.names for layer, kind in inner.items() if isinstance(kind, ClassLabel)}}
