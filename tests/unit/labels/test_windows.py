"""Windows: the same values in one array, in several, and in the files of a split; the labels of sub-words."""

import numpy as np
import pytest
from datasets import Dataset, concatenate_datasets
from helpers.windows import LABELS, rows, windows
from hypothesis import given
from hypothesis import strategies as st

from tagline.artifacts.tokenized import WINDOW_FEATURES, Split
from tagline.labels.windows import IGNORED, NO_WORD, align_labels

COLUMNS = {
    "sentence": [0, 0, 1, 2],
    "input_ids": [[2, 7, 8, 3], [2, 8, 3], [], [2, 3]],
    "word_ids": [[-1, 0, 0, -1], [0, 1, -1], [], [-1, -1]],
    "labels": [[-100, 1, 1, -100], [1, 2, -100], [], [-100, -100]],
}


def stored():
    table = Dataset.from_dict(COLUMNS, features=WINDOW_FEATURES)
    halves = concatenate_datasets([table.select(range(2)), table.select(range(2, 4))])  # like two shards
    return Split(halves, halves, LABELS).mapped_windows


@pytest.mark.parametrize("made", [windows(**COLUMNS), windows(**COLUMNS, batches=2), stored()])
def test_values_and_counts_do_not_depend_on_the_arrays(made):
    assert made.sentence.tolist() == COLUMNS["sentence"]
    assert made.lengths.tolist() == [4, 3, 0, 2]
    assert made.labelled().tolist() == [2, 2, 0, 0]
    assert made.labelled(once_per_word=True).tolist() == [1, 2, 0, 0]
    assert made.labelled(unknown=1).tolist() == [0, 1, 0, 0]
    for name in ("input_ids", "word_ids", "labels"):
        assert rows(made, getattr(made, name)) == COLUMNS[name]
    assert [row.tolist() for row in made.values(made.input_ids, np.array([3, 0]))] == [[2, 3], [2, 7, 8, 3]]
    some = made.of_sentences(1, 3)
    assert (some.sentence.tolist(), some.lengths.tolist()) == ([0, 1], [0, 2])
    assert rows(some, some.word_ids) == COLUMNS["word_ids"][2:]
    assert len(made.of_sentences(1, 1)) == 0


# O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC, B-MISC, I-MISC.
INSIDE = [0, 2, 2, 4, 4, 6, 6, 8, 8]


def aligned(word_ids, labels, label_all_tokens, **marks):
    """The labels of the sub-words of one sentence in one window, whose vocabulary ids are their positions."""
    made = windows([0], [range(len(word_ids))], [word_ids])
    words = made.word_indices(np.array([0]))
    return align_labels(made, words, np.array(labels, dtype=np.int64), INSIDE, label_all_tokens, **marks).tolist()


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4)), max_size=12), st.booleans())
def test_first_subword_has_the_words_label_and_others_continue_or_ignore_it(words, label_all_tokens):
    ids, expected = [NO_WORD], [IGNORED]
    for word, (label, count) in enumerate(words):
        ids += [word] * count
        expected += [label, *[INSIDE[label] if label_all_tokens else IGNORED] * (count - 1)][:count]
    labels = [label for label, _ in words]
    assert aligned([*ids, NO_WORD], labels, label_all_tokens) == [*expected, IGNORED]


def test_subword_after_the_mark_of_a_word_has_a_label_too():
    found = aligned([-1, 0, 0, 0, 0, 0, 1, -1], [1, 0], False, marks=[1, 4])  # [CLS] ^ mary - ^ jane said [SEP]
    assert found == [IGNORED, 1, 2, IGNORED, IGNORED, IGNORED, 0, IGNORED]
