"""Output formats: what is written for a document, and recognised again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.runs import tagged
from hypothesis import given
from hypothesis import strategies as st

from tagline.annotation.tools import JSON_FORMATS
from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.inference.highlighting import Highlighter
from tagline.inference.notations import Columns, JsonLines, Lines, Notation, Tasks
from tagline.labels.label_list import Labels
from tagline.sources.formats import conll

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")
NOTATIONS: list[Notation] = [JsonLines(), Columns(), *map(Tasks, JSON_FORMATS.values())]
NOTATIONS += [Lines(Highlighter(LABELS, color=False))]
NAMES = ["jsonl", "conll", *JSON_FORMATS, "text"]
TEXTS = st.text(st.characters(codec="utf-8"))
DOCUMENTS = TEXTS.map(Document.of_text) | st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
).map(Document.of_words)


def write(notation: Notation, document: Document, *labels: str) -> str:
    """Write a document with these labels, then O."""
    filled = [*labels, *["O"] * len(document.words)][: len(document.words)]
    return notation.write(document, tagged(filled, LABELS, scores=np.linspace(0.9, 0.987654321, len(filled)).tolist()))


def test_json_of_a_text() -> None:
    row = {"id": 3, "text": "Zo\u00eb Lind, you", "entities": "of an earlier run"}
    written = write(JsonLines(), Document.of_text(row["text"], row=row), "B-PER", "I-PER")
    assert written.count("\n") == 1 and "Zo\u00eb" in written
    assert list(json.loads(written).items()) == [
        ("id", 3),
        ("text", row["text"]),
        ("entities", [{"type": "PER", "text": "Zo\u00eb Lind", "start": 0, "end": 8, "score": 0.9146}]),
    ]


def test_json_of_words() -> None:
    assert json.loads(write(JsonLines(), Document.of_words(("New York", "is")), "B-PER")) == {
        "words": ["New York", "is"],
        "labels": ["B-PER", "O"],
        "scores": [0.9, 0.9877],
        "entities": [{"type": "PER", "text": "New York", "start": 0, "end": 1, "score": 0.9}],
    }


def test_columns_can_be_read_as_conll() -> None:
    notation = Columns()
    written = write(notation, Document.of_words(["New York", "is"]), "B-PER") + write(notation, Document.of_text("x."))
    lines = list(enumerate(written.split("\n"), 1))
    found = list(conll.Table("out", ["words", "ner", "-"], tabs=True).sentences(lines))
    assert [(each.words, each.tags["ner"]) for each in found] == [
        (["New York", "is"], ["B-PER", "O"]),
        (["x", "."], ["O", "O"]),
    ]
    assert written.startswith("New York\tB-PER\t0.9000\nis\tO\t0.9877\n\nx\tO\t")
    assert not notation.includes(Document.of_text(" "))


@pytest.mark.parametrize("word", ["a\tb", "a\nb", "\r"])
def test_words_with_tabs_and_line_breaks(word: str) -> None:
    with pytest.raises(UserError) as raised:
        write(Columns(), Document.of_words(["a", word], name="in:7"))
    assert str(raised.value) == f"in:7: the word {word!r} contains a tab or line break; use the output format jsonl"


@pytest.mark.parametrize("notation", NOTATIONS, ids=NAMES)
@given(DOCUMENTS, DOCUMENTS)
def test_written_lines_match_their_document(notation: Notation, document: Document, other: Document) -> None:
    if not notation.includes(document):
        return
    written = write(notation, document, "B-PER")
    lines = [line + b"\n" for line in written.encode().split(b"\n")[:-1]]
    assert [notation.ends_document(line) for line in lines] == [False] * (len(lines) - 1) + [True]
    assert not notation.ends_document(lines[-1][:-1]), "an incomplete line"
    assert notation.matches(written, document)
    if isinstance(notation, JsonLines):
        same = (list(other.words), other.text) == (list(document.words), document.text)
        assert notation.matches(written, other) is same
    elif isinstance(notation, Columns):
        assert notation.matches(written, other) is (list(other.words) == list(document.words))
    elif isinstance(notation, Tasks) and other.text_and_spans()[0] != document.text_and_spans()[0]:
        assert not notation.matches(written, other)


def test_json_matches_by_all_keys_of_the_document() -> None:
    row = {"id": 3, "text": "Zo\u00eb Lind", "labels": ["x"]}
    written = write(JsonLines(), Document.of_text(row["text"], row=row), "B-PER", "I-PER")
    for changed in (row, {**row, "entities": "of an earlier run"}):
        assert JsonLines().matches(written, Document.of_text(row["text"], row=changed))
    for changed in ({**row, "id": 4}, {"text": row["text"]}, {**row, "more": 1}, {**row, "labels": ["y"]}):
        assert not JsonLines().matches(written, Document.of_text(row["text"], row=changed))
    words = {"words": ["Ada"], "id": 1}
    written = write(JsonLines(), Document.of_words(["Ada"], row=words))
    assert JsonLines().matches(written, Document.of_words(["Ada"], row={**words, "labels": ["B-PER"]}))
    assert not JsonLines().matches(written, Document.of_words(["Ada"], row={**words, "id": 2}))


@pytest.mark.parametrize("notation", NOTATIONS[2:-1], ids=NAMES[2:-1])
def test_tasks_match_by_text_and_id(notation: Notation) -> None:
    row = {"id": 3, "text": "Zo\u00eb Lind"}
    written = write(notation, Document.of_text(row["text"], row=row), "B-PER", "I-PER")
    assert notation.matches(written, Document.of_text(row["text"], row={**row, "more": 1}))
    for changed in ({**row, "id": 4}, {"text": row["text"]}):
        assert not notation.matches(written, Document.of_text(row["text"], row=changed))


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_json_has_finite_numbers_only(number: float) -> None:
    with pytest.raises(
        UserError, match="^in:7: a number is NaN or infinite, which JSON does not have; expected a finite"
    ):
        write(JsonLines(), Document.of_text("Ada", "in:7", row={"text": "Ada", "weight": [{"a": number}]}))


@pytest.mark.parametrize("garbage", ["[1]\n", "word\tO\t0.9\n", "\n"])
def test_other_lines_match_nothing(garbage: str) -> None:
    for notation in (JsonLines(), *map(Tasks, JSON_FORMATS.values())):
        assert not notation.matches(garbage, Document.of_text("a"))
