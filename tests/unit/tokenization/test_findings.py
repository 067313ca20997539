"""Findings: counted, the first of them named, and told when there are more than a limit allows."""

from __future__ import annotations

from collections.abc import Iterator

from tagline.tokenization.findings import MEANINGS, Findings
from tagline.tokenization.params import Limits


def test_the_kinds_are_those_that_params_may_limit() -> None:
    assert list(Limits.model_fields) == list(MEANINGS)


def test_no_more_places_are_asked_for_than_are_shown() -> None:
    asked: list[int] = []

    def places() -> Iterator[str]:
        for number in range(100):
            asked.append(number)
            yield f"s-{number}"

    findings = Findings()
    findings.add("windowed", 2, ["x", "y"])
    findings.add("windowed", 100, places())
    findings.add("windowed", 100, places())
    assert findings.lines() == ["sentences longer than a window: 202 (x; y; s-0; ...)"]
    assert asked == [0]


def test_only_what_is_over_its_limit_is_told() -> None:
    findings = Findings()
    findings.add("duplicates", 1, ["s-4"])
    findings.add("illegal", 3, ["a", "b", "c"])
    findings.add("cut_words", 0, iter(()))
    limits = dict.fromkeys(MEANINGS) | {"duplicates": 1, "illegal": 2, "unseen": 0}
    assert findings.over(limits) == [
        "tags that the label scheme forbids where they stand: 3, tokenize_align.limits.illegal allows 2 (a; b; c)"
    ]
