"""The formats spans and gliner: keys and ids; spans in one tag per word, in every case that the formats of spans share."""

from typing import Any

import pytest
from helpers.annotated import kinds, tagged
from helpers.formats import fault, read, refusals, report
from helpers.messages import message_of

from tagline.terminal.errors import UserError


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
HALVES = [(0, 2, "LOC"), (2, 4, "ORG")]
EXPAND, FIRST, LONGEST = {"misaligned_spans": "expand"}, {"overlaps": "first"}, {"overlaps": "longest"}


AS_TAGS = [
    # In any order, white space at an end; offsets count code points, of which the hand is one.
    ("\U0001f44b Bo Lind's Rome", [(11, 16, "LOC"), (2, 9, "PER")], {}, "Bo/B-PER Lind/I-PER Rome/B-LOC", []),
    ("Ada Bo", [(0, 3, "\u00e9"), (4, 6, "e\u0301 ")], {}, "Ada/B-\u00e9 Bo/B-\u00e9", ["renamed_types"]),
    (*CUTS, EXPAND, "Oslobased/B-LOC Ada/B-PER New-York/B-LOC state/I-LOC", ["misaligned_spans"] * 3),
    (*CUTS, {"misaligned_spans": "drop"}, "Ada/B-PER", ["misaligned_spans"] * 3),
    (*NESTED, LONGEST, "University/B-ORG of/I-ORG Oslo/I-ORG Rome/B-LOC", ["overlapping_spans"] * 2),
    (*NESTED, FIRST, "Oslo/B-LOC Rome/B-LOC", ["overlapping_spans"] * 2),
    ("OsRo", HALVES, {**EXPAND, **FIRST}, "OsRo/B-LOC", [*["misaligned_spans"] * 2, "overlapping_spans"]),
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
    assert overlapping.startswith("train: spans that share a word with another one: 1 of 5 (20%: X 100%) (")
    assert "overlaps span 10 to 13 (PER, 'Ada'))" in overlapping
    assert overlapping.endswith("; set download.dataset.overlaps to longest or first")


def test_more_than_a_quarter_of_misaligned_spans_is_an_error(tmp_path):
    spans = [(4, 7, "PER"), (17, 22, "LOC"), (10, 12, "X")]
    sentences = read(tmp_path, "spans", [row("Ada lives in Oslo0 near Bergen", spans)] * 10)
    message = r"spans seem to be wrong; .*\n  train: .*: 20 of 30 \(67%: PER 100%, LOC 100%\) \(.*f:1: span"
    with pytest.raises(UserError, match=message):
        report("spans", sentences, **EXPAND)
    assert ": 20 of 30 (67%: PER 100%, LOC 100%) (" in report("spans", sentences, **EXPAND, offsets="code_points")


# A hand with a skin tone, a letter with a combining mark, a Windows line end, a Gothic letter beyond 16 bits.
ODD = "\U0001f44b\U0001f3fd e\u0301tat\r\n\U00010330 Oslo Rome"
UNITS = {
    "code_points": lambda text: list(range(len(text) + 1)),
    "utf16": lambda text: [len(text[:i].encode("utf-16-le")) // 2 for i in range(len(text) + 1)],
    "bytes": lambda text: [len(text[:i].encode()) for i in range(len(text) + 1)],
    "inclusive": lambda text: list(range(len(text) + 1)),
}


def odd_spans(unit: str, mentions: bool):
    counted = UNITS[unit](ODD)
    found = [(word, ODD.index(word)) for word in ("e\u0301tat", "Oslo", "Rome")]
    ends = {word: counted[start + len(word)] - (unit == "inclusive") for word, start in found}
    return [(counted[start], ends[word], "X", *([word] if mentions else [])) for word, start in found]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("mentions", [False, True])
def test_offsets_count_what_params_say(tmp_path, unit, mentions):
    (sentence,) = read(tmp_path, "spans", [row(ODD, odd_spans(unit, mentions))], offsets=unit)
    assert tagged(sentence) == "e\u0301tat/B-X Oslo/B-X Rome/B-X"


def test_errors_of_a_file_are_reported_together(tmp_path):
    rows = [{"text": 1}, row("Ada", [(0, "3", "X"), (0, 3, " ")]), row("Bo", [])]
    assert fault(tmp_path, "spans", rows).split("\n  ") == [
        "f has 3 errors:",
        "f:1: 'text' must be a string; got 1",
        "f:2: start and end of a span must be integers and its label a name; got (0, '3', 'X')",
        "f:2: start and end of a span must be integers and its label a name; got (0, 3, ' ')",
    ]
    first, *others = fault(tmp_path, "spans", rows * 20).split("\n")
    assert (first, len(others)) == ("f has 20 errors; these are the first:", 20)


LIST = "'spans' must be a list, which is empty for a text without spans;"
TEXT = "Ada in Oslo"


test_malformed_span_is_reported_by_line = refusals(
    "spans",
    ({"spans": []}, "the key 'text' is missing"),
    ({"text": "Ada"}, f"{LIST} got 'no such key'"),
    ({"text": "Ada", "spans": "x" * 5000}, f"{LIST} got 'xxx"),
    ({"text": TEXT, "spans": [[0, 3, "X"]]}, "a span must be an object with start, end, label; got [0, 3, 'X']"),
    (row(TEXT, [], annotated=[[0, 3, "X"]]), "'annotated' must be a list of [start, end] in the text; got [0, 3, 'X']"),
    (row(TEXT, [], annotated=[[0, 99]]), "span 0 to 99 (annotated) is not inside the text of 11 characters"),
    at="f:1: ",
)


OUTSIDE = "(X) is not inside the text of 11 characters"
UTF16 = {"offsets": "utf16"}
IN_UNITS = "span 0 to 1 (X) is not inside the text of 24 UTF-16 units, or ends inside a character"
WRONG = [
    ([(7, 12, "X")], {}, f"span 7 to 12 {OUTSIDE}"),
    ([(7, 7, "X")], {}, f"span 7 to 7 {OUTSIDE}"),
    ([(4, 7, "X", "Oslo")], {}, "span 4 to 7 (X) is 'in ' in the text, but 'Oslo' in the file; offsets were"),
    ([*odd_spans("utf16", mentions=True)[:2], (0, 1, "X", "Oslo")], UTF16, IN_UNITS),
]


@pytest.mark.parametrize(("spans", "keys", "message"), WRONG)
def test_wrong_span_is_counted_and_left_out(tmp_path, spans, keys, message):
    (sentence,) = read(tmp_path, "spans", row(ODD if keys else TEXT, spans), **keys)
    (note,) = (note for note in sentence.notes if note.kind == "wrong_spans")
    assert note.occurrence.removeprefix(f"{tmp_path}/").startswith(f"f:1: {message}")
    said = "train: spans that are empty, outside of their text or not their mention, left out: 1 of"
    assert said in report("spans", [sentence], misaligned_spans="expand", overlaps="longest")


def test_more_than_a_quarter_of_wrong_spans_is_an_error(tmp_path):
    sentences = read(tmp_path, "spans", [row("Ada", [(0, 3, "PER"), (0, 4, "X")])] * 11)
    assert ": 10 of 20 (50%: X 100%) (" in report("spans", sentences[:10])
    message = (
        "many spans do not fit their texts; correct them, or export the files again:\n  train: .*: 11 of 22 \\(50%: X"
    )
    with pytest.raises(UserError, match=message):
        report("spans", sentences, offsets="code_points")


test_malformed_row_of_gliner_is_reported_by_line = refusals(
    "gliner",
    ({"tokenized_text": ["Ada", " "]}, "'tokenized_text' must be a list of words; got ['Ada', ' ']"),
    ({"tokenized_text": ["Ada"], "ner": [[0, 0]]}, "a span must be a list of start, end and label; got [0, 0]"),
    at="f:1: ",
)
