"""Confusion and counts of errors."""

from __future__ import annotations

from helpers.evaluations import row

from tagline.report.tables import LARGEST, NO_TYPE, REST, confusion, errors


def test_confusion_of_types() -> None:
    table = confusion([row("a b c d", "B-X I-X O O", "B-X O B-Y O")], "spans")
    assert table.names == [NO_TYPE, "X", "Y"]
    assert [[cell.number for cell in cells] for cells in table.rows] == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]
    assert [cell.share for cell in table.rows[1]] == [0.5, 0.5, 0]
    assert [cell.right for cell in table.rows[1]] == [False, True, False]


def test_a_type_called_o_is_not_outside() -> None:
    table = confusion([row("a b", "B-O O", "O B-O")], "spans")
    assert table.names == [NO_TYPE, "O"]
    assert [[cell.number for cell in cells] for cells in table.rows] == [[0, 1], [1, 0]]


def test_a_plain_tag_called_o_is_a_tag() -> None:
    table = confusion([row("a b", "O X", "O O")], "tags")
    assert table.names == ["O", "X"]
    assert [[cell.number for cell in cells] for cells in table.rows] == [[1, 0], [1, 0]]


def test_the_rarest_of_many_types_share_a_row() -> None:
    tags = [f"T{number:02}" for number in range(LARGEST + 5)]
    common = " ".join([*tags[5:], *tags])  # the first five occur once, the others twice
    table = confusion([row("w " * (len(tags) * 2 - 6) + "w", common, common)], "tags")
    assert table.names == [*tags[5:], REST]
    assert table.folded == 5
    assert [cell.number for cell in table.rows[-1]] == [0] * LARGEST + [5]
    assert not table.rows[-1][-1].right
    assert sum(cell.number for cells in table.rows for cell in cells) == len(tags) * 2 - 5


def test_one_type_more_than_the_table_holds_is_shown_too() -> None:
    tags = " ".join(f"T{number:02}" for number in range(LARGEST + 1))
    assert confusion([row("w " * LARGEST + "w", tags, tags)], "tags").folded == 0


def test_errors_by_type_and_kind() -> None:
    found = errors(
        [row("a b c d e", "B-X O B-Y B-X O", "O B-Y B-X B-X O"), row("a", "B-X", "O"), row("a", "O", "O")], "spans"
    )
    assert found.kinds == {"missed": 2, "spurious": 1, "type_error": 1}
    assert found.types == [("X", [2, 0, 0]), ("Y", [0, 1, 1])]


def test_errors_of_plain_tags_by_pair() -> None:
    found = errors([row("a b c d", "N V N N", "V N V N")], "tags")
    assert found.pairs == [("N", "V", 2), ("V", "N", 1)]


def test_no_error() -> None:
    found = errors([row("a", "B-X", "B-X")], "spans")
    assert (found.kinds, found.types, found.pairs) == ({}, [], [])
