"""Aligned columns of any characters, wrapped to the width of a terminal."""

from tagline.tools.inspection.windows import columns, display_width


def test_columns_are_wrapped() -> None:
    rows = [["Ada", "lives", "in", "Oslo"], ["B-PER", "O", "O", "B-LOC"]]
    assert columns(rows, 80) == ["Ada    lives  in  Oslo", "B-PER  O      O   B-LOC"]
    assert columns(rows, 14) == ["Ada    lives", "B-PER  O", "", "in  Oslo", "O   B-LOC"]
    assert columns(rows, 1) == [*("Ada", "B-PER", "", "lives", "O", "", "in", "O", "", "Oslo", "B-LOC")]
    assert columns([[], []], 80) == []


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    assert [display_width(text) for text in ("東京", "e\u0301", "❤\ufe0f")] == [4, 1, 1]
    assert columns([["東京", "x"], ["a", "y"]], 80) == ["東京  x", "a     y"]
