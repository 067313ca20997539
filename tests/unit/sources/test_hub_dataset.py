"""Rows of a data set on the Hub: every kind of tag column, and malformed rows."""

from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Sequence, Value, load_dataset_builder
from helpers.messages import message_of, refused

from tagline.sources import hub_dataset
from tagline.sources.download_params import HubDataset
from tagline.sources.formats import lists
from tagline.sources.hub import Repository
from tagline.sources.readers import to_row

NAMES = ["O", "B-PER", "I-PER"]
ROWS = {"tokens": [["Ada", "Lind", "runs"], [], ["Bo"]], "tags": [[1, 2, 0], [], [1]]}
AT = "ada/people at " + "c" * 40


def params(**values: Any):
    repository = {"source": "hub", "name": "ada/people", "config": None, "revision": "main", "names": {}}
    splits = {"train": "train", "validation": "dev", "test": "test"}
    return HubDataset(**{**repository, "splits": splits, "words": "tokens", "tag_columns": {"ner": "tags"}, **values})


def rows(tags: Any, list_type: type = List):
    features = {"tokens": list_type(Value("string")), "tags": list_type(tags), "more": Value("int64")}
    return Dataset.from_dict({**ROWS, "more": [7] * 3}, features=Features(features))


def read(split: Dataset, **values: Any):
    picked = hub_dataset.pick(DatasetDict(dict.fromkeys(("train", "dev", "test"), split)), params(**values))
    assert list(picked) == ["train", "validation", "test"]
    return list(hub_dataset.sentences(picked["validation"], "validation", params(**values)))


TAG_COLUMNS = [
    (rows(ClassLabel(names=NAMES)), {}),
    (rows(Value("uint8")), {"names": {"ner": NAMES}}),
    (rows(ClassLabel(names=NAMES), list_type=Sequence), {}),  # the older name of lists
]


@pytest.mark.parametrize(("split", "keys"), TAG_COLUMNS)
def test_every_kind_of_tag_column_gives_names(split, keys, monkeypatch):
    monkeypatch.setattr(lists, "BATCH_ROWS", 2)
    assert [to_row(found) for found in read(split, document="more", **keys)] == [
        {"document": "7", "words": ["Ada", "Lind", "runs"], "ner": ["B-PER", "I-PER", "O"]},
        {"document": "7", "words": ["Bo"], "ner": ["B-PER"]},
    ]


SPLITS = {"train": "train", "validation": "validation", "test": "test"}


test_malformed_row_column_or_split_is_named = refused(
    lambda _, values: read(rows(ClassLabel(names=NAMES)), **values),
    ({"words": "words"}, "split dev: no column 'words' (columns: tokens, tags, more)"),
    ({"splits": SPLITS}, "no split validation (splits: train, dev, test); see download.dataset.splits.val"),
    (
        {"tag_columns": {"ner": "more"}},
        "split dev, row 0: 'more' must be a list of label names or of label numbers; got 7",
    ),
    at="ada/people: ",
)


def test_script_is_refused_with_where_its_rows_may_be():
    repository = Repository("dataset", "ada/people", "c" * 40, frozenset({"people.py", "README.md"}))
    assert message_of(hub_dataset.load, repository, params()) == (
        f"{AT}: a script (people.py), and code from the Hub is never run; many such data sets have their rows as "
        "Parquet files; set download.dataset.revision to refs/convert/parquet"
    )


VERSION = "---\nconfigs: [{config_name: a, version: /v, data_files: train.jsonl}]\n---"


DAMAGED = [
    ({"README.md": "---\nconfigs: [\n---"}, "datasets can't load it (while parsing a flow node"),
    ({"train.jsonl": "{"}, "datasets can't load it (JSON parse error"),
    ({"README.md": VERSION}, "its README.md has the version '/v'; expected one such as 1.0.0"),
]


@pytest.mark.parametrize(("files", "message"), DAMAGED)
def test_damaged_or_hostile_repository_is_refused(files, message, tmp_path, monkeypatch):
    for name, content in {"train.jsonl": '{"tokens": ["Ada"]}', **files}.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(hub_dataset, "HF_DATASETS_CACHE", tmp_path / "cache")

    def local(*_: object, cache_dir: Path, **__: object):
        return load_dataset_builder(str(tmp_path), cache_dir=cache_dir)

    monkeypatch.setattr(hub_dataset, "load_dataset_builder", local)
    repository = Repository("dataset", "ada/people", "c" * 40, frozenset(files))
    assert message_of(hub_dataset.load, repository, params()).startswith(f"{AT}: {message}")
