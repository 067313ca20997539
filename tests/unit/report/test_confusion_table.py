"""Confusion table: numbers and shares, and rare types in one row."""

from __future__ import annotations

from helpers.evaluations import sentence

from tagline.metrics.outcomes import confusion
from tagline.report.evaluation_page import LARGEST, NO_TYPE, REST, confusion_table


def test_words_are_counted_by_gold_and_predicted_type() -> None:
    table = confusion_table(confusion([sentence("a b c d", "B-X I-X O O", "B-X O B-O O")], "spans"))
    assert table.names == [NO_TYPE, "O", "X"]
    assert table.rows == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    plain = confusion([sentence("a b", "O X", "O O", kind="tags")], "tags")
    assert plain == {("O", "O"): 1, ("X", "O"): 1}, "a plain tag named O is a tag"


def test_rarest_of_many_types_share_a_row() -> None:
    tags = [f"T{number:02}" for number in range(LARGEST + 5)]
    counts = {(tag, tag): 1 + (tag in tags[5:]) for tag in tags}  # the first five occur once, the others twice
    table = confusion_table(counts)
    assert table.names == [*tags[5:], REST]
    assert table.folded == 5
    assert table.rows[-1] == [0] * LARGEST + [5]
    assert sum(map(sum, table.rows)) == sum(counts.values())
    one_above = {(tag, tag): 1 for tag in tags[: LARGEST + 1]}
    assert confusion_table(one_above).folded == 0, "a single type has its own row"
