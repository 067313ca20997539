"""Resuming from any byte of earlier output, and never from the output of another input."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.runs import tagged

from tagline.annotation.tools import JSON_FORMATS
from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.inference.highlighting import Highlighter
from tagline.inference.notations import Columns, JsonLines, Lines, Notation, Tasks
from tagline.inference.outputs import LineOutput
from tagline.inference.resuming import resume
from tagline.inference.sinks import File
from tagline.labels.label_list import Labels

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")
NOTATIONS: list[Notation] = [JsonLines(), Columns(), *map(Tasks, JSON_FORMATS.values())]
NOTATIONS += [Lines(Highlighter(LABELS, color=False))]
NAMES = ["jsonl", "conll", *JSON_FORMATS, "text"]
DOCUMENTS = [
    Document.of_text("Zo\u00eb \U0001f469\u200d\U0001f467, you.", "in:1"),
    Document.of_text("", "in:2"),
    Document.of_words(["New York", "\u2028"], "in:3"),
    Document.of_text("a\x85b\rc\nd", "in:4"),
    Document.of_text(" ", "in:5"),
]


def write(notation: Notation, documents: list[Document], sink: File) -> None:
    output = LineOutput(notation, sink, empty=not sink.size)
    for document in documents:
        labels = ["B-PER", *["O"] * len(document.words)][: len(document.words)]
        output.write([(document, tagged(labels, LABELS))])
    output.end()


@pytest.mark.parametrize("notation", NOTATIONS, ids=NAMES)
def test_at_any_byte(notation: Notation, tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(notation, DOCUMENTS, File(path))
    whole = path.read_bytes()
    write(notation, DOCUMENTS[:1], File(tmp_path / "one"))
    first = (tmp_path / "one").stat().st_size
    for size in [0, *range(first, len(whole) + 1)]:
        path.write_bytes(whole[:size])
        left = iter(DOCUMENTS)
        _, kept = resume(path, notation, left, "in")
        assert path.read_bytes() == whole[:size], "resume only reads"
        write(notation, list(left), File(path, kept))
        assert path.read_bytes() == whole


@pytest.mark.parametrize("notation", NOTATIONS, ids=NAMES)
@pytest.mark.parametrize("content", ["notes", "a\tO\r\n\r\n"])
def test_a_file_without_a_complete_document(notation: Notation, content: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(content.encode())
    if notation.ends_document(content.encode()):
        return
    with pytest.raises(
        UserError, match="out: no complete document, so it may be another file; start again without --resume"
    ):
        resume(path, notation, iter(DOCUMENTS), "in")
    assert path.read_bytes() == content.encode()


@pytest.mark.parametrize("notation", NOTATIONS, ids=NAMES)
def test_the_number_of_skipped_documents(notation: Notation, tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(notation, DOCUMENTS[:3], File(path))
    left = iter(DOCUMENTS)
    count, size = resume(path, notation, left, "in")
    assert size == path.stat().st_size - len(notation.end(empty=False))
    assert (count, next(left).name) == (3, "in:4")


@pytest.mark.parametrize("notation", NOTATIONS[:-1], ids=NAMES[:-1])
def test_output_of_another_input(notation: Notation, tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(notation, DOCUMENTS, File(path))
    with pytest.raises(UserError) as raised:
        resume(path, notation, iter([*DOCUMENTS[:2], Document.of_text("New York", "in:3")]), "in")
    assert str(raised.value) == f"{path}: does not match in:3; expected the output of the same input in the same format"


@pytest.mark.parametrize("notation", NOTATIONS, ids=NAMES)
def test_output_with_more_documents_than_the_input(notation: Notation, tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(notation, DOCUMENTS, File(path))
    with pytest.raises(UserError, match="out: more documents than the 3 of in; expected the output of the same input"):
        resume(path, notation, iter(DOCUMENTS[:3]), "in")
