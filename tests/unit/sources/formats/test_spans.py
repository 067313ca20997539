"""The formats spans and gliner: keys and ids; spans in one tag per word, in every case that the formats of spans share."""

from typing import Any

import pytest
from helpers.annotated import kinds, tagged
from helpers.formats import read, refusals, report
from helpers.messages import message_of


def row(text: str, spans: Any, **others: Any):
    """A text with spans of start, end, label and, if they have it, the mention."""
    keys = ("start", "end", "label", "text")
    objects = [{**dict(zip(keys, span, strict=False)), "color": "red"} for span in spans or ()]
    return {"text": text, "spans": None if spans is None else objects, **others}


def test_words_outside_of_what_is_annotated_are_unknown(tmp_path):
    text = row("Ada saw Bo in Oslo. Rome", [(14, 18, "LOC")], annotated=[[0, 10], [12, 19]])
    (sentence,) = read(tmp_path, "spans", text)
    assert tagged(sentence) == "in/? Oslo/B-LOC Rome/?", "a word is known as a whole or not"
    (cut, rest) = read(tmp_path, "spans", text | {"annotated": []}, sentences="split")
    assert (tagged(cut), tagged(rest)) == ("Ada/? saw/? Bo/? in/? Oslo/B-LOC ./?", "Rome/?")


CUTS = ("Oslobased Ada in New-York state", [(0, 4, "LOC"), (10, 13, "PER"), (21, 31, "LOC"), (13, 14, "LOC")])
NESTED = ("University of Oslo in Rome", [(14, 18, "LOC"), (0, 18, "ORG"), (22, 26, "LOC"), (22, 26, "ORG")])
EXPAND, FIRST, LONGEST = {"misaligned_spans": "expand"}, {"overlaps": "first"}, {"overlaps": "longest"}


AS_TAGS = [
    # In any order, white space at an end; offsets count code points, of which the hand is one.
    ("\U0001f44b Bo Lind's Rome", [(11, 16, "LOC"), (2, 9, "PER")], {}, "Bo/B-PER Lind/I-PER Rome/B-LOC", []),
    ("Ada Bo", [(0, 3, "\u00e9"), (4, 6, "e\u0301 ")], {}, "Ada/B-\u00e9 Bo/B-\u00e9", ["renamed_types"]),
    (*CUTS, EXPAND, "Oslobased/B-LOC Ada/B-PER New-York/B-LOC state/I-LOC", ["misaligned_spans"] * 3),
    (*CUTS, {"misaligned_spans": "drop"}, "Ada/B-PER", ["misaligned_spans"] * 3),
    (*NESTED, LONGEST, "University/B-ORG of/I-ORG Oslo/I-ORG Rome/B-LOC", ["overlapping_spans"] * 2),
    (*NESTED, FIRST, "Oslo/B-LOC Rome/B-LOC", ["overlapping_spans"] * 2),
    ("Ada", [(0, 3, "PER")] * 3, {}, "Ada/B-PER", ["duplicate_spans"] * 2),
    ("Ada", None, {}, "", ["null_spans"]),
    ("Ada", [(0, 3, "PER"), (0, 4, "X"), (2, 2, "X")], {}, "Ada/B-PER", ["wrong_spans"] * 2),
    (" ", [(0, 9, "X")], {}, "", ["wrong_spans", "empty_texts"]),
    # Mentions with other white space.
    ("New \n York", [(0, 10, "X", "New York")], {}, "New/B-X York/I-X", []),
    ("Ada :) 's\u00a0A\nU.S.", [(4, 11, "X")], {"split_words": "spaces"}, ":)/B-X 's\u00a0A/I-X", []),
]


@pytest.mark.parametrize(("text", "spans", "keys", "tags", "notes"), AS_TAGS)
def test_spans_become_iob2(tmp_path, text, spans, keys, tags, notes):
    (sentence,) = read(tmp_path, "spans", [row(text, spans)], **keys)
    assert (tagged(sentence), kinds(sentence)) == (tags, notes)


def test_all_policies_that_refuse_are_reported_at_once(tmp_path):
    (sentence,) = read(tmp_path, "spans", [row(CUTS[0], [*CUTS[1], (10, 16, "X")])])
    first, misaligned, overlapping = message_of(report, "spans", [sentence]).split("\n  ")
    assert first == "spans that tags cannot represent; correct them, or choose a policy:"
    assert misaligned.startswith("train: spans that begin or end inside a word: 3 of 5 (60%: LOC 100%) (")
    assert misaligned.endswith("; set download.dataset.misaligned_spans to expand or drop")
    assert "overlaps span 10 to 13 (PER, 'Ada'))" in overlapping
    assert overlapping.endswith("; set download.dataset.overlaps to longest or first")


TOO_MANY = [
    ([(4, 7, "PER"), (17, 22, "LOC"), (10, 12, "X")], "seem to be wrong", ": 20 of 30 (67%: PER 100%, LOC 100%) ("),
    ([(0, 3, "X"), (0, 99, "Y")], "many spans do not fit their texts", ": 11 of 22 (50%: Y 100%) ("),
]


@pytest.mark.parametrize(("spans", "problem", "share"), TOO_MANY)
def test_more_than_a_quarter_of_misfit_spans_is_an_error(tmp_path, spans, problem, share):
    sentences = read(
        tmp_path, "spans", [row("Ada lives in Oslo0 near Bergen", spans)] * (10 if len(spans) == 3 else 11)
    )
    message = message_of(report, "spans", sentences, **EXPAND)
    assert problem in message and share in message
    if len(spans) == 3:  # whoever names the unit of offsets trusts them
        assert share in report("spans", sentences, **EXPAND, offsets="code_points")


# A hand with a skin tone, a letter with a combining mark, a Windows line end, a Gothic letter beyond 16 bits.
ODD = "\U0001f44b\U0001f3fd e\u0301tat\r\n\U00010330 Oslo Rome"
UNITS = {
    "code_points": lambda text: len(text),
    "utf16": lambda text: len(text.encode("utf-16-le")) // 2,
    "bytes": lambda text: len(text.encode()),
    "inclusive": lambda text: len(text),
}


@pytest.mark.parametrize("unit", UNITS)
def test_offsets_count_what_params_say(tmp_path, unit):
    spans = []
    for word in ("e\u0301tat", "Oslo", "Rome"):
        before = ODD[: ODD.index(word)]
        spans.append((UNITS[unit](before), UNITS[unit](before + word) - (unit == "inclusive"), "X", word))
    (sentence,) = read(tmp_path, "spans", [row(ODD, [*spans, (0, 1, "X", "Oslo")])], offsets=unit)
    assert tagged(sentence) == "e\u0301tat/B-X Oslo/B-X Rome/B-X"
    assert kinds(sentence) == ["wrong_spans"], "half a character, or another mention"


TEXT = "Ada in Oslo"
OUTSIDE = "(X) is not inside the text, whose length in code_points is 11; expected start < end"
WRONG = [
    ((7, 12, "X"), f"span 7 to 12 {OUTSIDE}"),
    ((7, 7, "X"), f"span 7 to 7 {OUTSIDE}"),
    ((4, 7, "X", "Oslo"), "span 4 to 7 (X) is 'in ' in the text, but 'Oslo' in the file; offsets were"),
]


@pytest.mark.parametrize(("span", "message"), WRONG)
def test_wrong_span_is_counted_and_left_out(tmp_path, span, message):
    (sentence,) = read(tmp_path, "spans", row(TEXT, [span]))
    said = "train: spans that are empty, outside of their text or not their mention, left out: 1 of 1 (100%: X 100%) ("
    assert f"{said}{tmp_path}/f:1: {message}" in report("spans", [sentence])


test_malformed_span_is_reported_by_line = refusals(
    "spans",
    ({"spans": []}, "the key 'text' is missing"),
    ({"text": 1}, "'text' must be a string; got 1"),
    ({"text": "Ada"}, "'spans' must be a list, which is empty for a text without spans"),
    ({"text": "Ada", "spans": "x" * 5000}, "'spans' must be a list; got 'xxx"),
    (
        {"text": TEXT, "spans": [[0, 3]]},
        "a span must be an object with start, end, label, or a list of these; got [0, 3]",
    ),
    (row(TEXT, [(0, "3", "X")]), "start and end of a span must be integers and its label a name; got (0, '3', 'X')"),
    (row(TEXT, [(0, 3, " ")]), "start and end of a span must be integers and its label a name; got (0, 3, ' ')"),
    (row(TEXT, [], annotated=[[0, 3, "X"]]), "'annotated' must be a list of [start, end]; got [0, 3, 'X']"),
    (
        row(TEXT, [], annotated=[[0, 99]]),
        "span 0 to 99 (annotated) is not inside the text, whose length in code_points",
    ),
    at="f:1: ",
)
test_malformed_row_of_gliner_is_reported_by_line = refusals(
    "gliner",
    ({"tokenized_text": ["Ada", " "]}, "'tokenized_text' must be a list of words; got ['Ada', ' ']"),
    (
        {"tokenized_text": ["Ada"], "ner": [[0, 0]]},
        "a span must be an object with start, end, label, or a list of these; got [0, 0]",
    ),
    at="f:1: ",
)
