"""data/predictions: files are read as they were written, and damaged files are reported by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.tagged import sentences
from hypothesis import given
from hypothesis import strategies as st

from tagline.artifacts import predictions
from tagline.artifacts.predictions import Settings
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence

LABELS = Labels("ner", "spans", ("O", "B-É", "I-É"), "O")
SENTENCES = sentences(
    ["B-É I-É O", "", "O"],
    ["B-É O O", "", "B-É"],
    words=[["New", "\u200b", "a b"], [], ["שלום"]],
    scores=[[0.5, 0, 1 / 3], [], [1]],
    ids=["a", "b", "ñ"],
)
COLUMNS = ["id", "words", "gold", "predicted", "score"]
# One row as columns, to be damaged.
ROW: dict[str, list[Any]] = {
    "id": ["s-7"],
    "words": [["Ada", "left"]],
    "gold": [["B-PER", "O"]],
    "predicted": [["O", "O"]],
    "score": [[0.5, 1.0]],
}


def parquet(columns: dict[str, list[Any]]) -> bytes:
    file = BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def written(folder: Path, tagged: Sequence[TaggedSentence] = SENTENCES) -> bytes:
    predictions.write(folder, "test", tagged)
    return (folder / "test.parquet").read_bytes()


def assert_equal(found: Sequence[TaggedSentence], expected: Sequence[TaggedSentence]) -> None:
    assert [sentence.id for sentence in found] == [sentence.id for sentence in expected]
    for own, other in zip(found, expected, strict=True):
        assert list(own.words) == list(other.words)
        assert own.gold_names == other.gold_names
        assert own.predicted_names == other.predicted_names
        assert own.scores.dtype == np.float32
        np.testing.assert_array_equal(own.scores, other.scores)
        assert own.kind == other.kind


def test_written_predictions_are_read_as_they_were(tmp_path: Path) -> None:
    assert_equal(predictions.read(written(tmp_path), "spans", "test.parquet"), SENTENCES)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
WORDS = st.tuples(TEXT, st.sampled_from(["X", "O", "B-a"]), st.sampled_from(["X", "O"]), st.floats(0, 1, width=32))


@given(st.lists(st.lists(WORDS, max_size=4), max_size=4))
def test_any_words_are_read_as_they_were(tmp_path_factory: pytest.TempPathFactory, rows: list[list[tuple]]) -> None:
    words, gold, predicted, scores = ([[word[side] for word in row] for row in rows] for side in range(4))
    tagged = sentences(gold, predicted, "tags", words, scores)
    folder = tmp_path_factory.mktemp("predictions")
    assert_equal(predictions.read(written(folder, tagged), "tags", "test.parquet"), tagged)


def test_labels_are_the_names_that_occur(tmp_path: Path) -> None:
    (first, *_) = predictions.read(written(tmp_path), "spans", "test.parquet")
    assert first.labels == ("spans", ("B-É", "I-É", "O"))


def test_file_has_documented_columns_and_types(tmp_path: Path) -> None:
    schema = pq.read_schema(BytesIO(written(tmp_path)))
    assert schema.names == COLUMNS
    strings = pa.list_(pa.string())
    assert [field.type for field in schema] == [*(pa.large_string(), strings, strings, strings, pa.list_(pa.float32()))]


@pytest.mark.parametrize("size", [0, 100, -9])
def test_truncated_file_is_an_error(tmp_path: Path, size: int) -> None:
    expected = r"^HEAD: test.parquet: damaged \(.+\); expected a table of predictions; run `dvc"
    with pytest.raises(UserError, match=expected):
        predictions.read(written(tmp_path)[:size], "spans", "HEAD: test.parquet")


def read_error(columns: dict[str, list[Any]]) -> str:
    with pytest.raises(UserError) as raised:
        predictions.read(parquet(columns), "spans", "test.parquet")
    return str(raised.value)


@pytest.mark.parametrize("name", COLUMNS)
def test_missing_column_or_null_is_an_error(name: str) -> None:
    (values,) = ROW[name]
    missing = {other: values for other, values in ROW.items() if other != name}
    assert read_error(missing) == (
        f"test.parquet: column {name} is missing; expected id, words, gold, predicted, score: run `dvc repro evaluate` "
        "again"
    )
    for null in (None,) if name == "id" else (None, [values[0], None]):
        rows = {other: [*given, null if other == name else given[0]] for other, given in ROW.items()}
        expected = f"test.parquet: column {name} has null values; expected none: run `dvc repro evaluate` again"
        assert read_error(rows) == expected


@pytest.mark.parametrize("name", COLUMNS[1:])
@pytest.mark.parametrize("items", [0, 1, 3])
def test_lists_of_different_lengths_are_an_error(name: str, items: int) -> None:
    (values,) = ROW[name]
    second = [*values, values[0]][:items]
    rows = {other: [*given, second if other == name else given[0]] for other, given in ROW.items()}
    assert read_error(rows | {"id": ["s-7", "s-8"]}).startswith(
        "test.parquet, row s-8: lists of different lengths; expected a gold label, a predicted label and a score"
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [("id", [["a", "b"]]), ("words", [[["Ada"], ["left"]]]), ("gold", [{"label": "O"}]), ("score", [["high", "low"]])],
)
def test_column_of_another_type_is_an_error(name: str, values: list[Any]) -> None:
    message = read_error(ROW | {name: values})
    assert message.startswith(
        ("test.parquet: damaged (", "test.parquet: column score has string values; expected float")
    )
    assert message.endswith("run `dvc repro evaluate` again")


def test_split_without_rows_is_read(tmp_path: Path) -> None:
    assert predictions.read(written(tmp_path, []), "spans", "test.parquet") == []


def test_several_row_groups_are_one_split() -> None:
    """A large file is read in several chunks."""
    file = BytesIO()
    names = [f"s-{index}" for index in range(10)]
    pq.write_table(
        pa.table({name: values * 10 for name, values in ROW.items()} | {"id": names}), file, row_group_size=3
    )
    found = predictions.read(file.getvalue(), "spans", "test.parquet")
    assert [sentence.id for sentence in found] == names
    assert {tuple(sentence.predicted_names) for sentence in found} == {("O", "O")}


def test_provenance_has_labels_and_settings(tmp_path: Path) -> None:
    predictions.write_provenance(tmp_path, LABELS, Settings("constrained", "bf16"), {})
    path = tmp_path / "provenance.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "decoding": "constrained",
        "precision": "bf16",
        "labels": {"task": "ner", "kind": "spans", "names": ["O", "B-É", "I-É"], "fallback": "O"},
    }
    assert predictions.read_settings(path) == ("constrained", "bf16", {})
    assert predictions.read_kind(path.read_bytes(), "provenance.json") == "spans"


def test_biases_are_written_and_read(tmp_path: Path) -> None:
    settings = Settings("greedy", "auto", {"É": 0.25})
    predictions.write_provenance(tmp_path, LABELS, settings, {})
    assert predictions.read_settings(tmp_path / "provenance.json") == settings


def test_missing_provenance_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"provenance\.json is missing: the stage evaluate writes it"):
        predictions.read_settings(tmp_path / "provenance.json")


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"{}", b'{"labels": 1}', b'{"labels": {"kind": []}}', b"[" * 100_000]
)
def test_damaged_kind_is_an_error(content: bytes) -> None:
    expected = r"^HEAD: provenance.json: damaged \(.+\); expected a label list; run `dvc repro evaluate` again"
    with pytest.raises(UserError, match=expected):
        predictions.read_kind(content, "HEAD: provenance.json")
