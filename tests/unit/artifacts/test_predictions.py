"""data/predictions: files are read as they were written, and damaged files are reported by name."""

import json
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.tagged import sentences
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.artifacts import predictions
from tagline.artifacts.predictions import Settings
from tagline.labels import Calibration, Labels
from tagline.terminal import UserError


def parquet(columns, rows=1000):
    file = BytesIO()
    pq.write_table(pa.table(columns), file, row_group_size=rows)
    return file.getvalue()


def written(folder, tagged):
    predictions.write(folder, "test", tagged)
    return (folder / "test.parquet").read_bytes()


def read(content, kind="spans"):
    return predictions.read_with_altered({"test": content}, kind, "HEAD")["test"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
WORDS = st.tuples(TEXT, st.sampled_from(["X", "O", "B-a"]), st.sampled_from(["X", "O"]), st.floats(0, 1, width=32))


@given(st.lists(st.lists(WORDS, max_size=4), max_size=4))
@settings(max_examples=40)
def test_any_words_are_read_as_they_were(tmp_path_factory, rows):
    words, gold, predicted, scores = ([[word[side] for word in row] for row in rows] for side in range(4))
    tagged = sentences(gold, predicted, "tags", words, scores)
    found = read(written(tmp_path_factory.mktemp("predictions"), tagged), "tags")
    for own, other in zip(found, tagged, strict=True):
        assert (own.id, list(own.words), own.kind) == (other.id, list(other.words), "tags")
        assert (own.gold_names, own.predicted_names) == (other.gold_names, other.predicted_names)
        assert own.scores.dtype == np.float32
        np.testing.assert_array_equal(own.scores, other.scores)


def test_labels_are_the_names_that_occur_and_columns_as_documented(tmp_path):
    content = written(tmp_path, sentences(["B-É I-É O", "", "O"], ["B-É O O", "", "B-É"], ids=["a", "b", "ñ"]))
    (first, *_) = read(content)
    assert (first.labels.kind, first.labels.names, first.labels.sets) == ("spans", ("B-É", "I-É", "O"), ())
    schema = pq.read_schema(BytesIO(content))
    strings = pa.list_(pa.string())
    assert schema.names == ["id", "words", "gold", "predicted", "score"]
    assert [field.type for field in schema] == [*(pa.large_string(), strings, strings, strings, pa.list_(pa.float32()))]
    predictions.write(tmp_path, "test", sentences(["O O"], ["O B-É"]), {"caps": sentences(["O O"], ["B-É O"])})
    found = predictions.read_with_altered({"test": (tmp_path / "test.parquet").read_bytes()}, "spans", "HEAD")
    assert [found[name][0].predicted_names for name in ("test", "test.altered.caps")] == [["O", "B-É"], ["B-É", "O"]]
    with pytest.raises(UserError, match=r"^HEAD/test.parquet: damaged \(.+\); expected a table of id, "):
        read(content[:-9])


ROW = {"id": ["s-7"], "words": [["Ada", "left"]], "gold": [["B-PER", "O"]]}
ROW |= {"predicted": [["O", "O"]], "score": [[0.5, 1.0]]}


def test_several_row_groups_are_one_split():
    """A large file is read in several chunks."""
    names = [f"s-{index}" for index in range(10)]
    found = read(parquet({name: values * 10 for name, values in ROW.items()} | {"id": names}, rows=3))
    assert [sentence.id for sentence in found] == names
    assert {tuple(sentence.predicted_names) for sentence in found} == {("O", "O")}


CALIBRATED = {"calibration": {"entities": [[0.0, 0.25]]}}


@pytest.mark.parametrize("if_any", [{}, {"biases": {"É": 0.25}}, {"accept": {"É": 0.9}}])
def test_provenance_has_labels_and_settings(tmp_path, if_any):
    given = Settings("bf16", Calibration([[0.0, 0.25]]), **if_any)
    predictions.write_provenance(tmp_path, Labels("ner", "spans", ("O", "B-É", "I-É"), "O"), given, {})
    path = tmp_path / "provenance.json"
    labels = {"task": "ner", "kind": "spans", "names": ["O", "B-É", "I-É"], "fallback": "O"}
    expected = {"precision": "bf16", "labels": labels, **CALIBRATED, **if_any}
    assert json.loads(path.read_text("utf-8")) == expected
    assert predictions.read_settings(path) == given
    assert predictions.read_kind(path.read_bytes(), "provenance.json") == "spans"


@pytest.mark.parametrize("content", [b"\xff", b"{}", b'{"labels": {"kind": []}}'])
def test_damaged_kind_is_an_error(content):
    expected = r"^HEAD: provenance.json: damaged \(.+\); expected a label list; run `dvc repro evaluate` again"
    with pytest.raises(UserError, match=expected):
        predictions.read_kind(content, "HEAD: provenance.json")


def test_settings_of_an_evaluate_without_calibration_are_an_error(tmp_path):
    path = tmp_path / "provenance.json"
    path.write_text('{"precision": "fp32"}')
    message = (
        r"provenance.json: of another version of Tagline \(KeyError: 'calibration'\); expected precision and "
        "calibration; run `dvc repro evaluate` again$"
    )
    with pytest.raises(UserError, match=message):
        predictions.read_settings(path)
