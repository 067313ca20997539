"""Windows: the same values in one array, in several, and in the files of a split."""

from __future__ import annotations

import numpy as np
import pytest
from datasets import Dataset, concatenate_datasets
from helpers.windows import rows, windows

from tagline.artifacts.tokenized import WINDOW_FEATURES, Split
from tagline.labels.windows import Windows

COLUMNS = {
    "sentence": [0, 0, 1, 2],
    "input_ids": [[2, 7, 8, 3], [2, 8, 3], [], [2, 3]],
    "word_ids": [[-1, 0, 0, -1], [0, 1, -1], [], [-1, -1]],
    "labels": [[-100, 1, 1, -100], [1, 2, -100], [], [-100, -100]],
}


def stored() -> Windows:
    table = Dataset.from_dict(COLUMNS, features=WINDOW_FEATURES)
    halves = concatenate_datasets([table.select(range(2)), table.select(range(2, 4))])  # like two shards
    return Split(halves, halves).mapped_windows


@pytest.mark.parametrize("made", [windows(**COLUMNS), windows(**COLUMNS, batches=2), stored()])
def test_values_and_counts_do_not_depend_on_the_arrays(made: Windows) -> None:
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
