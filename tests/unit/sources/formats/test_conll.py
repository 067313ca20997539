"""Column files: what is read, and the errors of malformed ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagline.core.errors import UserError
from tagline.sources.formats.conll import read_sentences

COLUMNS = ["words", "ner"]


def read(tmp_path: Path, content: str | bytes) -> list[list[list[str]]]:
    path = tmp_path / "file.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [[sentence.words, sentence.tags["ner"]] for sentence in read_sentences(path, COLUMNS)]


@pytest.mark.parametrize(
    "content",
    [
        "Ada B-PER\nlives O\n\nin O\n",
        "Ada\tB-PER\nlives\tO\n\t\nin\tO",  # tabs, an empty line that is not quite empty, no line end at the end
        "-DOCSTART- O\n\nAda B-PER\nlives O\n\n\n\nin O\n\n",
        "\ufeffAda B-PER\r\nlives O\r\n\r\nin O\r\n",  # a byte order mark and Windows' line ends
        "Ada  B-PER \nlives   O\n\nin O\n",
    ],
)
def test_forms_that_are_read_alike(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == [[["Ada", "lives"], ["B-PER", "O"]], [["in"], ["O"]]]


def test_odd_spaces_stay_in_words(tmp_path: Path) -> None:
    words = ["a\u00a0b", "\u200b", "\u2028"]
    assert read(tmp_path, "".join(f"{word}\tO\n" for word in words)) == [[words, ["O"] * 3]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada B-PER\nlives\n", "file.conll:2: 1 column in 'lives'; expected 2 (words ner)"),
        ("Ada B-PER x\n", "file.conll:1: 3 columns in 'Ada B-PER x'; expected 2 (words ner)"),
        ("Ada\t\n", "file.conll:1: an empty column in 'Ada\\t'; expected 2 (words ner)"),
        ("", "file.conll: no sentence; expected lines of 2 columns (words ner)"),
        ("\n\n", "file.conll: no sentence; expected lines of 2 columns (words ner)"),
        ("Ada B-PER\nB\0b O\n", "file.conll:2: NUL byte; expected a text file"),
        (
            b"Ada B-PER\n" * 9999 + b"Zo\xeb B-PER\n",
            "file.conll:10000: not UTF-8 (invalid continuation byte); save the file as UTF-8",
        ),
    ],
)
def test_errors_have_the_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, content)
    assert str(raised.value) == f"{tmp_path}/{message}"


def test_any_column_order_and_number(tmp_path: Path) -> None:
    path = tmp_path / "file.conll"
    path.write_text("\n1 O X Ada N\n2 B Y Bo V\n")
    (sentence,) = read_sentences(path, ["-", "ner", "-", "words", "pos"])
    assert sentence.location == f"{path}:2"
    assert (sentence.words, sentence.tags) == (["Ada", "Bo"], {"ner": ["O", "B"], "pos": ["N", "V"]})


@pytest.mark.parametrize(("comments", "words"), [(False, [["#", "Ada"], ["#1"]]), (True, [["Ada"], ["#1"]])])
def test_comments_are_words_by_default(tmp_path: Path, comments: bool, words: list[list[str]]) -> None:
    path = tmp_path / "file.conll"
    path.write_text("# O\nAda O\n\n#1 O\n")
    assert [sentence.words for sentence in read_sentences(path, COLUMNS, comments)] == words
