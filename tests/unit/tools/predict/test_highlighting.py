"""Highlighting: brackets and colours, one line per document, no control characters."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from helpers.runs import tagged
from hypothesis import given
from hypothesis import strategies as st

from tagline.inference.documents import Document
from tagline.labels.label_list import Labels
from tagline.tools.predict.notations import Highlighter, in_color

SPANS = Labels("ner", "spans", ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), "O")
TAGS = Labels("pos", "tags", ("NOUN", "VERB"), "NOUN")
COMMANDS = re.compile(r"\x1b\[[0-9;]*m")


def line(document: Document, labels: list[str], color: bool = False, of: Labels = SPANS) -> str:
    found = Highlighter(of, color).line(document, tagged(labels, of, scores=[0.876] * len(labels)))
    assert found.endswith("\n")
    return found[:-1]


def test_entities_stand_in_brackets() -> None:
    document = Document.of_text("  Ada  Lind\tof Oslo.")
    assert line(document, ["B-PER", "I-PER", "O", "B-LOC", "O"]) == r"  [Ada  Lind PER 0.88]\tof [Oslo LOC 0.88]."
    assert line(Document.of_words(["Ada", "Oslo", "."]), ["B-PER", "B-LOC", "O"]) == "[Ada PER 0.88] [Oslo LOC 0.88] ."
    text = "\U0001f469\u200d\U0001f467\u00a0\u3000e\u0301"  # joiners and unusual spaces are kept
    assert line(Document.of_text(text), ["O"] * len(Document.of_text(text).words)) == text


def test_types_have_different_colours() -> None:
    found = line(Document.of_text("Ada of Oslo."), ["B-PER", "O", "B-LOC", "O"], color=True)
    assert COMMANDS.sub("", found) == " Ada PER 0.88  of  Oslo LOC 0.88 ."
    colors = re.findall(r"48;5;(\d+)m", found)
    assert len(set(colors)) == len(colors) == 2
    assert found.count("\x1b[0m") == 2


def test_plain_tags_follow_their_words() -> None:
    document = Document.of_text("dogs bark")
    assert line(document, ["NOUN", "VERB"], of=TAGS) == "dogs/NOUN bark/VERB"
    assert COMMANDS.sub("", line(document, ["NOUN", "VERB"], color=True, of=TAGS)) == "dogs/NOUN bark/VERB"


@pytest.mark.parametrize("color", [True, False])
def test_control_characters_of_types_are_escaped(color: bool) -> None:
    for kind, names in (("spans", ("O", "B-P\x1b[2J\n", "I-P\x1b[2J\n")), ("tags", ("O", "P\x1b[2J\n"))):
        labels = Labels("ner", kind, names, "O")
        found = COMMANDS.sub("", line(Document.of_text("Ada"), [names[1]], color, labels))
        assert r"P\x1b[2J\n" in found and found.isprintable()


@given(st.text(), st.booleans())
def test_one_line_without_control_characters_of_the_text(text: str, color: bool) -> None:
    document = Document.of_text(text)
    found = COMMANDS.sub("", line(document, ["B-PER"] * len(document.words), color))
    assert len(found.splitlines()) <= 1
    assert not {"\x1b", "\r", "\x9b", "\x07"} & set(found)


@pytest.mark.parametrize(
    ("color", "terminal", "environment", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
    ],
)
def test_when_colours_are_used(
    color: str, terminal: bool, environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert in_color(color, SimpleNamespace(isatty=lambda: terminal)) is expected
