"""Output formats: what is written for a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.formats import section
from helpers.runs import tagged

from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.labels.label_list import Labels
from tagline.tools.predict.notations import CONLL, JSON_LINES, Notation

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")


def write(notation: Notation, document: Document, *labels: str) -> str:
    """Write a document with these labels, then O."""
    filled = [*labels, *["O"] * len(document.words)][: len(document.words)]
    return notation.lines(document, tagged(filled, LABELS, scores=np.linspace(0.9, 0.987654321, len(filled)).tolist()))


def test_json_of_a_text_has_its_keys_and_entities() -> None:
    row = {"id": 3, "text": "Zo\u00eb Lind, you"}
    written = write(JSON_LINES, Document.of_text(row["text"], row=row), "B-PER", "I-PER")
    assert written.count("\n") == 1 and "Zo\u00eb" in written
    assert list(json.loads(written).items()) == [
        ("id", 3),
        ("text", row["text"]),
        ("entities", [{"type": "PER", "text": "Zo\u00eb Lind", "start": 0, "end": 8, "score": 0.9146}]),
    ]


def test_json_of_words_has_labels_and_scores_too() -> None:
    assert json.loads(write(JSON_LINES, Document.of_words(("New York", "is")), "B-PER")) == {
        "words": ["New York", "is"],
        "labels": ["B-PER", "O"],
        "scores": [0.9, 0.9877],
        "entities": [{"type": "PER", "text": "New York", "start": 0, "end": 1, "score": 0.9}],
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "Ada", "entities": "gold"}, "the object has a key 'entities', which tagging adds; expected another"),
        ({"words": ["Ada"], "scores": "gold"}, "the object has a key 'scores', which tagging adds; expected another"),
        (
            {"text": "Ada", "weight": [{"a": float("nan")}]},
            "a number is NaN or infinite, which JSON does not have; expected a finite number or null; correct the input",
        ),
    ],
)
def test_object_that_json_or_its_predictions_can_not_hold_is_an_error(row: dict[str, Any], message: str) -> None:
    document = Document.of_words(["Ada"], "in:7", row) if "words" in row else Document.of_text("Ada", "in:7", row)
    with pytest.raises(UserError, match=f"^in:7: {message}"):
        write(JSON_LINES, document)


def test_conll_can_be_read_back(tmp_path: Path) -> None:
    written = write(CONLL, Document.of_words(["New York", "is"]), "B-PER") + write(CONLL, Document.of_text("x."))
    (tmp_path / "out.conll").write_text(written)
    found = list(section("conll", columns=["words", "ner", "-"]).read(tmp_path / "out.conll"))
    assert [(each.words, each.tags["ner"]) for each in found] == [
        (["New York", "is"], ["B-PER", "O"]),
        (["x", "."], ["O", "O"]),
    ]
    assert written.startswith("New York\tB-PER\t0.9000\nis\tO\t0.9877\n\nx\tO\t")
    assert not CONLL.with_empty


def test_tabs_and_line_breaks_are_an_error_in_conll() -> None:
    types = Labels("ner", "spans", ("O", "B-a\tb", "I-a\tb"), "O")
    for words, label, found in ((["a", "\r"], "O", "\r"), (["a"], "B-a\tb", "B-a\tb")):
        with pytest.raises(UserError) as raised:
            CONLL.lines(Document.of_words(words, name="in:7"), tagged([label] * len(words), types))
        assert str(raised.value) == f"in:7: {found!r} contains a tab or line break; use the output format jsonl"
