"""conformance.jsonl: the Tagger's answers, which another implementation finds too, from the folder's files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from runpy import run_path

import pytest
from helpers.handmade_export import save_export
from helpers.project import ROOT

from tagline.artifacts import exported
from tagline.artifacts.exported import SentenceRule
from tagline.export import parity
from tagline.inference import Tagger
from tagline.labels.model_settings import Biases, Decoding

other_implementation = run_path(str(ROOT / "examples/onnxruntime_alone.py"))["main"]


BIASED = ("constrained", {"PER": -0.7}, True)


@pytest.mark.parametrize(("decoding", "biases", "split"), [("greedy", {}, False), ("constrained", {}, True), BIASED])
def test_other_implementation_agrees(decoding: Decoding, biases: Biases, split: bool, tmp_path: Path) -> None:
    """With random logits, which allowed sequences and overlapping windows change."""
    folder = save_export(tmp_path / "export", seed=4, max_length=40, backend="onnx-int8")
    rule = replace(exported.read(folder), decoding=decoding, biases=biases, sentences=SentenceRule(split))
    exported.write(rule, folder)
    parity.write_conformance(folder)
    rows = [json.loads(line) for line in (folder / parity.CONFORMANCE).read_text().splitlines()]
    with Tagger(folder) as tagger:
        found = tagger([row["text"] for row in rows])
    assert len(rows) == 50
    assert max(len(row["text"].split()) for row in rows) > 600
    for row, mentions in zip(rows, found, strict=True):
        expected = [each._replace(score=0)._asdict() for each in mentions]
        assert [each | {"score": 0} for each in row["entities"]] == expected
    other_implementation(folder)
    rows[3]["entities"][0]["end"] += 1
    (folder / parity.CONFORMANCE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(SystemExit, match="expected"):
        other_implementation(folder)
    with pytest.raises(SystemExit, match=f"^{tmp_path}: not an exported model"):
        other_implementation(tmp_path)
