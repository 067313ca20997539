"""data/predictions: files are read as they were written, and damaged files are reported by name."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.messages import message_of
from helpers.project import json_of
from helpers.tagged import sentences
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.artifacts import predictions
from tagline.artifacts.predictions import Settings
from tagline.labels import Calibration, Labels


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
        for name in ("id", "words", "kind", "gold_names", "predicted_names"):
            assert getattr(own, name) == getattr(other, name)
        assert own.scores.dtype == np.float32
        np.testing.assert_array_equal(own.scores, other.scores)


def test_labels_are_the_names_that_occur_and_columns_as_documented(tmp_path):
    content = written(tmp_path, sentences(["B-É I-É O", "", "O"], ["B-É O O", "", "B-É"], ids=["a", "b", "ñ"]))
    labels = read(content)[0].labels
    assert (labels.kind, labels.names, labels.sets) == ("spans", ("B-É", "I-É", "O"), ())
    strings = pa.list_(pa.string())
    types = {"id": pa.large_string(), "words": strings, "gold": strings, "predicted": strings}
    schema = pq.read_schema(BytesIO(content))
    assert dict(zip(schema.names, schema.types, strict=True)) == {**types, "score": pa.list_(pa.float32())}
    predictions.write(tmp_path, "test", sentences(["O O"], ["O B-É"]), {"caps": sentences(["O O"], ["B-É O"])})
    found = predictions.read_with_altered({"test": (tmp_path / "test.parquet").read_bytes()}, "spans", "HEAD")
    assert [found[name][0].predicted_names for name in ("test", "test.altered.caps")] == [["O", "B-É"], ["B-É", "O"]]
    message = message_of(read, content[:-9])
    assert message.startswith("HEAD/test.parquet: damaged (") and "; expected a table of id, " in message


def test_several_row_groups_are_one_split():
    """A large file is read in several chunks."""
    file, names = BytesIO(), [f"s-{index}" for index in range(10)]
    columns = {"words": [["Ada", "left"]], "gold": [["B-PER", "O"]], "predicted": [["O", "O"]], "score": [[0.5, 1.0]]}
    pq.write_table(pa.table({"id": names} | {name: row * 10 for name, row in columns.items()}), file, row_group_size=3)
    found = read(file.getvalue())
    assert [(sentence.id, sentence.predicted_names) for sentence in found] == [(name, ["O", "O"]) for name in names]


@pytest.mark.parametrize("if_any", [{}, {"biases": {"É": 0.25}}, {"accept": {"É": 0.9}}])
def test_provenance_has_labels_and_settings(tmp_path, if_any):
    path = tmp_path / "provenance.json"
    given = Settings("bf16", Calibration([[0.0, 0.25]]), **if_any)
    predictions.write_provenance(tmp_path, Labels("ner", "spans", ("O", "B-É", "I-É"), "O"), given, {})
    labels = {"task": "ner", "kind": "spans", "names": ["O", "B-É", "I-É"], "fallback": "O"}
    assert json_of(path) == {
        "precision": "bf16",
        "labels": labels,
        "calibration": {"entities": [[0.0, 0.25]]},
        **if_any,
    }
    assert predictions.read_settings(path) == given
    assert predictions.read_kind(path.read_bytes(), "provenance.json") == "spans"


@pytest.mark.parametrize("content", [b"\xff", b"{}", b'{"labels": {"kind": []}}'])
def test_damaged_kind_is_an_error(content):
    message = message_of(predictions.read_kind, content, "HEAD: provenance.json")
    assert message.startswith("HEAD: provenance.json: damaged (")
    assert message.endswith("; expected a label list; run `dvc repro evaluate` again")


def test_settings_of_an_evaluate_without_calibration_are_an_error(tmp_path):
    path = tmp_path / "provenance.json"
    path.write_text('{"precision": "fp32"}')
    assert message_of(predictions.read_settings, path) == (
        f"{path}: of another version of Tagline (KeyError: 'calibration'); expected precision and calibration; run "
        "`dvc repro evaluate` again"
    )
