"""Counts: their weighted sums give the same scores as repeated sentences; test_scores.py has the references."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tagged import corpora, sentences, sides
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.labels.label_list import Kind
from tagline.metrics import counts as counts_module
from tagline.metrics.counts import count

SPANS = ["O", "B-A", "I-A", "B-B", "I-B"]
TAGS = ["NOUN", "VERB", "O"]


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
        order = np.repeat(np.arange(len(rows)), weights)
        expected = count(sentences([gold[row] for row in order], [predicted[row] for row in order], kind), kind)
        found, reference = counts.total(weights), expected.total()
        np.testing.assert_allclose(found.overall(), reference.overall())
        assert found.accuracy() == reference.accuracy()
        occur = np.isin(counts.types, expected.types)
        np.testing.assert_allclose(np.array(found.per_type())[:, occur], reference.per_type())

    test()
