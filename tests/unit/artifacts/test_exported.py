"""models/export: tagger.json is read as it was written, and damaged files are reported."""

import dataclasses
import json

import pytest

from tagline.artifacts import exported
from tagline.artifacts.exported import TAGGER, Exported, SentenceRule, WordRule
from tagline.labels import NOT_CALIBRATED, Calibration, Labels
from tagline.terminal import UserError

RULES = {"words": WordRule("fr", "spacy 3.8.11", 0.991), "sentences": SentenceRule(True, "sentencex 1.0.32", 0.95)}
MODEL = {"head": "linear", "padding": 1, "precision": "bf16", "one_by_one": True}
WINDOWS = {"max_length": 128, "stride": 32, "context_subwords": 64}
TAGGING = Exported(Labels("ner", "spans", ("O", "B-X", "I-X"), "O"), **MODEL, **WINDOWS, **RULES)


CURVE = [[-20.0, 0.0], [1.5, 0.75], [20.0, 1.0]]
ENTRIES = [
    {},
    {"calibration": NOT_CALIBRATED},
    {"biases": {"X": -0.5}, "calibration": Calibration(CURVE)},
    {"accept": {"X": 0.9}},
    {"lowercase": True, "calibration": NOT_CALIBRATED},
]


def test_written_file_is_read_as_it_was_with_entries_only_where_they_are(tmp_path):
    keys = "version task kind names fallback head max_length stride padding one_by_one words precision".split()
    keys += ["context_subwords", "sentences"]
    for entries in ENTRIES:
        written = dataclasses.replace(TAGGING, **entries)
        exported.write(written, tmp_path)
        assert exported.read(tmp_path) == written
        assert list(json.loads((tmp_path / TAGGER).read_text())) == [*keys, *entries]


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
    content = json.loads((tmp_path / TAGGER).read_text()) | change
    (tmp_path / TAGGER).write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))
    with pytest.raises(UserError, match=rf"tagger\.json: {message}"):
        exported.read(tmp_path)


def test_broken_link_is_not_an_export_without_hashes(tmp_path):
    assert exported.hashes(tmp_path) == {}
    (tmp_path / "hashes.json").symlink_to(tmp_path / "missing")
    with pytest.raises(UserError, match=r"hashes\.json is missing"):
        exported.hashes(tmp_path)
