"""brat: pairs of .txt and .ann as its server writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged

from tagline.core.errors import UserError
from tagline.sources.formats.brat import BratFiles
from tagline.text.sentence import Sentence

TEXT = "North and South\r\nAmerica met \U0001f44b Ada.\n"  # offsets count code points, the carriage return too
ANN = """\
T1\tLOC 10 15;17 24\tSouth America
T2\tPER 31 34\tAda
R1\tmet Arg1:T1 Arg2:T2
E1\tMeet:T3 Who:T2
T3\tMeet 25 28\tmet
A1\tNegation E1
#1\tAnnotatorNotes T1\twhy
*\tEquiv T1 T2
"""


def files(**keys: Any) -> BratFiles:
    return dataset(BratFiles, "brat", **keys)


def read(folder: Path, text: str, ann: str, **keys: Any) -> Sentence:
    (folder / "a.txt").write_bytes(text.encode())
    (folder / "a.ann").write_bytes(ann.encode())
    (sentence,) = files(**keys).read(folder / "a.txt")
    return sentence


def test_spans_are_read_and_nothing_else(tmp_path: Path) -> None:
    sentence = read(tmp_path, TEXT, ANN)
    assert tagged(sentence) == "South/B-LOC America/I-LOC met/B-Meet Ada/B-PER"
    assert not sentence.notes, "a span that goes on in the next line is not discontinuous"
    assert files().files(tmp_path / "a.txt") == [tmp_path / "a.txt", tmp_path / "a.ann"]


def test_a_span_over_a_line_end_that_was_counted_once(tmp_path: Path) -> None:
    sentence = read(tmp_path, "Go\r\nto South\r\nAmerica", "T1\tLOC 6 11;12 19\tSouth America\n")
    assert (tagged(sentence), kinds(sentence)) == ("South/B-LOC America/I-LOC", [])


@pytest.mark.parametrize(
    ("policy", "tags"),
    [
        ("split", "North/B-LOC America/B-LOC"),
        ("fill", "North/B-LOC and/I-LOC South/I-LOC America/I-LOC"),
        ("drop", ""),
        ("error", ""),
    ],
)
def test_discontinuous_spans(tmp_path: Path, policy: str, tags: str) -> None:
    sentence = read(tmp_path, TEXT, "T1\tLOC 0 5;17 24\tNorth America\n", discontinuous_spans=policy)
    assert tagged(sentence) == tags
    assert kinds(sentence) == ["discontinuous_spans"]
    assert ("discontinuous_spans" in files(discontinuous_spans=policy).refused) == (policy == "error")


def test_a_byte_order_mark_counts_but_is_no_word(tmp_path: Path) -> None:
    sentence = read(tmp_path, "\ufeffAda", "T1\tPER 1 4\tAda")
    assert (sentence.words, tagged(sentence)) == (["Ada"], "Ada/B-PER")


def test_errors_have_the_line_of_the_annotations(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, TEXT, "T1 LOC 0 5 North\nT2\tLOC 0 5,7\tNorth\n")
    assert str(raised.value).replace(f"{tmp_path}/", "").split("\n  ") == [
        "a.txt has 2 errors:",
        "a.ann:1: 'T1 LOC 0 5 North' is not a span; expected T1<tab>TYPE START END<tab>TEXT",
        "a.ann:2: 'T2\\tLOC 0 5,7\\tNorth' is not a span; expected T1<tab>TYPE START END<tab>TEXT",
    ]
    with pytest.raises(UserError, match=r"a.ann: span 0 to 5 \(LOC\) is 'North' in the text, but 'South' in the file"):
        read(tmp_path, TEXT, "T1\tLOC 0 5\tSouth\n")
    (tmp_path / "a.txt").write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"a.txt: not utf-8 \(invalid start byte\); save the file as UTF-8"):
        list(files().read(tmp_path / "a.txt"))
