"""Counts: their weighted sums give the same scores as seqeval and scikit-learn on repeated sentences."""

from __future__ import annotations

from itertools import chain

import numpy as np
import numpy.typing as npt
import pytest
from helpers.tagged import sentences, sides
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score as accuracy_of_spans
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as default_mode
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from tagline.labels.label_list import Kind
from tagline.metrics import counts as counts_module
from tagline.metrics.counts import Counts, count

SPANS = ["O", "B-A", "I-A", "B-B", "I-B"]
TAGS = ["NOUN", "VERB", "O"]
Rows = list[list[str]]


def corpora(tags: list[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences with a gold and a predicted label per word."""
    return st.lists(st.lists(st.tuples(*[st.sampled_from(tags)] * 2), min_size=1, max_size=6), min_size=1, max_size=6)


def check(counts: Counts, weights: npt.ArrayLike | None, gold: Rows, predicted: Rows) -> None:
    """Compare the scores of weighted counts with the references' scores of gold and predicted labels."""
    total = counts.total(weights)
    overall = [float(value) for value in total.overall()]
    flat = list(chain(*gold)), list(chain(*predicted))
    if counts.kind == "spans":
        assert overall == pytest.approx(seqeval(gold, predicted, average="micro")[:3])
        assert total.accuracy() == pytest.approx(accuracy_of_spans(gold, predicted))
        # seqeval lists the types of these sentences alone.
        occur = (total.gold + total.predicted) > 0
        expected = seqeval(gold, predicted, average=None)[:3] if occur.any() else [[]] * 3
    else:
        tags = sorted(set(flat[0]))
        assert overall == pytest.approx(sklearn(*flat, labels=tags, average="macro")[:3])
        assert total.accuracy() == pytest.approx(accuracy_score(*flat))
        occur = total.gold > 0
        expected = sklearn(*flat, labels=tags)[:3]
    for found, reference in zip(total.per_type(), expected, strict=True):
        np.testing.assert_allclose(found[occur], reference, atol=1e-9)


def seqeval(gold: Rows, predicted: Rows, **arguments: object) -> tuple:
    return default_mode(gold, predicted, zero_division=0, **arguments)


def sklearn(gold: list[str], predicted: list[str], **arguments: object) -> tuple:
    return precision_recall_fscore_support(gold, predicted, zero_division=0, **arguments)


@pytest.mark.parametrize("dense", [0, 100])
@pytest.mark.parametrize(("kind", "tags"), [("spans", SPANS), ("tags", TAGS)])
def test_weight_repeats_a_sentence(kind: Kind, tags: list[str], dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_module, "DENSE", dense)

    @settings(max_examples=50)
    @given(corpora(tags), st.data())
    def test(rows: list[list[tuple[str, str]]], data: st.DataObject) -> None:
        weights = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)).filter(any))
        gold, predicted = sides(rows)
        counts = count(sentences(gold, predicted, kind), kind)
        check(counts, None, gold, predicted)
        repeated = [
            [row for row, times in zip(side, weights, strict=True) for _ in range(times)] for side in (gold, predicted)
        ]
        check(counts, weights, *repeated)

    test()


def test_many_weightings_at_once() -> None:
    counts = count(sentences(["B-A O", "B-A O"], ["B-A O", "O O"]), "spans")
    total = counts.total([[1, 1], [2, 0], [0, 2], [0, 0]])
    np.testing.assert_allclose(total.overall().recall, [0.5, 1, 0, 0])
    np.testing.assert_allclose(total.overall().precision, [1, 1, 0, 0])
    np.testing.assert_allclose(total.per_type().recall, [[0.5], [1], [0], [0]])
    np.testing.assert_allclose(total.accuracy(), [0.75, 1, 0.5, 0])


def test_types_of_gold_and_predictions_are_sorted() -> None:
    counts = count(sentences(["B-Z O", "B-O O"], [["B-A", "B-micro avg"], ["O", "O"]]), "spans")
    assert counts.types == ("A", "O", "Z", "micro avg")
    assert counts.gold.toarray().tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    assert counts.predicted.toarray().tolist() == [[1, 0, 0, 1], [0, 0, 0, 0]]
    assert counts.correct.toarray().tolist() == [[0] * 4] * 2
    assert (counts.words.tolist(), counts.correct_words.tolist()) == ([2, 2], [0, 1])


def test_no_entities_and_no_sentences() -> None:
    total = count(sentences(["O"], ["O"]), "spans").total()
    assert [float(value) for value in (*total.overall(), total.accuracy())] == [0, 0, 0, 1]
    assert count([], "tags").total().accuracy() == 0
