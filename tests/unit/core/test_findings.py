"""Findings: counts, the first occurrences of each kind, and limits."""

from __future__ import annotations

from tagline.core.findings import MEANINGS, Findings
from tagline.tokenization.tokenize_align_params import Limits


def test_every_kind_can_be_limited() -> None:
    assert list(Limits.model_fields) == list(MEANINGS)


def test_only_exceeded_limits_are_reported() -> None:
    findings = Findings()
    findings.add("duplicate_sentences", 1, ["s-4"])
    findings.add("illegal_tags", 3, ["a", "b", "c"])
    limits = dict.fromkeys(MEANINGS) | {"duplicate_sentences": 1, "illegal_tags": 2, "unseen_labels": 0}
    assert findings.over(limits) == [
        "tags that the label scheme does not allow after the tag before them: 3, "
        "tokenize_align.limits.illegal_tags allows 2 (a; b; c)"
    ]
