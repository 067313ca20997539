"""Entities: conlleval's rule, by hand and against seqeval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from tagline.labels.entities import Entity, confidence, entities, marked

TYPES = ["PER", "LOC", "O", "a-b", "micro avg"]
TAGS = ["O", *(f"{prefix}-{type_}" for type_ in TYPES for prefix in "BI")]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("B-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("O I-PER I-PER", [("PER", 1, 3)]),  # an I- that continues nothing starts an entity
        ("I-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 1), ("LOC", 1, 3)]),  # so does another type
        ("B-PER O I-PER", [("PER", 0, 1), ("PER", 2, 3)]),
        ("B-O I-O O I-O", [("O", 0, 2), ("O", 3, 4)]),
    ],
)
def test_conlleval_rule(tags: str, expected: list[tuple[str, int, int]]) -> None:
    assert entities(tags.split()) == expected


@given(st.lists(st.sampled_from(TAGS), max_size=12))
def test_equal_to_seqeval(tags: list[str]) -> None:
    assert entities(tags) == [(type_, start, last + 1) for type_, start, last in get_entities(tags)]


def test_confidence_is_the_mean_score_of_the_words() -> None:
    assert confidence(Entity("A", 1, 3), np.array([0.1, 0.5, 1.0, 0.1], np.float32)) == 0.75


def test_each_word_with_a_plain_tag_is_an_entity() -> None:
    assert marked(["NOUN", "NOUN", "B-side"], "tags") == [("NOUN", 0, 1), ("NOUN", 1, 2), ("B-side", 2, 3)]
    assert marked(["B-A", "I-A"], "spans") == [("A", 0, 2)]
