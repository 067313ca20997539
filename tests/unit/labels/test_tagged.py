"""Tagged sentences: names, entities, other label lists; many of them in flat arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.labels import tagged
from tagline.labels.label_list import LabelNames
from tagline.labels.tagged import TaggedSentences, flatten

WORDS = [["New", "York", "is"], [], ["Oslo"]]
FOUND = TaggedSentences(
    LabelNames("spans", ("O", "B-X", "I-X")),
    lengths=[3, 0, 1],
    predicted=np.array([1, 2, 0, 1]),
    scores=np.array([0.5, 1, 0.25, 0.75], np.float32),
    gold=np.array([1, 1, 0, 0]),
    ids=["a", "b", "c"],
    words=WORDS,
)


def test_flat_arrays_are_split_by_length() -> None:
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


def test_entities_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(tagged, "marked", lambda names, kind: calls.append((names, kind)) or [("X", 0, 2)])
    sentence = FOUND[0]
    assert [sentence.predicted_entities for _ in range(3)] == [[("X", 0, 2)]] * 3
    assert [sentence.gold_entities for _ in range(3)] == [[("X", 0, 2)]] * 3
    assert calls == [(["B-X", "I-X", "O"], "spans"), (["B-X", "B-X", "O"], "spans")]


def test_confidence_is_the_mean_score_of_the_words() -> None:
    assert FOUND[0].confidence(FOUND[0].predicted_entities[0]) == 0.75


def test_unknown_gold_labels_are_an_error() -> None:
    unknown = TaggedSentences(FOUND.labels, [1], np.array([1]), np.array([1], np.float32), ids=["a"])
    assert unknown[0].predicted_entities == [("X", 0, 1)]
    with pytest.raises(ValueError, match="the gold labels of a are unknown"):
        _ = unknown[0].gold_entities
    with pytest.raises(ValueError, match="the gold labels are unknown"):
        _ = unknown.gold_entities


def test_relabelled_sentence_keeps_names() -> None:
    (sentence,) = sentences(["B-X I-X O"], ["B-X O O"])
    wider = LabelNames("spans", ("I-Y", "I-X", "B-X", "B-Y", "O"))
    relabelled = sentence.relabelled(wider)
    assert relabelled.labels == wider
    assert relabelled.predicted.tolist() == [2, 4, 4]
    assert (relabelled.predicted_names, relabelled.gold_names) == (sentence.predicted_names, sentence.gold_names)
    assert replace(sentence, gold=None).relabelled(wider).gold is None


def test_entities_are_read_anew_with_other_gold_labels() -> None:
    own, other = sentences(["B-X O", "B-X I-X"], ["B-X O", "O O"])
    assert own.gold_entities == [("X", 0, 1)]
    mixed = replace(own, gold=other.gold)
    assert (mixed.gold_entities, mixed.predicted_names) == ([("X", 0, 2)], ["B-X", "O"])


def test_entities_have_words_and_sentences() -> None:
    assert list(FOUND.texts(FOUND.predicted_entities)) == [("New", "York"), ("Oslo",)]
    assert list(FOUND.texts(FOUND.gold_entities)) == [("New",), ("York",)]
    assert FOUND.sentences_of(np.array([0, 2, 3])).tolist() == [0, 0, 2], "the empty sentence has no word"


def test_flattened_sentences_are_the_same() -> None:
    assert flatten(FOUND) is FOUND
    again = flatten(list(FOUND))
    for name in ("offsets", "predicted", "scores", "known_gold"):
        assert getattr(again, name).tolist() == getattr(FOUND, name).tolist()
    assert (again.ids, again.words) == (FOUND.ids, FOUND.words)
    assert len(flatten([])) == 0
    short = flatten([replace(FOUND[0], predicted=FOUND[0].predicted[:1])])
    assert (short.offsets.tolist(), len(short.predicted)) == ([0, 3], 1), "fewer labels than words"
