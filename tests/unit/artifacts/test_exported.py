"""models/export: tagger.json is read as it was written, and damaged files are reported."""

import json
from dataclasses import replace

import pytest
from helpers.messages import message_of
from helpers.project import json_of

from tagline.artifacts import exported
from tagline.artifacts.exported import TAGGER, Exported, SentenceRule, WordRule
from tagline.labels import NOT_CALIBRATED, Calibration, Labels
from tagline.terminal import UserError

TAGGING = Exported(
    Labels("ner", "spans", ("O", "B-X", "I-X"), "O"),
    head="linear",
    max_length=128,
    stride=32,
    padding=1,
    one_by_one=True,
    precision="bf16",
    words=WordRule("fr", "spacy 3.8.11", 0.991),
    sentences=SentenceRule(True, "sentencex 1.0.32", 0.95),
)


CURVE = [[-20.0, 0.0], [1.5, 0.75], [20.0, 1.0]]
ENTRIES = [
    {},
    {"calibration": NOT_CALIBRATED},
    {"biases": {"X": -0.5}, "calibration": Calibration(CURVE)},
    {"accept": {"X": 0.9}},
    {"lowercase": True, "calibration": NOT_CALIBRATED},
]


@pytest.mark.parametrize("entries", ENTRIES, ids=str)
def test_written_file_is_read_as_it_was_with_entries_only_where_they_are(tmp_path, entries):
    keys = "version task kind names fallback head max_length stride padding one_by_one words precision".split()
    written = replace(TAGGING, **entries)
    exported.write(written, tmp_path)
    assert exported.read(tmp_path) == written
    assert list(json_of(tmp_path / TAGGER)) == [*keys, "sentences", *entries]


DAMAGED = r"damaged \(.+\); expected .+; run `dvc repro export` again"
OTHER = "version .*; this Tagline reads version 1; run `dvc repro export`"
WRONG = [{"fallback": "B-Y"}, {"kind": "trees"}, {"precision": "int3"}, {"max_length": "long"}, {"stride": 128}]
WRONG += [{"lowercase": 1}, {"words": []}, {"words": {"language": 1}}, {"precision": ...}]
WRONG += [{"biases": {"X": float("inf")}}, {"biases": {"B-X": 0.5}}, {"accept": {"X": True}}]
CURVES = ([], [[0, 0.5, 1]], [[1, 0.5], [0, 0.6]], [[0, 0.5], [1, 0.4]], [[0, 1.5]], [["x", 0.5]], 1)
WRONG += [{"calibration": found} for found in ([1], {"words": CURVE}, *({"entities": curve} for curve in CURVES))]
CHANGES = [*((change, DAMAGED) for change in WRONG), *(({"version": found}, OTHER) for found in (..., 2, "1"))]


@pytest.mark.parametrize("change, message", CHANGES, ids=str)
def test_damaged_missing_or_other_entry_is_an_error(tmp_path, change, message):
    exported.write(TAGGING, tmp_path)
    content = json_of(tmp_path / TAGGER) | change
    (tmp_path / TAGGER).write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))
    with pytest.raises(UserError, match=rf"tagger\.json: {message}"):
        exported.read(tmp_path)


def test_broken_link_is_not_an_export_without_hashes(tmp_path):
    assert exported.hashes(tmp_path) == {}
    (tmp_path / "hashes.json").symlink_to(tmp_path / "missing")
    assert "hashes.json is missing" in message_of(exported.hashes, tmp_path)
