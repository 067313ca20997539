"""Column files: what is read, and the errors of malformed ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.formats import fault
from pydantic import ValidationError

from tagline.core.errors import UserError
from tagline.sources.formats.conll import MOST_WORDS, ConllFiles, read_sentences
from tagline.text.sentence import Sentence

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
    words = ["a\u00a0b", "\u200b", "a\u2028"]
    assert read(tmp_path, "".join(f"{word}\tO\n" for word in words)) == [[words, ["O"] * 3]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada B-PER\nlives\n", "f:2: 1 column in 'lives'; expected 2 (words ner)"),
        ("Ada B-PER x\n", "f:1: 3 columns in 'Ada B-PER x'; expected 2 (words ner)"),
        ("a\tO\n\tO\n", "f:2: an empty column in '\\tO'; expected 2 (words ner); to skip such words set "),
        ("a\tO\nNew York\n", "f:2: 1 column in 'New York'; expected 2 (words ner) separated by tabs, as in the first"),
        ("% id 3\na\tO\n", "f:1: 3 columns in '% id 3'; expected 2 (words ner)"),
        ("New York\na\tO\n", "f:2: 1 column in 'a\\tO'; expected 2 (words ner) separated by spaces, as in the first"),
        ("", "f: no sentence; expected lines of 2 columns (words ner)"),
        ("\ufeff\r\n\r\n", "f: no sentence; expected lines of 2 columns (words ner)"),
        ("-DOCSTART- O\n", "f: no sentence; expected lines of 2 columns (words ner)"),
        ("Ada B-PER\nB\0b O\n", "f:2: NUL byte; expected a text file"),
        (
            b"a O\n" * 9999 + b"Zo\xeb B-PER\n",
            "f:10000: not UTF-8 (invalid continuation byte); save the file as UTF-8, or",
        ),
        (b"a O\r\n\rb \xe9\r\n", "f:3: not UTF-8 (invalid continuation byte); save the file as UTF-8"),
        ("a O\n" + "x" * 5000, "f:2: 1 column in '" + "x" * 79),
    ],
)
def test_malformed_line_is_reported_by_number(tmp_path: Path, content: str | bytes, message: str) -> None:
    found = fault(tmp_path, "conll", content, columns=COLUMNS)
    assert found.startswith(message)
    assert "x" * 201 not in found


def test_columns_are_read_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "file.conll"
    path.write_text("\n1 O X Ada N\n2 B Y Bo V\n")
    (sentence,) = read_sentences(path, ["-", "ner", "-", "words", "pos"])
    assert sentence.location == f"{path}:2"
    assert (sentence.words, sentence.tags) == (["Ada", "Bo"], {"ner": ["O", "B"], "pos": ["N", "V"]})


@pytest.mark.parametrize(("comments", "words"), [(False, [["#", "Ada", "#"], ["#1"]]), (True, [["Ada", "#"], ["#1"]])])
def test_comments_are_words_by_default(tmp_path: Path, comments: bool, words: list[list[str]]) -> None:
    path = tmp_path / "file.conll"
    path.write_text("# 1\nAda O\n# O\n\n#1 O\n")
    assert [sentence.words for sentence in read_sentences(path, COLUMNS, comments)] == words


def dataset(**keys: object) -> ConllFiles:
    files = dict(zip(("train", "validation", "test"), "abc", strict=True))
    return ConllFiles.model_validate({"source": "files", "format": "conll", "columns": COLUMNS, **files, **keys})


def read_with(path: Path, content: str, **keys: object) -> list[Sentence]:
    path.write_text(content, encoding="utf-8")
    return list(dataset(**keys).read(path))


@pytest.mark.parametrize("line", ["Word Tag", "tokens\tner_tags", "TOKEN\tlabel", "form NER", "TOKEN\tNE-COARSE-LIT"])
def test_a_header_is_refused_skipped_or_read(tmp_path: Path, line: str) -> None:
    path, content = tmp_path / "f", f"{line}\nAda\tB-PER\n" if "\t" in line else f"{line}\nAda B-PER\n"
    with pytest.raises(UserError, match=r"f:1: .* looks like a header; set download.dataset.header: true in params"):
        read_with(path, content)
    assert [sentence.words for sentence in read_with(path, content, header=True)] == [["Ada"]]
    assert [len(sentence.words) for sentence in read_with(path, content, header=False)] == [2]
    assert [len(sentence.words) for sentence in read_with(path, "Word O\nTokens B-PER\n")] == [2]


def test_header_below_a_comment_is_found(tmp_path: Path) -> None:
    path, content = tmp_path / "f", "# made in 2020\nword ner\nAda B-PER\n"
    with pytest.raises(UserError, match=r"f:2: 'word ner' looks like a header; set download.dataset.header: true in"):
        read_with(path, content, comments=True)
    assert [each.words for each in read_with(path, content, comments=True, header=True)] == [["Ada"]]


@pytest.mark.parametrize("line", ["Ada B-PER", "The O"])
def test_word_in_place_of_a_header_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UserError) as raised:
        read_with(tmp_path / "f", f"{line}\nLind I-PER\n", header=True)
    assert str(raised.value) == (
        f"{tmp_path}/f:1: {line!r} is a word with a tag, but download.dataset.header in params.yaml says that the first "
        "line of each file is a header; add one to this file, or omit header"
    )


@pytest.mark.parametrize("comments", [False, True])
def test_a_line_without_a_tab_in_a_file_of_tabs_is_a_comment(tmp_path: Path, comments: bool) -> None:
    content = "# text = O JOGO\n-DOCSTART- -X- O O\n\n1\tO\tDET\tO\n## id 3\n2\t#JOGO\tX\tB-ORG\n"
    columns = ["-", "words", "pos", "ner"]
    (sentence,) = read_with(tmp_path / "f", content, columns=columns, comments=comments)
    assert sentence.words == ["O", "#JOGO"]


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ("1-2 1 2 8.1 3", "b c e"),
        ("0.1 1 2-3 2 3", "b d e"),
        ("8.1 8.2 8.3 8.4 8.5", "a b c d e"),  # numbers of documents and sentences
        ("0.5 0 1 0.1 1", "a b c d e"),
    ],
)
def test_multi_word_tokens_and_empty_nodes_are_no_words(tmp_path: Path, ids: str, words: str) -> None:
    rows = zip(ids.split(), "abcde", strict=True)
    content = "".join(f"{each}\t{word}\tX\n" for each, word in rows)
    (sentence,) = read_with(tmp_path / "f", content, columns=["-", "words", "pos"])
    assert (sentence.words, len(sentence.tags["pos"])) == (words.split(), len(words.split()))


def test_long_file_without_empty_lines_is_refused(tmp_path: Path) -> None:
    path, content = tmp_path / "f", "word O\n" * (MOST_WORDS + 1)
    with pytest.raises(UserError) as raised:
        read_with(path, content)
    assert str(raised.value) == (
        f"{path}: 501 words without an empty line, which would be one sentence; end each sentence with an empty line, "
        "or set download.dataset.one_sentence_per_file: true in params.yaml"
    )
    assert len(read_with(path, content, one_sentence_per_file=True)[0].words) == 501
    assert len(read_with(path, f"{content}\nb O\n")) == 2
    assert len(read_with(path, content.removeprefix("word O\n"))) == 1


def test_a_sentence_per_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"f:2: 'Ada is in\\tB-PER O O' looks like a whole sentence; .* rows: sentences"
    ):
        read_with(tmp_path / "f", "Hi\tO\nAda is in\tB-PER O O\n")
    (sentence,) = read_with(tmp_path / "f", "10 000\tB-total amount\n")
    assert (sentence.words, sentence.tags) == (["10 000"], {"ner": ["B-total amount"]})


def test_blanks_around_cells_and_a_last_tab_are_dropped(tmp_path: Path) -> None:
    (sentence,) = read_with(tmp_path / "f", "Ada \tNN \nBo\t NN\t\nCem\tNN\n")
    assert (sentence.words, sentence.tags["ner"]) == (["Ada", "Bo", "Cem"], ["NN"] * 3)


def test_comments_in_a_file_of_spaces_are_asked_for_or_skipped(tmp_path: Path) -> None:
    content, columns = "# text = O JOGO\n1 Ada X B-PER _\n2 # X O _\n", ["-", "words", "pos", "ner", "-"]
    (sentence,) = read_with(tmp_path / "f", content, columns=columns, comments=True)
    assert sentence.words == ["Ada", "#"]
    for text, names in ((content, columns), ("# x\nAda PER\n", ["words", "ner"])):
        with pytest.raises(UserError, match=r"f:1: '# .*' looks like a comment; set download.dataset.comments"):
            read_with(tmp_path / "f", text, columns=names)


def test_comments_of_germeval_are_skipped(tmp_path: Path) -> None:
    content, columns = "#\thttp://a.de [2009]\n1\tTroia\tB-OTH\tB-LOC\n2\t#\tO\tO\t\n", ["-", "words", "ner", "inner"]
    (sentence,) = read_with(tmp_path / "f", content, columns=columns, comments=True)
    assert (sentence.words, sentence.tags) == (["Troia", "#"], {"ner": ["B-OTH", "O"], "inner": ["B-LOC", "O"]})
    with pytest.raises(UserError, match=r"f:1: '.*' looks like a comment; set download.dataset.comments in params"):
        read_with(tmp_path / "f", content, columns=columns)
    (sentence,) = read_with(tmp_path / "f", "#\tO\n", comments=True)
    assert sentence.words == ["#"], "the first column is the words"


def test_empty_words_are_refused_or_skipped(tmp_path: Path) -> None:
    path, content = tmp_path / "f", "Ada\tB-PER\n \tO\n\u00a0\t\nin\tO\n\n\tO\n"
    with pytest.raises(UserError) as raised:
        read_with(path, content)
    assert str(raised.value) == (
        f"{path}:2: an empty column in ' \\tO'; expected 2 (words ner); to skip such words set "
        "download.dataset.empty_words: skip in params.yaml"
    )
    found = read_with(path, content, empty_words="skip")
    assert [(sentence.words, sentence.tags["ner"]) for sentence in found] == [(["Ada", "in"], ["B-PER", "O"]), ([], [])]
    notes = [note for sentence in found for note in sentence.notes]
    assert notes == [("empty_words", f"{path}:{line}") for line in (2, 3, 6)]


def test_a_pattern_is_stripped_from_words(tmp_path: Path) -> None:
    (sentence,) = read_with(tmp_path / "f", "en:Ada\tB-PER\nen:a:b\tO\n", strip_pattern="^en:")
    assert sentence.words == ["Ada", "a:b"]
    with pytest.raises(UserError, match=r"f:1: an empty column in 'en:\\tO'"):
        read_with(tmp_path / "f", "en:\tO\n", strip_pattern="^en:")
    with pytest.raises(ValidationError, match="must be a regular expression of Python"):
        dataset(strip_pattern="(")
