"""Confusion table."""

from __future__ import annotations

from helpers.evaluations import sentence

from tagline.labels.label_list import Kind
from tagline.metrics import confusion as counts
from tagline.report.confusion_table import LARGEST, NO_TYPE, REST, Confusion, confusion_table


def confusion(text: str, gold: str, predicted: str, kind: Kind = "spans") -> Confusion:
    return confusion_table(counts.confusion([sentence(text, gold, predicted, kind=kind)], kind))


def test_confusion_of_types() -> None:
    table = confusion("a b c d", "B-X I-X O O", "B-X O B-Y O")
    assert table.names == [NO_TYPE, "X", "Y"]
    assert [[cell.number for cell in cells] for cells in table.rows] == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]
    assert [cell.share for cell in table.rows[1]] == [0.5, 0.5, 0]
    assert [cell.correct for cell in table.rows[1]] == [False, True, False]


def test_type_named_o_is_not_outside() -> None:
    table = confusion("a b", "B-O O", "O B-O")
    assert table.names == [NO_TYPE, "O"]
    assert [[cell.number for cell in cells] for cells in table.rows] == [[0, 1], [1, 0]]


def test_plain_tag_named_o_is_a_tag() -> None:
    table = confusion("a b", "O X", "O O", "tags")
    assert table.names == ["O", "X"]
    assert [[cell.number for cell in cells] for cells in table.rows] == [[1, 0], [1, 0]]


def test_rarest_of_many_types_share_a_row() -> None:
    tags = [f"T{number:02}" for number in range(LARGEST + 5)]
    common = " ".join([*tags[5:], *tags])  # the first five occur once, the others twice
    table = confusion("w " * (len(tags) * 2 - 6) + "w", common, common, "tags")
    assert table.names == [*tags[5:], REST]
    assert table.folded == 5
    assert [cell.number for cell in table.rows[-1]] == [0] * LARGEST + [5]
    assert not table.rows[-1][-1].correct
    assert sum(cell.number for cells in table.rows for cell in cells) == len(tags) * 2 - 5


def test_single_type_above_the_limit_has_its_own_row() -> None:
    tags = " ".join(f"T{number:02}" for number in range(LARGEST + 1))
    assert confusion("w " * LARGEST + "w", tags, tags, "tags").folded == 0
