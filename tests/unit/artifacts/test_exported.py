"""exported.py: tagger.json is read back as it was written, and no damaged one is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tagline.artifacts import exported
from tagline.artifacts.exported import TAGGER, Exported
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels

TAGGING = Exported(Labels("ner", "spans", ("O", "B-X", "I-X"), "O"), "constrained", 128, 32, 1, True)


def test_read_as_written(tmp_path: Path) -> None:
    exported.write(TAGGING, tmp_path)
    assert exported.read(tmp_path) == TAGGING
    assert list(json.loads((tmp_path / TAGGER).read_text())) == [
        *("task", "kind", "names", "fallback", "decoding", "max_length", "stride", "padding", "one_by_one")
    ]


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tagger\.json is missing: the stage export writes it"):
        exported.read(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names", None),
        ("kind", "trees"),
        ("decoding", "beam"),
        ("max_length", "long"),
        ("max_length", float("inf")),
        ("max_length", 0),
        ("stride", None),
        ("stride", 128),
        ("names", ["O", 1]),
        ("fallback", "B-Y"),
        ("one_by_one", None),
    ],
)
def test_damaged(tmp_path: Path, key: str, value: object) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text())
    for damaged in (content | {key: value}, {name: content[name] for name in content if name != key}):
        (tmp_path / TAGGER).write_text(json.dumps(damaged))
        with pytest.raises(UserError, match=r"tagger\.json is damaged: run `dvc repro export` again"):
            exported.read(tmp_path)
