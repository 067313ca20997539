"""Tagged sentences: names, entities, other label lists; many of them in flat arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.labels import tagged
from tagline.labels.label_list import LabelNames, Labels
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")


def flat(**columns: object) -> list[TaggedSentence]:
    """Two sentences, of two words and one, and one without words between them."""
    predicted, scores = np.array([1, 2, 0]), np.array([0.5, 1, 0.25], np.float32)
    return list(TaggedSentences(LABELS, [2, 0, 1], predicted, scores, **columns))


def test_flat_arrays_are_split_by_length() -> None:
    words = [["New", "York"], [], ["is"]]
    first, empty, last = flat(gold=np.array([1, 1, 0]), ids=["a", "b", "c"], words=words)
    assert [sentence.id for sentence in (first, empty, last)] == ["a", "b", "c"]
    assert [sentence.words for sentence in (first, empty, last)] == words
    assert (first.predicted_names, first.gold_names) == (["B-X", "I-X"], ["B-X", "B-X"])
    assert (empty.predicted_names, empty.gold_names, empty.predicted_entities) == ([], [], [])
    assert (last.predicted_names, last.gold_names) == (["O"], ["O"])
    assert [sentence.scores.tolist() for sentence in (first, empty, last)] == [[0.5, 1], [], [0.25]]
    assert first.kind == "spans"


def test_entities_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(tagged, "marked", lambda names, kind: calls.append((names, kind)) or [("X", 0, 2)])
    (sentence, *_) = flat(gold=np.array([1, 1, 0]))
    assert [sentence.predicted_entities for _ in range(3)] == [[("X", 0, 2)]] * 3
    assert [sentence.gold_entities for _ in range(3)] == [[("X", 0, 2)]] * 3
    assert calls == [(["B-X", "I-X"], "spans"), (["B-X", "B-X"], "spans")]


def test_confidence_is_the_mean_score_of_the_words() -> None:
    (sentence,) = sentences(["B-X I-X O"], ["B-X I-X O"], scores=[[0.5, 1, 0.1]])
    assert sentence.confidence(sentence.predicted_entities[0]) == 0.75


@pytest.mark.parametrize("name", ["gold_names", "gold_entities", "known_gold"])
def test_unknown_gold_labels(name: str) -> None:
    (sentence, *_) = flat(ids=["a", "b", "c"])
    assert sentence.predicted_entities == [("X", 0, 2)]
    with pytest.raises(ValueError, match="the gold labels of a are unknown"):
        getattr(sentence, name)


def test_relabelled_keeps_names() -> None:
    (sentence,) = sentences(["B-X I-X O"], ["B-X O O"])
    wider = LabelNames("spans", ("I-Y", "I-X", "B-X", "B-Y", "O"))
    relabelled = sentence.relabelled(wider)
    assert relabelled.labels == wider
    assert relabelled.predicted.tolist() == [2, 4, 4]
    assert relabelled.gold is not None
    assert relabelled.gold.tolist() == [2, 1, 4]
    assert (relabelled.predicted_names, relabelled.gold_names) == (sentence.predicted_names, sentence.gold_names)
    assert replace(sentence, gold=None).relabelled(wider).gold is None


def test_with_gold_of_another_sentence() -> None:
    own, other = sentences(["B-X O", "B-X I-X"], ["B-X O", "O O"])
    assert own.gold_entities == [("X", 0, 1)]
    mixed = own.with_gold_of(other)
    assert (mixed.gold_names, mixed.predicted_names) == (["B-X", "I-X"], ["B-X", "O"])
    assert mixed.gold_entities == [("X", 0, 2)], "entities are read anew"


WORDS = [["New", "York", "is"], [], ["Oslo"]]
FOUND = TaggedSentences(
    LabelNames("spans", ("O", "B-X", "I-X")),
    lengths=[3, 0, 1],
    predicted=np.array([1, 2, 0, 1]),
    scores=np.array([0.5, 1, 0.25, 0.75], np.float32),
    gold=np.array([1, 2, 0, 0]),
    ids=["a", "b", "c"],
    words=WORDS,
)


def test_sentences_on_demand() -> None:
    assert len(FOUND) == 3
    assert [sentence.id for sentence in FOUND] == ["a", "b", "c"]
    assert [sentence.words for sentence in FOUND[1:]] == WORDS[1:]
    last = FOUND[-1]
    assert (last.predicted_names, last.gold_names, last.scores.tolist()) == (["B-X"], ["O"], [0.75])
    with pytest.raises(IndexError):
        FOUND[3]


def test_words_of_entities() -> None:
    assert list(FOUND.texts(FOUND.predicted_entities)) == [("New", "York"), ("Oslo",)]
    assert list(FOUND.texts(FOUND.gold_entities)) == [("New", "York")]


def test_correct_entities_and_their_sentences() -> None:
    assert [side.tolist() for side in FOUND.correct] == [[0], [0]]
    assert FOUND.sentences_of(np.array([0, 2, 3])).tolist() == [0, 0, 2], "the empty sentence has no word"


def test_flattened_sentences_are_the_same() -> None:
    assert flatten(FOUND) is FOUND
    again = flatten(list(FOUND))
    assert again.offsets.tolist() == FOUND.offsets.tolist()
    for name in ("predicted", "scores", "known_gold"):
        assert getattr(again, name).tolist() == getattr(FOUND, name).tolist()
    assert (again.ids, again.words) == (FOUND.ids, FOUND.words)
    assert len(flatten([])) == 0


def test_a_sentence_with_fewer_labels_than_words_keeps_its_length() -> None:
    (sentence,) = sentences(["O O"], ["O O"])
    short = flatten([replace(sentence, predicted=sentence.predicted[:1])])
    assert (short.offsets.tolist(), len(short.predicted)) == ([0, 2], 1)


def test_unknown_gold_labels_of_many() -> None:
    with pytest.raises(ValueError, match="the gold labels are unknown"):
        _ = TaggedSentences(FOUND.labels, [1], np.array([0]), np.array([1], np.float32)).gold_entities
