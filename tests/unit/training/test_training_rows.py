"""Training rows: the windows of data/tokenized, padded, with their counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from datasets import Dataset, concatenate_datasets

from tagline.artifacts.tokenized import WINDOW_FEATURES
from tagline.training.training_rows import TrainingRows

WINDOWS = {
    "sentence": [0, 0, 1, 2],
    "input_ids": [[2, 7, 8, 3], [2, 8, 3], [], [2, 3]],
    "word_ids": [[-1, 0, 1, -1], [-1, 1, -1], [], [-1, -1]],
    "labels": [[-100, 1, -100, -100], [-100, 2, -100], [], [-100, -100]],
}


def rows() -> TrainingRows:
    # Two tables, like two shards.
    halves = [
        Dataset.from_dict({name: column[part] for name, column in WINDOWS.items()}, features=WINDOW_FEATURES)
        for part in (slice(0, 2), slice(2, 4))
    ]
    return TrainingRows(concatenate_datasets(halves))


def test_lengths_and_labels() -> None:
    windows = rows()
    assert len(windows) == 4
    assert windows.sentence.tolist() == WINDOWS["sentence"]
    assert windows.lengths.tolist() == [4, 3, 0, 2]
    assert windows.labelled.tolist() == [1, 1, 0, 0]


def test_a_part_is_padded_to_its_longest() -> None:
    part = rows().part(np.array([1, 0]), padding=9)
    ids, mask, labels = part.arrays.tolist()
    assert ids == [[2, 8, 3, 9], [2, 7, 8, 3]]
    assert mask == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert labels == [[-100, 2, -100, -100], [-100, 1, -100, -100]]
    assert part.arrays.dtype == np.int32
    assert part.padded
    assert not rows().part(np.array([0]), padding=9).padded


def test_a_part_is_padded_to_a_multiple() -> None:
    ids, _, labels = rows().part(np.array([3]), padding=9, multiple=4).arrays.tolist()
    assert ids == [[2, 3, 9, 9]]
    assert labels == [[-100] * 4]


def test_an_empty_part_has_no_label() -> None:
    ids, mask, labels = rows().part(np.array([], dtype=np.int64), padding=9, multiple=2).arrays.tolist()
    assert ids == [[9, 9]]
    assert mask == [[1, 0]], "attention over no position is NaN"
    assert labels == [[-100, -100]]


def test_a_part_with_rows_of_padding() -> None:
    ids, mask, labels = rows().part(np.array([1]), padding=9, count=3).arrays.tolist()
    assert ids == [[2, 8, 3], [9, 9, 9], [9, 9, 9]]
    assert mask == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert labels == [[-100, 2, -100], [-100] * 3, [-100] * 3]


def test_a_stored_split(tmp_path: Path) -> None:
    Dataset.from_dict(WINDOWS, features=WINDOW_FEATURES).save_to_disk(str(tmp_path / "split"), num_shards=2)
    stored = TrainingRows(Dataset.load_from_disk(str(tmp_path / "split")))
    assert stored.part(np.array([0]), 0).arrays[0].tolist() == [[2, 7, 8, 3]]
