"""CSV in long form: sentences by a column, cells in quotes or never."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from helpers.formats import fault
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tagline.core.errors import UserError
from tagline.sources.formats.csv_rows import CsvFiles, read_sentences
from tagline.sources.formats.csv_table import Dialect
from tagline.sources.formats.lists import Keys
from tagline.text.sentence import Sentence


def read(path: Path, delimiter: str = ",", quote: str | None = '"') -> list[Sentence]:
    return list(read_sentences(path, Keys("word", {"ner": "tag"}, id="s"), Dialect(delimiter, quote)))


@pytest.mark.parametrize(
    ("content", "delimiter", "quote"),
    [
        ('s,word,tag\n1,"a,""",B-X\n1,b,O\n2,c,O\n', ",", '"'),
        ('\ufefftag,s,more,word\r\nB-X,1,"","a,"""\r\nO,1,y,  b\r\n\r\nO,2,,c ', ",", '"'),
        ('s\tword\ttag\n1\ta,"\tB-X\n1\tb\tO\n2\tc\tO\n', "\t", None),
        ("s;word;tag\n1;'a,\"';B-X\n1;b;O\n2;c;O\n", ";", "'"),
    ],
)
def test_forms_that_are_read_alike(tmp_path: Path, content: str, delimiter: str, quote: str | None) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode())
    first, second = read(path, delimiter, quote)
    assert (first.id, first.words, first.tags, first.location) == (
        "1",
        ['a,"', "b"],
        {"ner": ["B-X", "O"]},
        f"{path}:2",
    )
    assert (second.id, second.words, second.tags) == ("2", ["c"], {"ner": ["O"]})


CELL = (
    st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1)
    .map(lambda text: text.strip(" "))
    .filter(str.strip)
)
TAG = CELL.map(lambda text: "".join(text.split()))


@given(st.lists(st.lists(st.tuples(CELL, TAG), min_size=1), min_size=1))
def test_what_the_standard_library_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["s", "word", "tag"])
        writer.writerows([number, *row] for number, rows in enumerate(sentences) for row in rows)
    found = read(path)
    assert [list(zip(s.words, s.tags["ner"], strict=True)) for s in found] == sentences


def read_with(path: Path, content: str, **keys: object) -> list[Sentence]:
    path.write_text(content, encoding="utf-8")
    files = dict(zip(("train", "validation", "test"), "abc", strict=True))
    names = {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}}
    values = {"source": "files", "format": "csv", **names, **files, **keys}
    return list(CsvFiles.model_validate({k: v for k, v in values.items() if v is not None}).read(path))


JOINED = [
    's,w,t\n7,Ada  is in,"B-PER O O"\n8,Bo,O\n',
    "s,w,t\n7,\"['Ada', 'is', 'in']\",\"['B-PER', 'O', 'O']\"\n8,Bo,['O']\n",
    's,w,t\n7,Ada is in,"B-PER,O,O"\n8,Bo,O\n',
]


@pytest.mark.parametrize("content", JOINED)
def test_row_can_hold_a_sentence(tmp_path: Path, content: str) -> None:
    first, second = read_with(tmp_path / "f", content, rows="sentences")
    assert (first.id, first.words, first.tags) == ("7", ["Ada", "is", "in"], {"ner": ["B-PER", "O", "O"]})
    assert (second.id, second.words, second.tags) == ("8", ["Bo"], {"ner": ["O"]})
    assert [each.id for each in read_with(tmp_path / "f", content, rows="sentences", sentence=None)] == [None, None]
    with pytest.raises(UserError, match=r"f:2: .* looks like a whole sentence; for one sentence per row set downl"):
        read_with(tmp_path / "f", content)


KEYS = {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}, "delimiter": ","}
QUOTES = 'write a " that is part of a word doubled and inside quotes, or set download.dataset.quote: null'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "f:1: column 's' is not in the header (empty)"),
        ("1,a,O\n1,b,O\n", "f:1: column 's' is not in the header (1, a, O)"),
        ("s;w;t\n1;a;O\n", "f:1: column 's' is not in the header (s;w;t); if cells are separated by ';', set"),
        ("s,w,t,t\n1,a,O,O\n", "f:1: column 't' is in the header twice (s, w, t, t)"),
        (f"s,w,{'x' * 5000}\n1,a,O\n", "f:1: column 't' is not in the header (s, w, xxx"),
        ("s,w,t\n", "f: no sentence; expected one row per word below the header"),
        ("s,w,t\n1,a,O\n1,b\n", "f:3: 2 cells; expected 3 (s, w, t)"),
        ("s,w,t\n1,,O\n", "f:2: the cell of column 'w' is empty; to skip such words set"),
        ("s,w,t\n1,a,\n", "f:2: the cell of column 't' is empty"),
        ('s,w,t\n1,a,O\n1,",O\n2,b,O\n', f"f:3: not CSV (unexpected end of data); {QUOTES}"),
        ('s,w,t\n1,"a"b,O\n', f"f:2: not CSV (',' expected after '\"'); {QUOTES}"),
        ('s,w,t\n1,",O\n1,",O\n', "f:2: a cell continues on the next line; close its quote, or set download.dataset"),
        ('s,w,t\n1,"' + "a" * 200_000, "f:2: not CSV (field larger than field limit (131072))"),
        (f"s,w,t\n{'x' * 5000},a,O\n1,b,O\n{'x' * 5000},c,O\n", "f:4: rows of sentence 'xxx"),
        ("s,w,t\n1,a\0,O\n", "f:2: NUL byte; expected a text file"),
    ],
)
def test_malformed_row_is_reported_by_line(tmp_path: Path, content: str, message: str) -> None:
    found = fault(tmp_path, "csv", content, **KEYS)
    assert found.startswith(message)
    assert "x" * 201 not in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("s,w,t\n7,[CLS] is a],O O\n", "f:2: 3 words in 'w' but 2 tags in 't'; expected one tag per word"),
        ("s,w,t\n7,,\n", "f:2: 'w' is empty; expected at least one word; to skip such words set download.dataset.e"),
        ("s,w,t\n", "f: no sentence; expected one row per sentence below the header"),
    ],
)
def test_malformed_row_of_a_sentence_is_reported_by_line(tmp_path: Path, content: str, message: str) -> None:
    assert fault(tmp_path, "csv", content, **KEYS, rows="sentences").startswith(message)


@pytest.mark.parametrize(
    "cell",
    [
        "['O' 'O']",
        "[1, 0]",
        "['O', nan]",
        "[nan, 'O']",
        '["O", null]',
        "('O', 'O')",
        "[b'O', b'O']",
        "array(['O', 'O'], dtype=object)",
        r"['O', '\x']",
        r"['O', '\ud800']",
    ],
)
def test_cell_that_is_no_list_of_strings_is_refused(tmp_path: Path, cell: str) -> None:
    quoted = cell.replace('"', '""')
    with pytest.raises(UserError) as raised:
        read_with(tmp_path / "f", f's,w,t\n7,Ada is,"{quoted}"\n', rows="sentences")
    assert str(raised.value) == (
        f"{tmp_path}/f:2: 't' is {cell!r}; expected a list of strings such as ['Ada', 'lives'], or strings joined by "
        "spaces; save arrays and tuples as lists, and the names of labels instead of their numbers"
    )


@pytest.mark.parametrize("words", ["[ 1 ]", "( a )", "[CLS] a [SEP]", "(a) is (b)", "[1] and [2]"])
def test_brackets_can_be_words(tmp_path: Path, words: str) -> None:
    (sentence,) = read_with(tmp_path / "f", f"s,w,t\n7,{words},O O O\n", rows="sentences")
    assert sentence.words == words.split()


def test_sentence_named_in_its_first_row_is_filled_down(tmp_path: Path) -> None:
    path, content = tmp_path / "f", "s,w,t\nSentence: 1,Ada,B-PER\n,is,O\nSentence: 2,Bo,O\n,,\nSentence: 3,,\n,Cem,O\n"
    with pytest.raises(UserError, match=r"f:3: the cell of column 's' is empty; .* set download.dataset.fill_down: tr"):
        read_with(path, content)
    found = read_with(path, content, fill_down=True, empty_words="skip")
    assert [(sentence.id, sentence.words) for sentence in found] == [
        ("Sentence: 1", ["Ada", "is"]),
        ("Sentence: 2", ["Bo"]),
        ("Sentence: 3", ["Cem"]),
    ]
    assert [note for sentence in found for note in sentence.notes] == [
        ("empty_words", f"{path}:5"),
        ("empty_words", f"{path}:6"),
    ]
    with pytest.raises(UserError, match=r"f:5: the cell of column 'w' is empty; to skip such words set download.data"):
        read_with(path, content, fill_down=True)
    (sentence,) = read_with(path, "s,w,t\n1,Ada,B-PER\n ,is,O\n", fill_down=True)
    assert sentence.words == ["Ada", "is"]
    with pytest.raises(UserError, match=r"f:2: the cell of column 's' is empty; no row above names a sentence$"):
        read_with(path, "s,w,t\n,Ada,O\n", fill_down=True)


def test_blanks_around_tags_and_ids_are_dropped(tmp_path: Path) -> None:
    (sentence,) = read_with(tmp_path / "f", "s,w,t\n1,Ada,NN \n1 ,Bo,NN\n")
    assert (sentence.id, sentence.tags) == ("1", {"ner": ["NN", "NN"]})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sentence": None}, "sentence is missing: with one word per row, name the column whose value changes"),
        ({"rows": "sentences", "fill_down": True}, "fill_down has no effect with one sentence per row; remove it"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(tmp_path: Path, keys: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read_with(tmp_path / "f", "", **keys)


def test_a_skipped_row_does_not_divide_a_sentence(tmp_path: Path) -> None:
    content = "s,w,t\n1,Ada,O\n,,\n1,is,O\n"
    (sentence,) = read_with(tmp_path / "f", content, empty_words="skip")
    assert (sentence.id, sentence.words) == ("1", ["Ada", "is"])
    assert sentence.notes == (("empty_words", f"{tmp_path}/f:3"),)


IN_DOCUMENTS = "doc,s,w,t\na,1,Ada,O\nb,1,Bo,O\nb,1,ran,O\nb,2,Cem,O\nc,1,Di,O\n"


def test_sentences_numbered_anew_need_the_document(tmp_path: Path) -> None:
    found = read_with(tmp_path / "f", IN_DOCUMENTS, document="doc")
    assert [(sentence.id, sentence.words) for sentence in found] == [
        ("a/1", ["Ada"]),
        ("b/1", ["Bo", "ran"]),
        ("b/2", ["Cem"]),
        ("c/1", ["Di"]),
    ]
    filled = read_with(
        tmp_path / "f", "doc,s,w,t\na,1,Ada,O\nb,1,Bo,O\n,,ran,O\n,2,Cem,O\n", document="doc", fill_down=True
    )
    assert [sentence.words for sentence in filled] == [["Ada"], ["Bo", "ran"], ["Cem"]]
    (joined,) = read_with(tmp_path / "f", "doc,s,w,t\na,1,Ada ran,O O\n", document="doc", rows="sentences")
    assert (joined.id, joined.words) == ("a/1", ["Ada", "ran"])


@pytest.mark.parametrize(
    ("content", "keys", "message"),
    [
        (
            IN_DOCUMENTS,
            {},
            "f:3: 'doc' changes from 'a' to 'b' inside sentence '1'; expected one document per sentence; if the values "
            "of f begin again in each document, set download.dataset.document: doc",
        ),
        (
            IN_DOCUMENTS.replace("doc,", "d,"),
            {},
            "f:6: rows of sentence '1' are not contiguous (first seen on line 2); sort the rows by sentence, or give each "
            "sentence its own value; if the values begin again in each document, set download.dataset.document",
        ),
        (
            IN_DOCUMENTS + "a,1,Ed,O\n",
            {"document": "doc"},
            "f:7: rows of sentence 'a/1' are not contiguous (first seen on line 2); sort the rows by sentence, or give "
            "each sentence its own value",
        ),
        (
            "doc,s,w,t\n,1,Ada,O\n",
            {"document": "doc"},
            "f:2: the cell of column 'doc' is empty; if only its first row names a document, set download.dataset.fill_"
            "down: true in params.yaml",
        ),
        (
            "s,w,t\n" + "1,Ada,O\n" * 501,
            {},
            "f: 501 words with one value in column 's', which would be one sentence; give each sentence its own value, or "
            "name the column of the documents as download.dataset.document",
        ),
    ],
)
def test_sentences_that_would_be_joined_are_refused(
    tmp_path: Path, content: str, keys: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError) as raised:
        read_with(tmp_path / "f", content, **keys)
    assert str(raised.value) == f"{tmp_path}/{message}"
