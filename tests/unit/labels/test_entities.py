"""Entities: conlleval's rule, against seqeval."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from tagline.labels import Labels
from tagline.labels.entities import entities, entity_arrays, marked

TAGS = ["O", *(f"{prefix}-{type_}" for type_ in ["PER", "LOC", "O", "a-b", "micro avg"] for prefix in "BI")]


@given(st.lists(st.sampled_from(TAGS), max_size=12))
def test_entities_are_those_of_seqeval(tags):
    assert entities(tags) == [(type_, start, last + 1) for type_, start, last in get_entities(tags)]


def test_each_word_with_a_plain_tag_is_an_entity():
    assert marked(["NOUN", "NOUN", "B-side"], "tags") == [("NOUN", 0, 1), ("NOUN", 1, 2), ("B-side", 2, 3)]


NAMES = {"spans": "I-B O B-A I-A B-B B-x-y".split(), "tags": "X O B-A NOUN I-A B".split()}


def read(rows, kind):
    ids = np.array([label for row in rows for label in row], dtype=np.int64)
    return entity_arrays(ids, np.cumsum([0, *map(len, rows)]), Labels("", kind, tuple(NAMES[kind]), ""))


@given(st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=6), st.sampled_from(["spans", "tags"]))
def test_arrays_are_the_same_as_sentence_by_sentence(rows, kind):
    expected, first = [], 0
    for row in rows:
        names = [NAMES[kind][label] for label in row]
        expected += [(type_, first + start, first + end) for type_, start, end in marked(names, kind)]
        first += len(row)
    found = read(rows, kind)
    assert found.entities() == expected
    assert found.types == (("A", "B", "x-y") if kind == "spans" else ("B", "B-A", "I-A", "NOUN", "O", "X"))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_common_entities_are_in_both(pairs):
    one, other = (read([[pair[side] for pair in pairs]], "spans") for side in (0, 1))
    found = [side.where(common).entities() for side, common in zip((one, other), one.common(other), strict=True)]
    assert found[0] == found[1] == sorted({*one.entities()} & {*other.entities()}, key=lambda entity: entity.start)
