"""Character spans: words and IOB2 tags of them, and what becomes of spans that cut a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.core.errors import UserError
from tagline.sources.formats.sentence import Sentence
from tagline.sources.formats.spans import MisalignedSpans, read_sentences
from tagline.tokenization.words import split_words


def read(path: Path, rows: list[dict], policy: str = "error") -> tuple[list[Sentence], MisalignedSpans]:
    path.write_text("\n".join(map(json.dumps, rows)))
    cut = MisalignedSpans(policy)
    return list(read_sentences(path, "ner", None, cut)), cut


def span(start: int, end: int, label: str) -> dict:
    return {"start": start, "end": end, "label": label, "color": "red"}


def test_spans_become_iob2(tmp_path: Path) -> None:
    text = "\U0001f44b Ada Lind's Oslo, Rome"  # offsets count code points: the hand is one
    spans = [span(18, 23, "LOC"), span(2, 10, "PER"), span(12, 17, "LOC")]  # in any order, white space at an end
    (sentence,), cut = read(tmp_path / "f", [{"text": text, "spans": spans}])
    assert sentence.words == ["\U0001f44b", "Ada", "Lind", "'s", "Oslo", ",", "Rome"]
    assert sentence.layers == {"ner": ["O", "B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"]}
    assert cut.report() == ""


TEXT = "Oslobased Ada in New-York state"
CUTS = [span(0, 4, "LOC"), span(10, 13, "PER"), span(21, 31, "LOC")]


@pytest.mark.parametrize(
    ("policy", "tags", "told"),
    [
        ("expand", "B-LOC B-PER O B-LOC I-LOC", "expanded to whole words"),
        ("drop", "O B-PER O O O", "dropped"),
    ],
)
def test_spans_that_cut_a_word(tmp_path: Path, policy: str, tags: str, told: str) -> None:
    path = tmp_path / "f"
    (sentence,), cut = read(path, [{"text": TEXT, "spans": CUTS}], policy)
    assert sentence.layers == {"ner": tags.split()}
    report = (
        f"2 spans cut a word: {told}\n"
        f"  {path}:1: the span 0 to 4 (LOC, 'Oslo') cuts 'Oslobased'\n"
        f"  {path}:1: the span 21 to 31 (LOC, 'York state') cuts 'New-York state'"
    )
    assert cut.report() == report
    list(read_sentences(path, "ner", None, cut))
    assert cut.report() == report, "a file that is read again adds nothing"


def test_only_the_first_examples_are_told(tmp_path: Path) -> None:
    rows = [{"text": "Oslobased", "spans": [span(0, 4, "LOC")]}] * 1234
    _, cut = read(tmp_path / "f", rows)
    with pytest.raises(
        UserError, match="1,234 spans cut a word; correct them or set download.dataset.misaligned_spans"
    ) as raised:
        cut.report()
    assert str(raised.value).count("\n") == 3


def test_two_spans_cannot_both_be_widened_to_one_word(tmp_path: Path) -> None:
    rows = [{"text": "OsloRome", "spans": [span(0, 4, "LOC"), span(4, 8, "LOC")]}]
    with pytest.raises(
        UserError, match=r"f:1: the span 4 to 8 \(LOC, 'Rome'\) can't be expanded: another span is in 'OsloRome'"
    ):
        read(tmp_path / "f", rows, "expand")


@given(text=st.text(st.characters(codec="utf-8")).filter(lambda text: text.strip()), data=st.data())
def test_whole_words_come_back_as_the_spans_that_they_were(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    words = split_words(text)
    bounds = sorted(data.draw(st.sets(st.integers(0, len(words)))))
    ranges = list(zip(bounds[::2], bounds[1::2], strict=False))
    spans = [span(words[first][0], words[last - 1][1], "X") for first, last in ranges]
    (sentence,), cut = read(tmp_path_factory.mktemp("spans") / "f", [{"text": text, "spans": spans}])
    tags = ["O"] * len(words)
    for first, last in ranges:
        tags[first:last] = ["B-X"] + ["I-X"] * (last - first - 1)
    assert sentence.layers == {"ner": tags}
    assert not cut.found
