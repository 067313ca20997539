"""brat: pairs of .txt and .ann as its server writes them."""

from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import kinds, tagged
from helpers.formats import section
from helpers.messages import refused

TEXT = "North and South\r\nAmerica met \U0001f44b Ada.\n"  # offsets count code points, the carriage return too
ANN = """\
T1\tLOC 10 15;17 24\tSouth America
T2\tPER 31 34\tAda
R1\tmet Arg1:T1 Arg2:T2
E1\tMeet:T3 Who:T2
T3\tMeet 25 28\tmet
#1\tAnnotatorNotes T1\twhy
*\tEquiv T1 T2
"""


def read(folder: Path, text: str | bytes, ann: str, **keys: Any):
    (folder / "a.txt").write_bytes(text.encode() if isinstance(text, str) else text)
    (folder / "a.ann").write_bytes(ann.encode())
    dataset = section("brat", **keys)
    assert dataset.files(folder / "a.txt") == [folder / "a.txt", folder / "a.ann"]
    (sentence,) = dataset.read(folder / "a.txt")
    return sentence


PAIRS = [
    # A span that goes on in the next line is not discontinuous.
    (TEXT, ANN, "South/B-LOC America/I-LOC met/B-Meet Ada/B-PER"),
    ("Ada", "T1\tPER\t0\t3\tAda", "Ada/B-PER"),
    ("\ufeffAda", "T1\tPER 1 4\tAda", "Ada/B-PER"),  # a byte order mark counts, but is not a word
]


@pytest.mark.parametrize(("text", "ann", "tags"), PAIRS)
def test_spans_are_read_and_nothing_else(tmp_path, text, ann, tags):
    sentence = read(tmp_path, text, ann)
    assert (tagged(sentence), sentence.notes) == (tags, ())


@pytest.mark.parametrize("policy", ["split", "fill", "drop", "error"])
def test_discontinuous_spans_follow_the_policy(tmp_path, policy):
    tags = {"split": "North/B-LOC America/B-LOC", "fill": "North/B-LOC and/I-LOC South/I-LOC America/I-LOC"}
    sentence = read(tmp_path, TEXT, "T1\tLOC 0 5;17 24\tNorth America\n", discontinuous_spans=policy)
    assert (tagged(sentence), kinds(sentence)) == (tags.get(policy, ""), ["discontinuous_spans"])
    assert ("discontinuous_spans" in section("brat", discontinuous_spans=policy).refused) == (policy == "error")


test_malformed_pair_is_reported_by_line = refused(
    read,
    (TEXT, "T1 LOC 0 5 North\n", "a.ann:1: 'T1 LOC 0 5 North' is not a span; expected T1<tab>TYPE START END<tab>"),
    (TEXT, "#\nT2\tLOC 0 5,7\tNorth\n", "a.ann:2: 'T2\\tLOC 0 5,7\\tNorth' is not a span; expected T1<tab>TYPE"),
    (b"\xff", "", "a.txt: not utf-8 (invalid start byte); save the file as UTF-8"),
)
