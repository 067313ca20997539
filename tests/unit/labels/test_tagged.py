"""Tagged sentences: names and entities, also of words of unknown label; many sentences in flat arrays."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from helpers.tagged import sentences
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.entities import Entity, entities
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences, flatten
from tagline.metrics.outcomes import confusion
from tagline.metrics.scores import count, score

WORDS = [["New", "York", "is"], [], ["Oslo"]]
SIDES = {"predicted": np.array([1, 2, 0, 1]), "gold": np.array([1, 1, 0, 0])}
SCORES = np.array([0.5, 1, 0.25, 0.75], np.float32)
LABELS = Labels("", "spans", ("O", "B-X", "I-X"), "")
FOUND = TaggedSentences(LABELS, lengths=[3, 0, 1], scores=SCORES, ids=["a", "b", "c"], words=WORDS, **SIDES)


def test_flat_arrays_are_split_by_length():
    assert len(FOUND) == 3
    first, empty, last = FOUND
    assert [(sentence.id, sentence.words) for sentence in FOUND] == list(zip("abc", WORDS, strict=True))
    assert (first.predicted_names, first.gold_names) == (["B-X", "I-X", "O"], ["B-X", "B-X", "O"])
    assert (empty.predicted_names, empty.gold_names, empty.predicted_entities) == ([], [], [])
    assert (last.predicted_names, last.gold_names, last.scores.tolist()) == (["B-X"], ["O"], [0.75])
    assert [sentence.id for sentence in FOUND[1:]] == ["b", "c"]
    assert FOUND[-1].id == "c"
    with pytest.raises(IndexError):
        FOUND[3]


def test_flattened_sentences_are_the_same():
    assert flatten(FOUND) is FOUND
    again = flatten(list(FOUND))
    for name in ("offsets", "predicted", "scores", "known_gold"):
        assert getattr(again, name).tolist() == getattr(FOUND, name).tolist()
    assert (again.ids, again.words) == (FOUND.ids, FOUND.words)
    assert len(flatten([])) == 0
    short = flatten([replace(FOUND[0], predicted=FOUND[0].predicted[:1])])
    assert (short.offsets.tolist(), len(short.predicted)) == ([0, 3], 1), "fewer labels than words"


NAMES = ("O", "B-X", "I-X", "B-Y", "I-Y")
NOT_X, NOT_I_X = "O|B-Y|I-Y", "O|B-X|B-Y|I-Y"


PARTLY_KNOWN = [
    ("B-X O O ?", "B-X B-X O B-Y", [(0, 1)], [(0, 1), (1, 2)]),
    ("B-X ? O", "B-X I-X O", [], []),  # where it ends is unknown
    ("? I-X O", "O B-X O", [], [(1, 2)]),  # the known I- continues an entity
    ("? I-X O", "B-X I-X O", [], []),
    (f"B-X I-X {NOT_X}", "B-X I-X I-X", [(0, 2)], [(0, 3)]),  # X is annotated here, Y is not
    (f"B-X {NOT_X} {NOT_X}", "B-X O B-X", [(0, 1)], [(0, 1), (2, 3)]),
    ("B-X|I-X O", "B-X O", [], []),
    (f"B-X {NOT_I_X} O", "B-X I-X O", [(0, 1)], [(0, 2)]),  # the entity ends there
]


@pytest.mark.parametrize(("gold", "predicted", "in_gold", "scored"), PARTLY_KNOWN)
def test_entities_are_scored_if_gold_decides(gold, predicted, in_gold, scored):
    (found,) = sentences([gold], [predicted])
    assert [entity[1:] for entity in found.gold_entities] == in_gold
    assert [entity[1:] for entity in found.predicted_entities] == scored


def is_legal(tags: tuple[str, ...]) -> bool:
    return all(tag[0] != "I" or left[1:] == tag[1:] for left, tag in zip(("O", *tags), tags, strict=False))


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).filter(lambda tags: is_legal(tuple(tags))), st.data())
def test_no_decision_is_contradicted_by_possible_labels(true, data):
    predicted = data.draw(st.lists(st.sampled_from(NAMES), min_size=len(true), max_size=len(true)))
    drawn = [[tag, tag, "?", *(each for each in (NOT_X, NOT_I_X) if tag in each.split("|"))] for tag in true]
    gold = [data.draw(st.sampled_from(labels)) for labels in drawn]
    choices = [NAMES if label == "?" else label.split("|") for label in gold]
    possible = [set(entities(tags)) for tags in product(*choices) if is_legal(tags)]
    (found,) = sentences([gold], [predicted])
    certain, some = set.intersection(*possible), set.union(*possible)
    in_gold, scored = set(found.gold_entities), set(found.predicted_entities)
    assert in_gold <= certain
    assert scored <= set(entities(predicted))
    assert scored & some <= in_gold, "a scored entity is right or impossible"
    assert in_gold & set(entities(predicted)) <= scored


def test_scores_are_of_what_is_known():
    found = sentences(["B-X ? O", "? ? ?"], ["B-X B-Y B-Y", "B-X O B-Y"])
    scores = score(count(found, "spans"))
    assert scores["overall"] == {"precision": 0, "recall": 0, "f1": 0, "accuracy": 0.5, "number": 0}
    assert confusion(found, "spans") == {("X", "X"): 1, ("", "Y"): 1}
    tags = sentences(["A ? B", "?"], ["A A A", "B"], "tags")
    assert tags[0].gold_entities == [Entity("A", 0, 1), Entity("B", 2, 3)]
    assert score(count(tags, "tags"))["overall"]["accuracy"] == 0.5
