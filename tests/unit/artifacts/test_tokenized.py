"""The folder data/tokenized: selected rows of a split, and files that do not fit the label list."""

from helpers.windows import LABELS, split_of

from tagline.artifacts.tokenized import Split

SENTENCES = {"id": ["a", "b", "c"], "words": [["New", "York"], ["is"], []], "labels": [[1, 2], [0], []]}
WINDOWS = {name: [[0], [1], [2]] for name in ("input_ids", "word_ids", "labels")} | {"sentence": [0, 0, 1]}


def test_selected_rows_are_read_as_the_rows_that_they_are():
    """The Arrow table of a `Dataset.select` still has all rows."""
    whole = split_of(SENTENCES, WINDOWS)
    some = Split(whole.sentences.select([1, 0]), whole.windows.select([2, 1]), LABELS)
    assert (whole.lengths(), some.lengths()) == ([2, 1, 0], [1, 2])
    assert list(some.ids_and_words()[0]) == ["b", "a"]
    assert list(some.labelled_words()) == [(["is"], ["O"]), (["New", "York"], ["B-X", "I-X"])]
    assert (whole.windows_of(0).tolist(), some.windows_of(1).tolist()) == ([0, 1], [0])
