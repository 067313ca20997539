"""Rows of a data set on the Hub: every kind of tag column, and malformed rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Sequence, Value, load_dataset_builder
from pydantic import ValidationError

from tagline.core.errors import UserError
from tagline.sources import hub_dataset
from tagline.sources.download import to_row
from tagline.sources.download_params import HubDataset
from tagline.sources.hub import Repository

NAMES = ["O", "B-PER", "I-PER"]
SKIP = "; to skip such words set download.dataset.empty_words: skip in params.yaml"
ROWS = {"tokens": [["Ada", "Lind", "runs"], [], ["Bo"]], "tags": [[1, 2, 0], [], [1]]}


def params(**values: Any) -> HubDataset:
    defaults = {
        "source": "hub",
        "name": "ada/people",
        "config": None,
        "revision": "main",
        "splits": {"train": "train", "validation": "dev", "test": "test"},
        "words": "tokens",
        "tag_columns": {"ner": "tags"},
        "names": {},
    }
    return HubDataset(**{**defaults, **values})


def rows(tags: Any, columns: dict[str, list] = ROWS, tokens: str = "string") -> Dataset:
    features = {"tokens": List(Value(tokens)), "tags": List(tags), "more": Value("int64")}
    return Dataset.from_dict({**columns, "more": [0] * len(columns["tags"])}, features=Features(features))


def in_splits(split: Dataset) -> DatasetDict:
    return DatasetDict({"train": split, "dev": split, "test": split})


def fault(split: Dataset, **values: Any) -> str:
    with pytest.raises(UserError) as raised:
        picked = hub_dataset.pick(in_splits(split), params(**values))
        list(hub_dataset.sentences(picked["validation"], "validation", params(**values)))
    return str(raised.value)


@pytest.mark.parametrize(
    ("split", "names"),
    [
        (rows(ClassLabel(names=NAMES)), {}),
        (rows(Value("int64")), {"ner": NAMES}),
        (rows(Value("uint8")), {"ner": NAMES}),
        (rows(Value("string"), ROWS | {"tags": [["B-PER", "I-PER", "O"], [], ["B-PER"]]}), {}),
        (rows(ClassLabel(names=NAMES), tokens="large_string"), {}),
    ],
)
def test_every_kind_of_tag_column_gives_names(split: Dataset, names: dict[str, list[str]]) -> None:
    picked = hub_dataset.pick(in_splits(split), params(names=names))
    assert list(picked) == ["train", "validation", "test"]
    assert sorted(picked["train"].column_names) == ["tags", "tokens"], "no column is read that params do not name"
    assert [to_row(found) for found in hub_dataset.sentences(picked["train"], "train", params(names=names))] == [
        {"words": ["Ada", "Lind", "runs"], "ner": ["B-PER", "I-PER", "O"]},
        {"words": ["Bo"], "ner": ["B-PER"]},
    ]


def test_several_batches_and_tag_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_dataset, "BATCH_ROWS", 2)
    two = params(tag_columns={"a": "tags", "b": "tags"})
    found = [to_row(each) for each in hub_dataset.sentences(rows(ClassLabel(names=NAMES)), "train", two)]
    assert [list(row) for row in found] == [["words", "a", "b"]] * 2
    assert found[1] == {"words": ["Bo"], "a": ["B-PER"], "b": ["B-PER"]}


@pytest.mark.parametrize(
    ("tokens", "tags", "message"),
    [
        (["Ada", "Lind"], [1], "2 words in 'tokens' but 1 tags in 'tags'; expected one tag per word"),
        (["Ada", ""], [1, 0], "'tokens' must be a list of words; got the item ''" + SKIP),
        ([], [1], "'tokens' is empty; expected at least one word" + SKIP),
        (["Ada"], [None], "'tags' must be a list of label names or of label numbers; got the item None"),
    ],
)
def test_malformed_row_is_reported_by_split_and_number(tokens: list[str], tags: list[int | None], message: str) -> None:
    columns = {"tokens": [["Bo"], tokens], "tags": [[0], tags]}
    message_of = fault(rows(Value("int64"), columns), names={"ner": NAMES})
    assert message_of == f"ada/people: split dev, row 1: {message}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"words": "words"}, "ada/people: no column words (columns: tokens, tags, more); see download.dataset.words"),
        (
            {"tag_columns": {"ner": "ner"}},
            "ada/people: no column ner (columns: tokens, tags, more); see download.dataset.tag_columns.ner",
        ),
        (
            {"splits": {"train": "train", "validation": "validation", "test": "test"}},
            "ada/people: no split validation (splits: train, dev, test); see download.dataset.splits.validation",
        ),
        (
            {"words": "tags"},
            "ada/people: column tags contains ClassLabel(names=['O', 'B-PER', 'I-PER']); expected lists of",
        ),
        ({"words": "more"}, "ada/people: column more contains no lists (Value('int64')); expected lists of words"),
        (
            {"tag_columns": {"ner": "more"}},
            "ada/people: column more contains no lists (Value('int64')); expected lists of tags",
        ),
        (
            {"names": {"ner": NAMES}},
            "ada/people: column tags already has label names; remove ner from download.dataset.names",
        ),
    ],
)
def test_missing_or_unusable_column_or_split_is_named(values: dict[str, Any], message: str) -> None:
    assert fault(rows(ClassLabel(names=NAMES)), **values).startswith(message)


def test_numbers_without_names_are_refused() -> None:
    assert fault(rows(Value("int64"))) == (
        "ada/people: column tags contains numbers without names; list the label names of 0, 1, ... under "
        "download.dataset.names.ner"
    )


def test_fractions_are_refused_as_tags() -> None:
    columns = {"tokens": [["Ada"]], "tags": [[0.5]]}
    assert "column tags contains Value('float64'); expected lists of tags" in fault(rows(Value("float64"), columns))


def test_older_name_of_lists_is_read() -> None:
    features = Features({"tokens": Sequence(Value("string")), "tags": Sequence(ClassLabel(names=NAMES))})
    split = Dataset.from_dict(ROWS, features=features)
    assert len(list(hub_dataset.sentences(split, "train", params()))) == 2


def test_script_is_refused_with_where_its_rows_may_be() -> None:
    repository = Repository("dataset", "ada/people", "c" * 40, frozenset({"people.py", "README.md"}))
    with pytest.raises(UserError) as raised:
        hub_dataset.load(repository, params())
    assert str(raised.value) == (
        f"ada/people at {'c' * 40}: a script (people.py), and code from the Hub is never run; many such data sets have "
        "their rows as Parquet files; set download.dataset.revision to refs/convert/parquet"
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README.md": "---\nconfigs: [\n---"}, "datasets can't load it (while parsing a flow node"),
        ({"README.md": "---\nx: !tag y\n---"}, "datasets can't load it (could not determine a constructor for the tag"),
        ({"README.md": "---\ndataset_info: {features: 5}\n---"}, "datasets can't load it (Expected a dict or a list"),
        ({"train.zip": "PK"}, "datasets can't load it (File is not a zip file"),
        ({"train.jsonl": "{"}, "datasets can't load it (JSON parse error"),
        (
            {"README.md": "---\nconfigs: [{config_name: a, version: /v, data_files: train.jsonl}]\n---"},
            "its README.md has the version '/v'; expected one such as 1.0.0",
        ),
    ],
)
def test_damaged_or_hostile_repository_is_refused(
    files: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {"train.jsonl": '{"tokens": ["Ada"]}', **files}.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(hub_dataset, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(
        hub_dataset,
        "load_dataset_builder",
        lambda *_, cache_dir, **__: load_dataset_builder(str(tmp_path), cache_dir=cache_dir),
    )
    with pytest.raises(UserError) as raised:
        hub_dataset.load(Repository("dataset", "ada/people", "c" * 40, frozenset(files)), params())
    assert str(raised.value).startswith(f"ada/people at {'c' * 40}: {message}")


def test_words_are_stripped_and_skipped_by_the_rules() -> None:
    columns = {"tokens": [["en:Ada", "", None], [""], None], "tags": [[1, 0, 0], [0], None]}
    rules = params(empty_words="skip", strip_pattern="^en:")
    found = list(hub_dataset.sentences(rows(ClassLabel(names=NAMES), columns), "train", rules))
    assert [to_row(sentence) for sentence in found] == [{"words": ["Ada"], "ner": ["B-PER"]}, {"words": [], "ner": []}]
    assert [len(sentence.notes) for sentence in found] == [2, 1]


def test_validation_and_test_are_different_splits() -> None:
    with pytest.raises(ValidationError, match="validation and test are the same split dev; name another one for each"):
        params(splits={"train": "train", "validation": "dev", "test": "dev"})
