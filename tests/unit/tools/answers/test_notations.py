"""Output formats: what is written for a document."""

import json
import os
import re
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.formats import section
from helpers.messages import message_of, refused
from helpers.runs import tagged
from hypothesis import given
from hypothesis import strategies as st

from tagline.inference.documents import Document
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence
from tagline.tools.answers.notations import Highlighter, Redactor, conll_lines, in_color, json_line
from tagline.tools.answers.task import to_task

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), "O")


def write(line: Callable[[Document, TaggedSentence], str], document: Document, *labels: str):
    """Write a document with these labels, then O."""
    filled = [*labels, *["O"] * len(document.words)][: len(document.words)]
    return line(document, tagged(filled, LABELS, scores=np.linspace(0.9, 0.987654321, len(filled)).tolist()))


def test_json_of_a_text_has_its_keys_and_entities():
    row = {"id": 3, "text": "Zo\u00eb Lind, you"}
    written = write(json_line, Document.of_text(row["text"], row=row), "B-PER", "I-PER")
    assert written.count("\n") == 1 and "Zo\u00eb" in written
    entities = [{"type": "PER", "text": "Zo\u00eb Lind", "start": 0, "end": 8, "score": 0.9146}]
    assert list(json.loads(written).items()) == [*row.items(), ("entities", entities)]


def test_json_of_words_has_labels_and_scores_too():
    expected = {"words": ["New York", "is"], "labels": ["B-PER", "O"], "scores": [0.9, 0.9877]}
    expected |= {"entities": [{"type": "PER", "text": "New York", "start": 0, "end": 1, "score": 0.9}]}
    assert json.loads(write(json_line, Document.of_words(("New York", "is")), "B-PER")) == expected


test_object_that_json_or_its_predictions_can_not_hold_is_an_error = refused(
    lambda _, row: write(json_line, Document.of_text("Ada", "in:7", row)),
    ({"text": "Ada", "entities": "gold"}, "the object has a key 'entities', which tagging adds; expected another"),
    ({"text": "Ada", "weight": [{"a": float("nan")}]}, "a number is NaN or infinite, which JSON does not have"),
    at="in:7: ",
)


def test_conll_can_be_read_back(tmp_path):
    written = write(conll_lines, Document.of_words(["New York", "is"]), "B-PER")
    written += write(conll_lines, Document.of_text("x."))
    (tmp_path / "out.conll").write_text(written)
    found = list(section("conll", columns=["words", "ner", "-"]).read(tmp_path / "out.conll"))
    read = [(each.words, each.tags["ner"]) for each in found]
    assert read == [(["New York", "is"], ["B-PER", "O"]), (["x", "."], ["O", "O"])]
    assert written.startswith("New York\tB-PER\t0.9000\nis\tO\t0.9877\n\nx\tO\t")
    assert write(conll_lines, Document.of_text(" ")) == ""


def test_tabs_and_line_breaks_are_an_error_in_conll():
    types = Labels("ner", "spans", ("O", "B-a\tb", "I-a\tb"), "O")
    for words, label, found in ((["a", "\r"], "O", "\r"), (["a"], "B-a\tb", "B-a\tb")):
        document, predicted = Document.of_words(words, name="in:7"), tagged([label] * len(words), types)
        message = f"in:7: {found!r} contains a tab or line break; use the output format jsonl"
        assert message_of(conll_lines, document, predicted) == message


COMMANDS = re.compile(r"\x1b\[[0-9;]*m")


def highlighted(document: Document, labels: list[str], color: bool = False, of: Labels = LABELS):
    found = Highlighter(of, color).line(document, tagged(labels, of, scores=[0.876] * len(labels)))
    assert found.endswith("\n")
    return found[:-1]


def test_entities_stand_in_brackets():
    found = highlighted(Document.of_text("  Ada  Lind\tof Oslo."), ["B-PER", "I-PER", "O", "B-LOC", "O"])
    assert found == r"  [Ada  Lind PER 0.88]\tof [Oslo LOC 0.88]."
    found = highlighted(Document.of_words(["Ada", "Oslo", "."]), ["B-PER", "B-LOC", "O"])
    assert found == "[Ada PER 0.88] [Oslo LOC 0.88] ."
    text = "\U0001f469\u200d\U0001f467\u00a0\u3000e\u0301"  # joiners and unusual spaces are kept
    assert highlighted(Document.of_text(text), ["O"] * len(Document.of_text(text).words)) == text


REDACTED = [
    ("", "", "", ""),
    ("Ada met Bo.", "B-PER O B-PER", "[PER] met [PER].", "[PER_1] met [PER_2]."),
    ("Ada  Lind, Ada Lind, Ada", "B-PER I-PER O B-PER I-PER O B-PER", "[PER], [PER], [PER]", None),
    ("Oslo Ada Oslo", "B-LOC B-PER B-PER", "[LOC] [PER] [PER]", "[LOC_1] [PER_1] [PER_2]"),
    ("[PER_1] is Bo", "O O O O B-PER", "[PER_1] is [PER]", "[PER_1] is [PER_2]"),
    ("Ada\tin\r\nBo \x1b", "B-PER O B-LOC", "[PER]\tin\\r\\n[LOC] \\x1b", None),
]


@pytest.mark.parametrize(("text", "labels", "expected", "numbered"), REDACTED)
def test_redaction(text, labels, expected, numbered):
    document = Document.of_text(text)
    assert write(Redactor(False).line, document, *labels.split()) == f"{expected}\n"
    if numbered is not None:
        assert write(Redactor(True).line, document, *labels.split()) == f"{numbered}\n"


def test_redacted_objects_keep_their_other_keys():
    line = Redactor(False).line
    text, words = {"id": 7, "text": "Ada\nmet Bo."}, {"words": ["Ada", "Lind", "met", "Bo"], "id": 8}
    text |= {"entities": [{"type": "PER", "text": "Ada"}], "labels": ["news"]}  # of an earlier run, and the user's own
    words |= {"entities": [{"type": "PER", "text": "Ada Lind"}], "labels": ["B-PER", "I-PER", "O", "B-PER"]}
    labels = ("B-PER", "O", "B-PER", "O"), ("B-PER", "I-PER", "O", "B-PER")
    documents = Document.of_text(text["text"], row=text), Document.of_words(words["words"], row=words)
    written = [json.loads(write(line, *each)) for each in ((documents[0], *labels[0]), (documents[1], *labels[1]))]
    assert written[0] == {"id": 7, "text": "[PER]\nmet [PER].", "labels": ["news"]}
    assert written[1] == {"words": ["[PER]", "met", "[PER]"], "id": 8}


def test_numbers_are_those_of_a_document():
    line = Redactor(True).line
    sentences = [(("Ada", "Lind"), False), (("Ada",), False), (("Bo",), True), (("Ada",), True), (("Bo",), False)]
    documents = [Document(words, continues=continues) for words, continues in sentences]
    written = [write(line, document, "B-PER", "I-PER") for document in documents]
    assert [line.strip() for line in written] == ["[PER_1]", "[PER_1]", "[PER_2]", "[PER_1]", "[PER_1]"]


def test_mark_that_a_later_sentence_of_the_document_has_is_an_error():
    line, given = Redactor(True).line, ("[PER_1]", "left")
    write(line, Document(("Ada",)), "B-PER")
    message = "in:7: the text has [PER_1], which stands for an entity of an earlier sentence of the document; expected"
    assert message_of(write, line, Document(given, name="in:7", continues=True)).startswith(message)
    assert write(line, Document(given, name="in:7")) == "[PER_1] left\n"


def test_empty_id_is_no_id_of_a_task():
    documents = [Document.of_text("Ada", row={"text": "Ada", "id": each}) for each in ("", 0, "a", None)]
    assert [to_task(document, None).fields for document in documents] == [{}, {"id": 0}, {"id": "a"}, {}]


def test_types_have_different_colours():
    found = highlighted(Document.of_text("Ada of Oslo."), ["B-PER", "O", "B-LOC", "O"], color=True)
    colors = re.findall(r"48;5;(\d+)m", found)
    assert len(set(colors)) == len(colors) == 2


def test_control_characters_of_types_are_escaped():
    for kind, names in (("spans", ("O", "B-P\x1b[2J\n", "I-P\x1b[2J\n")), ("tags", ("O", "P\x1b[2J\n"))):
        labels = Labels("ner", kind, names, "O")
        found = COMMANDS.sub("", highlighted(Document.of_text("Ada"), [names[1]], True, labels))
        assert r"P\x1b[2J\n" in found and found.isprintable()


@given(st.text(), st.booleans())
def test_one_line_without_control_characters_of_the_text(text, color):
    document = Document.of_text(text)
    found = COMMANDS.sub("", highlighted(document, ["B-PER"] * len(document.words), color))
    assert len(found.splitlines()) <= 1
    assert not {"\x1b", "\r", "\x9b", "\x07"} & set(found)


TERMINALS = [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False)]


@pytest.mark.parametrize(("terminal", "environment", "expected"), TERMINALS)
def test_when_colours_are_used(monkeypatch, terminal, environment, expected):
    monkeypatch.setattr(os, "environ", {"TERM": "xterm", **environment})
    assert in_color(SimpleNamespace(isatty=lambda: terminal)) is expected
