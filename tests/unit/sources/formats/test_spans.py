"""Character spans: words and IOB2 tags, and spans that begin or end inside a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.core.errors import UserError
from tagline.sources.formats.sentence import Sentence
from tagline.sources.formats.spans import SpanFiles, read_sentences
from tagline.tokenization.words import split_words


def read(path: Path, rows: list[dict], expand: bool = False) -> list[Sentence]:
    path.write_text("\n".join(map(json.dumps, rows)))
    return list(read_sentences(path, "ner", None, expand))


def files(policy: str) -> SpanFiles:
    names = dict.fromkeys(("train", "validation", "test"), "f")
    return SpanFiles(source="files", format="spans", tag_column="ner", misaligned_spans=policy, **names)


def span(start: int, end: int, label: str) -> dict:
    return {"start": start, "end": end, "label": label, "color": "red"}


def test_spans_become_iob2(tmp_path: Path) -> None:
    text = "\U0001f44b Ada Lind's Oslo, Rome"  # offsets count code points: the hand is one
    spans = [span(18, 23, "LOC"), span(2, 10, "PER"), span(12, 17, "LOC")]  # in any order, white space at an end
    (sentence,) = read(tmp_path / "f", [{"text": text, "spans": spans}])
    assert sentence.words == ["\U0001f44b", "Ada", "Lind", "'s", "Oslo", ",", "Rome"]
    assert sentence.tags == {"ner": ["O", "B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"]}
    assert sentence.notes == ()


TEXT = "Oslobased Ada in New-York state"
CUTS = [span(0, 4, "LOC"), span(10, 13, "PER"), span(21, 31, "LOC")]


@pytest.mark.parametrize(
    ("policy", "tags", "result"),
    [
        ("expand", "B-LOC B-PER O B-LOC I-LOC", "expanded to whole words"),
        ("drop", "O B-PER O O O", "dropped"),
    ],
)
def test_misaligned_spans(tmp_path: Path, policy: str, tags: str, result: str) -> None:
    path = tmp_path / "f"
    path.write_text(json.dumps({"text": TEXT, "spans": CUTS}))
    (sentence,) = files(policy).read(path)
    assert sentence.tags == {"ner": tags.split()}
    assert files(policy).report(sentence.notes) == (
        f"2 spans begin or end inside a word: {result}\n"
        f"  {path}:1: span 0 to 4 (LOC, 'Oslo') covers only part of 'Oslobased'\n"
        f"  {path}:1: span 21 to 31 (LOC, 'York state') covers only part of 'New-York state'"
    )
    assert files(policy).report([]) == ""


def test_only_the_first_examples_are_shown() -> None:
    with pytest.raises(UserError) as raised:
        files("error").report([f"f:{line}: span 0 to 4" for line in range(1234)])
    assert str(raised.value) == (
        "1,234 spans begin or end inside a word; correct them, or set download.dataset.misaligned_spans to expand or "
        "drop:\n  f:0: span 0 to 4\n  f:1: span 0 to 4\n  f:2: span 0 to 4"
    )


def test_two_spans_cannot_both_be_expanded_to_one_word(tmp_path: Path) -> None:
    rows = [{"text": "OsloRome", "spans": [span(0, 4, "LOC"), span(4, 8, "LOC")]}]
    with pytest.raises(
        UserError, match=r"f:1: span 4 to 8 \(LOC, 'Rome'\) cannot be expanded; another span is in 'OsloRome'"
    ):
        read(tmp_path / "f", rows, expand=True)


@given(text=st.text(st.characters(codec="utf-8")).filter(lambda text: text.strip()), data=st.data())
def test_whole_words_come_back_as_the_spans_that_they_were(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    words = split_words(text)
    bounds = sorted(data.draw(st.sets(st.integers(0, len(words)))))
    ranges = list(zip(bounds[::2], bounds[1::2], strict=False))
    spans = [span(words[first][0], words[last - 1][1], "X") for first, last in ranges]
    (sentence,) = read(tmp_path_factory.mktemp("spans") / "f", [{"text": text, "spans": spans}])
    tags = ["O"] * len(words)
    for first, last in ranges:
        tags[first:last] = ["B-X"] + ["I-X"] * (last - first - 1)
    assert sentence.tags == {"ner": tags}
    assert not sentence.notes
