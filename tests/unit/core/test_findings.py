"""Findings: counts, the first occurrences of each kind, and limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagline.artifacts.raw_data import RawData
from tagline.core.findings import MEANINGS, Findings
from tagline.labels.schemes import Scheme
from tagline.tokenization.stage import find_in_tags
from tagline.tokenization.tags import TagColumn, Tags
from tagline.tokenization.tokenize_align_params import Limits


def test_every_kind_can_be_limited() -> None:
    assert list(Limits.model_fields) == list(MEANINGS)


@pytest.mark.parametrize(("scheme", "entities"), [("IOB2", 0), ("IOB2", 1), ("tags", 0)])
def test_split_without_entities_is_a_finding(scheme: Scheme, entities: int) -> None:
    column = TagColumn(RawData(Path(), ("ner",), {}), "ner", (), (), {})
    tags = {split: Tags(column, split, scheme, {"O": 1200, "B-X": entities}) for split in ("train", "test")}
    line = "splits without an entity that is scored, whose F1 is always 0: 1 (all 1,200 words are O)"
    assert find_in_tags("test", tags).lines() == [line] * ((scheme, entities) == ("IOB2", 0))


def test_only_exceeded_limits_are_reported() -> None:
    findings = Findings()
    findings.add("duplicate_sentences", 1, ["s-4"])
    findings.add("illegal_tags", 3, ["a", "b", "c"])
    limits = dict.fromkeys(MEANINGS) | {"duplicate_sentences": 1, "illegal_tags": 2, "unseen_labels": 0}
    assert findings.over(limits) == [
        "tags that the label scheme does not allow after the tag before them: 3, "
        "tokenize_align.limits.illegal_tags allows 2 (a; b; c)"
    ]
