"""CSV in long form: sentences by a column, cells in quotes or never."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.sources.formats.csv_rows import read_sentences
from tagline.sources.formats.sentence import Sentence


def read(path: Path, delimiter: str = ",", quote: str | None = '"') -> list[Sentence]:
    return list(read_sentences(path, "s", "word", {"ner": "tag"}, delimiter, quote))


@pytest.mark.parametrize(
    ("content", "delimiter", "quote"),
    [
        ('s,word,tag\n1,"a,""",B-X\n1,b,O\n2,c,O\n', ",", '"'),
        ('\ufefftag,s,more,word\r\nB-X,1,"","a,"""\r\nO,1,y,b\r\n\r\nO,2,,c', ",", '"'),
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


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1)


@given(st.lists(st.lists(st.tuples(CELL, CELL), min_size=1), min_size=1))
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
