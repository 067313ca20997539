"""Counts: their weighted sums give the same scores as repeated sentences; test_scores.py has the references."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tagged import sentences, sides
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.labels.label_list import Kind
from tagline.metrics import counts as counts_module
from tagline.metrics.counts import count

SPANS = ["O", "B-A", "I-A", "B-B", "I-B"]
TAGS = ["NOUN", "VERB", "O"]


def corpora(tags: list[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences with a gold and a predicted label per word."""
    return st.lists(st.lists(st.tuples(*[st.sampled_from(tags)] * 2), min_size=1, max_size=6), min_size=1, max_size=6)


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
        repeated = [
            [row for row, times in zip(side, weights, strict=True) for _ in range(times)] for side in (gold, predicted)
        ]
        expected = count(sentences(*repeated, kind), kind)
        found, reference = counts.total(weights), expected.total()
        np.testing.assert_allclose(found.overall(), reference.overall())
        assert found.accuracy() == reference.accuracy()
        occur = np.isin(counts.types, expected.types)
        np.testing.assert_allclose(np.array(found.per_type())[:, occur], reference.per_type())

    test()
