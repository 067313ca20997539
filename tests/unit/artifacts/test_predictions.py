"""data/predictions: files are read as they were written, and damaged files are reported by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.tagged import sentences
from hypothesis import given
from hypothesis import strategies as st

from tagline.artifacts import predictions
from tagline.artifacts.predictions import Settings
from tagline.core.errors import UserError
from tagline.labels.label_list import Kind, Labels
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


def test_round_trip(tmp_path: Path) -> None:
    assert_equal(predictions.read(written(tmp_path), "spans", "test.parquet"), SENTENCES)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
WORDS = st.tuples(TEXT, st.sampled_from(["X", "O", "B-a"]), st.sampled_from(["X", "O"]), st.floats(0, 1, width=32))


@given(st.lists(st.lists(WORDS, max_size=4), max_size=4))
def test_round_trip_of_any_words(tmp_path_factory: pytest.TempPathFactory, rows: list[list[tuple]]) -> None:
    words, gold, predicted, scores = ([[word[side] for word in row] for row in rows] for side in range(4))
    tagged = sentences(gold, predicted, "tags", words, scores)
    folder = tmp_path_factory.mktemp("predictions")
    assert_equal(predictions.read(written(folder, tagged), "tags", "test.parquet"), tagged)


def test_label_names_are_those_that_occur(tmp_path: Path) -> None:
    (first, *_) = predictions.read(written(tmp_path), "spans", "test.parquet")
    assert first.labels == ("spans", ("B-É", "I-É", "O"))


def test_columns_and_types_of_the_file(tmp_path: Path) -> None:
    schema = pq.read_schema(BytesIO(written(tmp_path)))
    assert schema.names == COLUMNS
    strings = pa.list_(pa.string())
    assert [field.type for field in schema] == [*(pa.large_string(), strings, strings, strings, pa.list_(pa.float32()))]


def test_files_of_an_earlier_version_have_the_same_columns() -> None:
    file = BytesIO()
    pd.DataFrame(ROW).to_parquet(file, index=False)  # scores as float64
    (sentence,) = predictions.read(file.getvalue(), "spans", "test.parquet")
    assert (sentence.gold_names, sentence.scores.tolist()) == (["B-PER", "O"], [0.5, 1.0])


@pytest.mark.parametrize(("labels", "kind"), [(["B-PER", "O"], "spans"), (["NOUN", "O"], "tags"), (["O", "O"], "tags")])
def test_kind_of_an_earlier_version_is_inferred(labels: list[str], kind: Kind) -> None:
    content = parquet(ROW | {"gold": [labels], "predicted": [labels]})
    (sentence,) = predictions.read(content, None, "test.parquet")
    assert sentence.kind == kind


def test_kind_of_an_earlier_version_with_mixed_labels() -> None:
    content = parquet(ROW | {"gold": [["B-PER", "NOUN"]]})
    with pytest.raises(
        UserError, match="^HEAD: test.parquet: labels with and without a prefix are mixed: B-PER beside"
    ):
        predictions.read(content, None, "HEAD: test.parquet")


@pytest.mark.parametrize("size", [0, 1, 100, -1, -9])
def test_truncated_file(tmp_path: Path, size: int) -> None:
    content = written(tmp_path)[:size]
    with pytest.raises(
        UserError, match=r"^HEAD: test.parquet: damaged \(.+\); expected a table of predictions; run `dvc"
    ):
        predictions.read(content, "spans", "HEAD: test.parquet")


@pytest.mark.parametrize("name", COLUMNS)
def test_missing_column(name: str) -> None:
    content = parquet({other: values for other, values in ROW.items() if other != name})
    expected = f"^test.parquet: column {name} is missing; expected id, words, gold, predicted, score: run `dvc repro"
    with pytest.raises(UserError, match=expected):
        predictions.read(content, "spans", "test.parquet")


@pytest.mark.parametrize("name", COLUMNS)
def test_null_row(name: str) -> None:
    content = parquet({other: [*values, None if other == name else values[0]] for other, values in ROW.items()})
    with pytest.raises(UserError, match=f"^test.parquet: column {name} has null values; expected none: run `dvc repro"):
        predictions.read(content, "spans", "test.parquet")


@pytest.mark.parametrize("name", COLUMNS[1:])
def test_null_value_in_a_row(name: str) -> None:
    (values,) = ROW[name]
    with pytest.raises(UserError, match=f"^test.parquet: column {name} has null values; expected none: run `dvc repro"):
        predictions.read(parquet(ROW | {name: [[values[0], None]]}), "spans", "test.parquet")


@pytest.mark.parametrize("name", COLUMNS[1:])
@pytest.mark.parametrize("change", [-2, -1, 1])
def test_lists_of_different_lengths(name: str, change: int) -> None:
    (values,) = ROW[name]
    damaged = {
        other: [*row, [*values, values[0]][: 2 + change] if other == name else row[0]] for other, row in ROW.items()
    }
    damaged["id"] = ["s-7", "s-8"]
    expected = (
        "^test.parquet, row s-8: lists of different lengths; expected a gold label, a predicted label and a score"
    )
    with pytest.raises(UserError, match=expected):
        predictions.read(parquet(damaged), "spans", "test.parquet")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", [["a", "b"]]),
        ("words", ["Ada left"]),
        ("words", [[["Ada"], ["left"]]]),
        ("gold", [{"label": "O"}]),
        ("predicted", ["O O"]),
        ("score", [0.5]),
        ("score", [["high", "low"]]),
    ],
)
def test_column_of_another_type(name: str, values: list[Any]) -> None:
    expected = (
        r"^test.parquet: (damaged \(.+\); expected a table of predictions; |column score has string values; expected float: )"
        r"run `dvc repro evaluate`"
    )
    with pytest.raises(UserError, match=expected):
        predictions.read(parquet(ROW | {name: values}), "spans", "test.parquet")


def test_file_without_rows(tmp_path: Path) -> None:
    assert predictions.read(written(tmp_path, []), "spans", "test.parquet") == []


def test_several_row_groups() -> None:
    """A large file is read in several chunks."""
    file = BytesIO()
    names = [f"s-{index}" for index in range(10)]
    pq.write_table(
        pa.table({name: values * 10 for name, values in ROW.items()} | {"id": names}), file, row_group_size=3
    )
    found = predictions.read(file.getvalue(), "spans", "test.parquet")
    assert [sentence.id for sentence in found] == names
    assert {tuple(sentence.predicted_names) for sentence in found} == {("O", "O")}


def test_provenance(tmp_path: Path) -> None:
    predictions.write_provenance(tmp_path, LABELS, Settings("constrained", "bf16"), {})
    path = tmp_path / "provenance.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "decoding": "constrained",
        "precision": "bf16",
        "labels": {"task": "ner", "kind": "spans", "names": ["O", "B-É", "I-É"], "fallback": "O"},
    }
    assert predictions.read_settings(path) == ("constrained", "bf16", {})
    assert predictions.read_kind(path.read_bytes(), "provenance.json") == "spans"


def test_provenance_with_biases(tmp_path: Path) -> None:
    settings = Settings("greedy", "auto", {"É": 0.25})
    predictions.write_provenance(tmp_path, LABELS, settings, {})
    path = tmp_path / "provenance.json"
    assert predictions.read_settings(path) == settings
    content = json.loads(path.read_text(encoding="utf-8"))
    for biases in (1, [0.5], {"É": None}, {"É": "0.5"}, {"E": 0.5}):
        path.write_text(json.dumps(content | {"biases": biases}), encoding="utf-8")
        with pytest.raises(UserError, match=r"json: damaged \(.*biases .+; expected a bias per type; run `dvc repro"):
            predictions.read_settings(path)


@pytest.mark.parametrize("content", ["{}", '{"decoding": "beam"}', '{"decoding": null}', '{"decoding": ["greedy"]}'])
def test_provenance_without_decoding(tmp_path: Path, content: str) -> None:
    (tmp_path / "provenance.json").write_text(content)
    expected = r"provenance\.json: decoding is .+; expected greedy or constrained; run `dvc repro evaluate` again"
    with pytest.raises(UserError, match=expected):
        predictions.read_settings(tmp_path / "provenance.json")


def test_provenance_without_precision(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text('{"decoding": "greedy"}')
    expected = r"precision is ''; expected auto or fp32 or bf16 or fp16; run `dvc repro evaluate` again"
    with pytest.raises(UserError, match=expected):
        predictions.read_settings(tmp_path / "provenance.json")


def test_missing_provenance(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"provenance\.json is missing: the stage evaluate writes it"):
        predictions.read_settings(tmp_path / "provenance.json")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\xff", b"[]", b"{}", b'{"labels": 1}', b'{"labels": {"kind": "trees"}}', b'{"labels": {"kind": []}}'),
        b"[" * 100_000,
    ],
)
def test_damaged_kind(content: bytes) -> None:
    expected = r"^HEAD: provenance.json: damaged \(.+\); expected a label list; run `dvc repro evaluate` again"
    with pytest.raises(UserError, match=expected):
        predictions.read_kind(content, "HEAD: provenance.json")
