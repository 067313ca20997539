"""Output formats: what is written for a document."""

import json
import os
import re
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.formats import read
from helpers.messages import message_of, refused
from helpers.runs import tagged
from hypothesis import given
from hypothesis import strategies as st

from tagline.inference import Document
from tagline.labels import Labels
from tagline.tools.answers.notations import Highlighter, Redactor, conll_lines, in_color, json_line
from tagline.tools.answers.task import to_task

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), "O")


def write(line, document, *labels, of=LABELS):
    """Write a document with these labels, then O."""
    filled = [*labels, *["O"] * len(document.words)][: len(document.words)]
    return line(document, tagged(filled, of, scores=np.linspace(0.9, 0.987654321, len(filled)).tolist()))


def test_json_of_a_text_has_its_keys_and_entities():
    row = {"id": 3, "text": "Zo\u00eb Lind, you"}
    written = write(json_line, Document.of_text(row["text"], row=row), "B-PER", "I-PER")
    assert written.count("\n") == 1 and "Zo\u00eb" in written
    entities = [{"type": "PER", "text": "Zo\u00eb Lind", "start": 0, "end": 8, "score": 0.9146}]
    assert list(json.loads(written).items()) == [*row.items(), ("entities", entities)]


def test_json_of_words_has_labels_and_scores_too():
    entity = {"type": "PER", "text": "New York", "start": 0, "end": 1, "score": 0.9}
    expected = {"words": ["New York", "is"], "labels": ["B-PER", "O"], "scores": [0.9, 0.9877], "entities": [entity]}
    assert json.loads(write(json_line, Document.of_words(expected["words"]), "B-PER")) == expected


test_object_that_json_or_its_predictions_can_not_hold_is_an_error = refused(
    lambda _, row: write(json_line, Document.of_text("Ada", "in:7", row)),
    ({"text": "Ada", "entities": "gold"}, "the object has a key 'entities', which tagging adds; expected another"),
    ({"text": "Ada", "weight": [{"a": float("nan")}]}, "a number is NaN or infinite, which JSON does not have"),
    at="in:7: ",
)


def test_conll_can_be_read_back(tmp_path):
    written = write(conll_lines, Document.of_words(["New York", "is"]), "B-PER")
    written += write(conll_lines, Document.of_text("x."))
    found = read(tmp_path, "conll", written, columns=["words", "ner", "-"])
    assert [(each.words, each.tags["ner"]) for each in found] == [
        (["New York", "is"], ["B-PER", "O"]),
        (["x", "."], ["O", "O"]),
    ]
    assert written.startswith("New York\tB-PER\t0.9000\nis\tO\t0.9877\n\nx\tO\t")
    assert write(conll_lines, Document.of_text(" ")) == ""


def test_tabs_and_line_breaks_are_an_error_in_conll():
    labels = Labels("ner", "spans", ("O", "B-a\tb"), "O")
    for word, label, found in (("\r", "O", "\r"), ("a", "B-a\tb", "B-a\tb")):
        message = f"in:7: {found!r} contains a tab or line break; use the output format jsonl"
        assert message_of(write, conll_lines, Document.of_words([word], name="in:7"), label, of=labels) == message


COMMANDS = re.compile(r"\x1b\[[0-9;]*m")


def test_entities_stand_in_brackets():
    line = Highlighter(LABELS, color=False).line
    found = write(line, Document.of_text("  Ada  Lind\tof Oslo."), "B-PER", "I-PER", "O", "B-LOC")
    assert found == "  [Ada  Lind PER 0.91]\\tof [Oslo LOC 0.97].\n"
    assert (
        write(line, Document.of_words(["Ada", "Oslo", "."]), "B-PER", "B-LOC") == "[Ada PER 0.90] [Oslo LOC 0.94] .\n"
    )
    text = "\U0001f469\u200d\U0001f467\u00a0\u3000e\u0301"  # joiners and unusual spaces are kept
    assert write(line, Document.of_text(text)) == f"{text}\n"


REDACTED = [
    ("", "", "", ""),
    ("Ada met Bo.", "B-PER O B-PER", "[PER] met [PER].", "[PER_1] met [PER_2]."),
    ("Ada  Lind, Ada Lind, Ada", "B-PER I-PER O B-PER I-PER O B-PER", "[PER], [PER], [PER]", None),
    ("Oslo Ada Oslo", "B-LOC B-PER B-PER", "[LOC] [PER] [PER]", "[LOC_1] [PER_1] [PER_2]"),
    ("[PER_1] is Bo", "O O O O B-PER", "[PER_1] is [PER]", "[PER_1] is [PER_2]"),
    ("Ada\tin\r\nBo \x1b", "B-PER O B-LOC", "[PER]\tin\\r\\n[LOC] \\x1b", None),
]


@pytest.mark.parametrize("text, labels, expected, numbered", REDACTED)
def test_redaction(text, labels, expected, numbered):
    document = Document.of_text(text)
    assert write(Redactor(False).line, document, *labels.split()) == f"{expected}\n"
    if numbered is not None:
        assert write(Redactor(True).line, document, *labels.split()) == f"{numbered}\n"


def test_redacted_objects_keep_their_other_keys():
    entities = [
        {"type": "PER", "text": "Ada"}
    ]  # of an earlier run, as labels beside words are; beside a text, a user's
    text = {"id": 7, "text": "Ada\nmet Bo.", "entities": entities, "labels": ["news"]}
    words = {"words": ["Ada", "Lind", "met", "Bo"], "id": 8, "entities": entities, "labels": ["B-PER", "O", "O", "O"]}
    found = write(Redactor(False).line, Document.of_text(text["text"], row=text), "B-PER", "O", "B-PER")
    assert json.loads(found) == {"id": 7, "text": "[PER]\nmet [PER].", "labels": ["news"]}
    found = write(Redactor(False).line, Document.of_words(words["words"], row=words), "B-PER", "I-PER", "O", "B-PER")
    assert json.loads(found) == {"words": ["[PER]", "met", "[PER]"], "id": 8}


def test_numbers_are_those_of_a_document():
    line = Redactor(True).line
    sentences = [("Ada Lind", False), ("Ada", False), ("Bo", True), ("Ada", True), ("Bo", False)]
    found = [write(line, Document(text.split(), continues=goes_on), "B-PER", "I-PER") for text, goes_on in sentences]
    assert "".join(found).split() == ["[PER_1]", "[PER_1]", "[PER_2]", "[PER_1]", "[PER_1]"]


def test_mark_that_a_later_sentence_of_the_document_has_is_an_error():
    line, given = Redactor(True).line, ("[PER_1]", "left")
    write(line, Document(("Ada",)), "B-PER")
    message = "in:7: the text has [PER_1], which stands for an entity of an earlier sentence of the document; expected"
    assert message_of(write, line, Document(given, name="in:7", continues=True)).startswith(message)
    assert write(line, Document(given, name="in:7")) == "[PER_1] left\n"


def test_empty_id_is_no_id_of_a_task():
    documents = [Document.of_text("Ada", row={"text": "Ada", "id": each}) for each in ("", 0, "a", None)]
    assert [to_task(document, None).fields for document in documents] == [{}, {"id": 0}, {"id": "a"}, {}]


@pytest.mark.parametrize(
    "labels", [Labels("ner", "spans", ("O", "B-P\x1b[2J\n"), "O"), Labels("pos", "tags", ("O", "P\x1b[2J\n"), "O")]
)
def test_control_characters_of_types_are_escaped(labels):
    found = write(Highlighter(labels, True).line, Document.of_text("Ada"), labels.names[1], of=labels)
    assert r"P\x1b[2J\n" in found and COMMANDS.sub("", found[:-1]).isprintable()


@given(st.text(), st.booleans())
def test_one_line_without_control_characters_of_the_text(text, color):
    document = Document.of_text(text)
    found = write(Highlighter(LABELS, color).line, document, *["B-PER"] * len(document.words))
    assert len(found.splitlines()) == 1
    assert not {"\x1b", "\r", "\x9b", "\x07"} & set(COMMANDS.sub("", found))


TERMINALS = [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False)]


@pytest.mark.parametrize("terminal, environment, expected", TERMINALS)
def test_when_colours_are_used(monkeypatch, terminal, environment, expected):
    monkeypatch.setattr(os, "environ", {"TERM": "xterm", **environment})
    assert in_color(SimpleNamespace(isatty=lambda: terminal)) is expected
