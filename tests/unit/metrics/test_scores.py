"""Scores: scikit-learn as a reference; weighted sums of counts give those of repeated sentences."""

from itertools import chain

import numpy as np
import pytest
from helpers.tagged import corpora, sentences, sides
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from tagline.metrics import scores
from tagline.metrics.scores import count

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def score(sentences, kind="spans"):
    return scores.score(count(sentences, kind))


@given(corpora(["NOUN", "VERB", "O", "micro avg"]))
def test_plain_tags_are_equal_to_scikit_learn(rows):
    """Those of spans are compared with seqeval in tests/unit/evaluation/test_plots_and_scores_of_record.py."""
    gold, predicted = sides(rows)
    found = score(sentences(gold, predicted, "tags"), "tags")
    flat = list(chain(*gold)), list(chain(*predicted))
    tags = sorted(set(flat[0]))
    assert list(found["per_type"]) == tags
    per_tag = precision_recall_fscore_support(*flat, labels=tags, zero_division=0)
    for numbers, *expected in zip(found["per_type"].values(), *per_tag, strict=True):
        assert list(numbers.values()) == pytest.approx(expected, abs=1e-6)
    macro = precision_recall_fscore_support(*flat, labels=tags, average="macro", zero_division=0)[:3]
    overall = dict(zip(("precision", "recall", "f1"), macro, strict=True))
    assert found["overall"] == pytest.approx(
        {**overall, "accuracy": accuracy_score(*flat), "number": len(flat[0])}, abs=1e-6
    )


def test_nothing_to_score_is_zero():
    zeros = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "accuracy": 0.0, "number": 0}
    for kind in ("spans", "tags"):
        assert score([], kind) == {"overall": zeros, "per_type": {}}


@settings(max_examples=200)
@given(corpora(TAGS), st.sampled_from(["spans", "tags"]), st.sampled_from([0, 100]), st.data())
def test_weight_repeats_a_sentence(rows, kind, dense, data):
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)).filter(any))
    split = sentences(*sides(rows), kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "DENSE", dense)
        counts, expected = (
            count(split, kind),
            count([split[row] for row in np.repeat(np.arange(len(rows)), weights)], kind),
        )
        found, reference = counts.total(weights), expected.total()
    np.testing.assert_allclose(found.overall(), reference.overall())
    assert found.accuracy() == reference.accuracy()
    occur = np.isin(counts.types, expected.types)
    np.testing.assert_allclose(np.array(found.per_type())[:, occur], reference.per_type())
