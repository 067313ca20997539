"""Suspicions: where gold and the model differ, what would be wrong with gold, and the surest ones first."""

import pytest
from helpers.tagged import sentences

from tagline.crossval.disagreements import disagreements
from tagline.crossval.suspicions import Doubted, rank

OVERLAPPING = [
    ("O O O", "O B-PER I-PER", "missed 1-3"),
    ("B-PER I-PER O", "O O O", "spurious 0-2"),
    ("B-PER I-PER O", "B-LOC I-LOC O", "type_error 0-2"),
    ("B-PER I-PER I-PER", "B-PER B-PER O", "boundary_error 0-3"),
    ("B-PER I-PER I-PER", "B-PER B-LOC O", "type_error 0-3"),
    ("B-PER B-LOC O", "O B-LOC B-PER", "spurious 0-1, missed 2-3"),
    ("NOUN VERB NOUN", "NOUN NOUN VERB", "type_error 1-2, type_error 2-3"),
]


@pytest.mark.parametrize("gold, predicted, expected", OVERLAPPING)
def test_entities_that_overlap_are_one_disagreement(gold, predicted, expected):
    (sentence,) = sentences([gold], [predicted], "tags" if "NOUN" in gold else "spans")
    assert ", ".join("{} {}-{}".format(each.fault, *each.extent) for each in disagreements(sentence)) == expected


def test_the_most_doubted_ones_are_kept():
    """Only words whose labels differ count."""
    gold, predicted = ["B-PER I-PER O", "O O", "O B-PER"], ["B-PER O O", "B-PER O", "O O"]
    found = sentences(gold, predicted, scores=[[0.99, 0.6, 0.99], [0.7, 0.9], [0.9, 0.8]])
    doubted = map(Doubted, ("train", "train", "test"), found, [sentence.scores for sentence in found])
    ranking = rank(doubted, ["train", "test"], 2)
    assert [suspicion.sentence.id for suspicion in ranking.suspicions] == ["s-2", "s-1"]
    assert ranking.notes == [
        "train: 2 disagreements (1 missed, 1 boundary_error)",
        "test: 1 disagreements (1 spurious)",
    ]
    assert ranking.suspicions[1].as_json(2) == {
        **{"rank": 2, "kind": "missed", "split": "train", "id": "s-1", "words": ["w0", "w1"], "gold": []},
        "suggested": [{"type": "PER", "start": 0, "end": 1, "text": "w0"}],
        **{"labels": ["O", "O"], "predicted": ["B-PER", "O"], "score": pytest.approx(0.7, abs=1e-4)},
    }
