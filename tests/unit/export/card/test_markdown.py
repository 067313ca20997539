"""Escaped text: a Markdown parser returns it unchanged."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tagline.core.terminal import printable
from tagline.export.card.markdown import escaped

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = "\\`*_[]()<>|&~$:@!#-+.{}'\"/ ab\n\t"


def cell(text: str) -> str:
    """Parse a table with the text in a cell, and return the text of the cell."""
    tokens = READER.parse(f"| a | b |\n|---|---|\n| x {escaped(text)} | y |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert [token.content for token in cells[:2]] == ["a", "b"]
    assert cells[3].content == "y"
    children = cells[2].children or []
    assert {child.type for child in children} <= {"text", "text_special"}, "some markup is not escaped"
    return "".join(child.content for child in children).removeprefix("x").strip()


@given(st.text(MARKS, max_size=20))
@example("</script><img src=x onerror=alert(1)>")
@example("[a](http://b)")
@example("&lt;")
@example("a|b\\|c")
@example("~~a~~ **b** __c__ `d`")
def test_a_parser_returns_the_text(text: str) -> None:
    assert cell(text) == " ".join(text.split())


@given(st.text(max_size=10))
def test_any_unicode_stays_in_its_cell(text: str) -> None:
    assert cell(text) == printable(" ".join(text.split())).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B-PER", "B-PER"),
        ("data/train.conll", "data/train.conll"),
        ("http://a.b", r"http\://a.b"),
        ("www.a.b", r"www\.a.b"),
        ("ada@b.c :smile: $x$", r"ada\@b.c \:smile\: \$x\$"),
        ("a\u202eb", r"a\\u202eb"),
    ],
)
def test_markup_of_github(text: str, expected: str) -> None:
    assert escaped(text) == expected
