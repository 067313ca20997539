"""The errors that benchmarks/audit.py makes, and how it measures rankings."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest
from helpers.project import ROOT

from tagline.labels.entities import Entity, entities

TYPES = ("LOC", "ORG", "PER")
# Sentences of two entities, of which the first has two words, between words that are in none.
ROWS = [
    {
        "words": [f"w{number}", "Ada", "Lind", "in", "Oslo", "today", "and", "more", "."],
        "ner": ["O", f"B-{TYPES[number % 3]}", f"I-{TYPES[number % 3]}", "O", f"B-{TYPES[number % 2]}", *["O"] * 4],
    }
    for number in range(200)
]


@pytest.fixture(scope="module")
def corruption() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield importlib.import_module("corruption")


@pytest.fixture(scope="module")
def findings(corruption: ModuleType) -> ModuleType:
    return importlib.import_module("findings")


@pytest.mark.parametrize("seed", range(5))
def test_errors_are_where_they_are_said_to_be(corruption: ModuleType, seed: int) -> None:
    rows, errors = corruption.corrupt(ROWS, 0.1, seed)
    assert len(errors) in (40, 41)  # a swap makes two
    counts = Counter(error.way for error in errors)
    assert set(counts) == set(corruption.WAYS)
    assert max(counts.values()) - min(counts.values()) <= 2
    for index, (old, new) in enumerate(zip(ROWS, rows, strict=True)):
        assert old["words"] == new["words"]
        before, after = set(entities(old["ner"])), set(entities(new["ner"]))
        here = [error for error in errors if error.sentence == index]
        assert sum(error.end - error.start for error in here) == len({w for e in here for w in range(e.start, e.end)})
        for start, end, way in (error[1:] for error in here):
            inside = [{each for each in side if start < each.end and each.start < end} for side in (before, after)]
            check_way(way, *(next(iter(side - other), None) for side, other in (inside, reversed(inside))))
        changed = before ^ after
        assert all(any(each.start < e.end and e.start < each.end for e in here) for each in changed)
    assert corruption.corrupt(ROWS, 0.1, seed) == (rows, errors)
    assert corruption.corrupt(ROWS, 0.1, seed + 5) != (rows, errors)


def check_way(way: str, old: Entity | None, new: Entity | None) -> None:
    if way == "drop":
        assert old and not new
    elif way == "invent":
        assert new and not old
    elif way == "boundary":
        assert old and new and old.type == new.type
        assert abs(old.start - new.start) + abs(old.end - new.end) == 1
    else:
        assert old and new and old[1:] == new[1:] and old.type != new.type


def test_findings(corruption: ModuleType, findings: ModuleType) -> None:
    errors = [corruption.Error(0, 1, 3, "type"), corruption.Error(4, 0, 1, "drop"), corruption.Error(9, 2, 3, "invent")]
    items = [
        findings.Item(9, 0, 2, 4),  # finds the first error
        findings.Item(8, 0, 1, 2),  # once more: passed over
        findings.Item(7, 3, 0, 9),  # false
        findings.Item(6, 4, 1, 2),  # beside the second error: false
        findings.Item(5, 4, 0, 1),  # finds it
    ]
    found = findings.findings(items, errors, sentences=20)
    assert found == {
        "average_precision": pytest.approx((1 / 1 + 2 / 4) / 3),
        "precision_at_100": 0.02,
        "recall_at_5_percent": pytest.approx(1 / 3),  # in one of 20 sentences
    }
    assert findings.findings(items, errors, sentences=60)["recall_at_5_percent"] == pytest.approx(2 / 3)
