"""Uncertainty of a text, and the best texts of a stream in bounded memory."""

import pytest
from helpers.runs import tagged
from hypothesis import given
from hypothesis import strategies as st

from tagline.inference import Document
from tagline.labels import Labels
from tagline.tools.suggestion.selection import Best, Suggestion, uncertainty

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")
TAGS = Labels("pos", "tags", ("NOUN", "VERB"), "NOUN")


UNCERTAINTIES = [
    ("B-PER O B-PER", [0.8, 1.0, 0.7], (0.2 + 0.3) / 3),
    # An entity of two words counts once; twice the text is as uncertain.
    ("B-PER I-PER O " * 2, [0.8, 0.6, 0.9] * 2, (0.3 + 0.1) / 3),
    ("O O", [0.5, 0.0], 0.5 / 2),  # the second word has no sub-words
    ("NOUN NOUN", [0.5, 0.8], 0.35),
]


@pytest.mark.parametrize("labels, scores, expected", UNCERTAINTIES)
def test_uncertainty_is_expected_errors_per_word(labels, scores, expected):
    list_ = TAGS if "NOUN" in labels else LABELS
    assert uncertainty(tagged(labels.split(), list_, scores)) == pytest.approx(expected, abs=1e-6)


ITEMS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=40)


def kept(items, words):
    """The priority and number of words of the texts that are kept; equal ones have equal keys."""
    best = Best(words)
    for priority, size in items:
        best.add(bytes([priority, size]), priority, Suggestion(Document(["a"] * size), "random"))
    return list(map(tuple, best.ranked()))


@given(ITEMS, st.integers(0, 60))
def test_as_few_of_the_best_texts_are_kept_as_have_the_words(items, words):
    expected, total = [], 0
    for priority, size in sorted(set(items), reverse=True):
        if total < words:
            expected.append((priority, size))
            total += size
    assert kept(items, words) == kept(items[::-1], words) == expected
