"""Disagreements: where gold and the model differ, and what would be wrong with gold."""

from __future__ import annotations

import pytest
from helpers.tagged import sentences
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.schemes import to_iob2
from tagline.tools.audit.review.disagreements import FAULTS, disagreements


def found(gold: str, predicted: str) -> list[tuple[str, int, int]]:
    (sentence,) = sentences([gold], [predicted])
    return [(each.fault, *each.extent) for each in disagreements(sentence)]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ("O O O", "O B-PER I-PER", [("missing", 1, 3)]),
        ("B-PER I-PER O", "O O O", [("spurious", 0, 2)]),
        ("B-PER I-PER O", "B-LOC I-LOC O", [("type", 0, 2)]),
        ("B-PER I-PER I-PER", "B-PER B-PER O", [("boundary", 0, 3)]),
        ("B-PER I-PER I-PER", "B-PER B-LOC O", [("type", 0, 3)]),
        ("B-PER B-LOC O", "O B-LOC B-PER", [("spurious", 0, 1), ("missing", 2, 3)]),
    ],
)
def test_entities_that_overlap_are_one_disagreement_with_its_fault(
    gold: str, predicted: str, expected: list[tuple[str, int, int]]
) -> None:
    assert found(gold, predicted) == expected


def test_plain_tags_differ_by_word() -> None:
    (sentence,) = sentences(["NOUN VERB NOUN"], ["NOUN NOUN VERB"], kind="tags")
    assert [(each.fault, *each.extent) for each in disagreements(sentence)] == [("type", 1, 2), ("type", 2, 3)]


TAGS = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=8)


def legal(tags: list[str]) -> list[str]:
    return [to_iob2(left, tag, "IOB2")[0] for left, tag in zip([None, *tags], tags, strict=False)]


@given(TAGS, TAGS)
def test_every_difference_is_in_exactly_one(gold: list[str], predicted: list[str]) -> None:
    length = min(len(gold), len(predicted))
    (sentence,) = sentences([legal(gold[:length])], [legal(predicted[:length])])
    all_found = list(disagreements(sentence))
    for side, entities in enumerate((sentence.gold_entities, sentence.predicted_entities)):
        others = (sentence.predicted_entities, sentence.gold_entities)[side]
        assert [entity for each in all_found for entity in each[side]] == [e for e in entities if e not in others]
    ends = [0]
    for each in all_found:
        start, end = each.extent
        assert start >= ends[-1]
        ends.append(end)
        assert each.fault in FAULTS
    inside = {word for each in all_found for word in range(*each.extent)}
    assert all(word in inside for word in range(length) if sentence.gold_names[word] != sentence.predicted_names[word])
