"""Tagged sentences: names and entities; many sentences in flat arrays."""

from dataclasses import replace

import numpy as np
import pytest

from tagline.labels import WHOLE, Labels, TaggedSentences, flatten

WORDS = [["New", "York", "is"], [], ["Oslo"]]
SIDES = {"predicted": np.array([1, 2, 0, 1]), "gold": np.array([1, 1, 0, 0])}
SCORES = np.array([0.5, 1, 0.25, 0.75], np.float32)
LABELS = Labels("", "spans", ("O", "B-X", "I-X"), "")
FOUND = TaggedSentences(LABELS, lengths=[3, 0, 1], scores=SCORES, ids=["a", "b", "c"], words=WORDS, **SIDES)


def test_flat_arrays_are_split_by_length():
    assert len(FOUND) == 3
    assert [(each.id, each.words, each.predicted_names, each.gold_names) for each in FOUND] == [
        ("a", WORDS[0], ["B-X", "I-X", "O"], ["B-X", "B-X", "O"]),
        ("b", [], [], []),
        ("c", ["Oslo"], ["B-X"], ["O"]),
    ]
    assert (FOUND[1].predicted_entities, FOUND[-1].id, FOUND[2].scores.tolist()) == ([], "c", [0.75])
    assert [sentence.id for sentence in FOUND[1:]] == ["b", "c"]
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


def test_words_without_subwords_do_not_decide_whether_a_sentence_is_promised():
    scores = np.array([0.5, 1, 0], np.float32)
    for least, is_promised in ((0.5, True), (0.6, False)):
        assert replace(FOUND[0], scores=scores, accept={WHOLE: least}).is_promised is is_promised
    assert FOUND[0].is_promised is None
