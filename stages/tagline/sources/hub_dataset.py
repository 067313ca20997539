"""Data sets on the Hub: checked rows of words and tags."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, load_dataset_builder
from datasets.config import HF_DATASETS_CACHE
from datasets.exceptions import DatasetGenerationError
from huggingface_hub import snapshot_download

from tagline.core import OF_SENTENCES, Findings, reading
from tagline.core.findings import lines_by_split
from tagline.sources.download_params import HubDataset
from tagline.sources.files import consecutive
from tagline.sources.formats.base import leads_out
from tagline.sources.formats.lists import columns_of, label_names, rows_of, to_sentence
from tagline.sources.hub import Repository, find, hub_errors
from tagline.terminal import UserError, shortened
from tagline.text.sentence import Sentence


class HubSource:
    """A data set on the Hub, resolved to a commit and fetched.

    Args:
        counted: kinds of notes beside those of the schema, and their meaning.

    Raises:
        UserError: see `hub.find` and `load`.
    """

    def __init__(self, params: HubDataset, counted: Mapping[str, str] = OF_SENTENCES) -> None:
        self.params = params
        self.repository = find("dataset", params.name, params.revision)
        self.rows = load(self.repository, params)
        self.counted = counted
        self.findings: dict[str, Findings] = {}

    def sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Read the sentences, each with its split; rows without words are skipped and counted."""
        self.findings = {split: Findings({**self.params.meanings, **self.counted}) for split in self.rows}
        for split, rows in self.rows.items():
            for sentence in consecutive(sentences(rows, split, self.params)):
                self.findings[split].add_notes(sentence.notes)
                if sentence.words:
                    self.findings[split].add_sentence(sentence.words, sentence.location, sentence.tags)
                    yield split, sentence

    def provenance(self) -> dict[str, Any]:
        """The repository, its commit, what was read, and what was left out."""
        params = self.params
        return {
            **params.model_dump(include={"source", "name", "config"}),
            "commit": self.repository.commit,
            "splits": params.patterns,
            "findings": {split: findings.counts for split, findings in self.findings.items()},
        }

    def report(self) -> str:
        """What to print once all rows are read."""
        lines = [f"data set: {self.repository}"]
        for split, rows in self.rows.items():
            skipped = len(rows) - self.findings[split].sentences
            if skipped:
                lines.append(f"{split}: {skipped:,} rows without words skipped")
        return "\n".join([*lines, *lines_by_split(self.findings)])


def load(repository: Repository, params: HubDataset) -> dict[str, Dataset]:
    """Load the splits that params name.

    Raises:
        UserError: the data set is a script or has files of an unknown format, or lacks the config or a split.
    """
    script = repository.name.rpartition("/")[2] + ".py"
    if script in repository.files:
        raise UserError(
            f"{repository}: a script ({script}), and code from the Hub is never run; many such data sets have their "
            "rows as Parquet files; set download.dataset.revision to refs/convert/parquet"
        )
    with (
        reading(
            str(repository),
            problem="datasets can't load it",
            remedy="check download.dataset in params.yaml and HF_ENDPOINT",
        ),
        hub_errors(repository),
    ):
        loaded = _load(repository, params.config)
    return pick(loaded, params)


def _load(repository: Repository, config: str | None) -> DatasetDict:
    """Load a config by its name or, without one (refs/convert/parquet), by its folder."""
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
    """Select the splits that params name, under our names.

    Raises:
        UserError: one is missing.
    """
    picked = {}
    for split, name in params.patterns.items():
        if name not in loaded:
            raise UserError(
                f"{params.name}: no split {name} (splits: {', '.join(loaded)}); see download.dataset.splits.{split}"
            )
        picked[split] = loaded[name]
    return picked


def sentences(rows: Dataset, split: str, params: HubDataset) -> Iterator[Sentence]:
    """Yield the sentences of a split, but not rows without words and tags.

    Raises:
        UserError: a column is missing, or a row is malformed; the message begins with the split and the row, from 0.
    """
    names = label_names(rows.features, params.tag_columns, params.names)
    location = f"{params.name}: split {params.patterns[split]}"
    columns = columns_of(params, rows.column_names, location)
    for number, row in enumerate(rows_of(rows, columns)):
        if any(cell for column, cell in row.items() if column != params.document):
            yield to_sentence(row, params, params.rules, names, f"{location}, row {number}")
