"""Prodigy: rows as `prodigy db-out` writes them for ner.manual, with answers, sessions and tokens."""

from itertools import pairwise
from typing import Any

from helpers.annotated import kinds, tagged
from helpers.formats import fault, read, refusals


def row(text: str, *spans: tuple[int, int, str], number: int = 1, answer: str = "accept", **others: Any):
    made = [{**dict(zip(("start", "end", "label"), span, strict=True)), "token_start": 0} for span in spans]
    return {"text": text, "_input_hash": number, "_task_hash": -7, "spans": made, "answer": answer, **others}


def token(start: int, end: int):
    return {"start": start, "end": end, "id": 0}


def test_only_accepted_rows_are_read(tmp_path):
    rows = [
        row("Ada", (0, 3, "PER")),
        row("Bo", (0, 2, "LOC"), number=2, answer="reject"),
        {"text": "no spans", "_input_hash": 4, "answer": "ignore", "_view_id": "ner", "_is_binary": False},
    ]
    sentences = read(tmp_path, "prodigy", rows)
    assert list(map(tagged, sentences)) == ["Ada/B-PER", "", ""]
    assert kinds(sentences[1]) == ["other_answers", "unannotated_texts"]
    others = read(tmp_path, "prodigy", rows, answers=["accept", "ignore"])
    assert [sentence.words for sentence in others] == [["Ada"], [], ["no", "spans"]]


def test_a_binary_answer_is_about_its_span_only(tmp_path):
    binary = {"_is_binary": True, "_view_id": "ner"}
    rows = [
        row("Ada in Oslo", (0, 3, "PER"), **binary),
        row("Ada in Oslo", (4, 6, "LOC"), answer="reject", **binary),
        row("Ada in Oslo", (7, 11, "LOC"), **binary),
        row("Bo Lind", (0, 2, "PER"), number=2, answer="reject", _view_id="ner"),
    ]
    sentences = read(tmp_path, "prodigy", rows, answers=["accept", "reject"])
    assert list(map(tagged, sentences)) == ["Ada/B-PER in/? Oslo/B-LOC", ""]
    assert list(map(kinds, sentences)) == [["other_answers"], ["other_answers", "unannotated_texts"]]
    both = fault(tmp_path, "prodigy", [*rows, row("Ada in Oslo")])
    assert both.startswith("f:1: binary answers beside complete annotations of one text; expected rows of one kind;")


def test_sessions_that_annotated_the_same_text(tmp_path):
    rows = [
        row("Ada in Oslo", (0, 3, "PER"), _session_id="ada"),
        row("Rome", (0, 4, "LOC"), number=2, _session_id="ada"),
        row("Ada in Oslo", (6, 11, "LOC"), (0, 3, "PER"), _session_id="bo"),  # with a space, it covers the same words
        row("Ada in Oslo", (7, 11, "LOC"), _session_id="data", _annotator_id="cy"),
    ]
    found = read(tmp_path, "prodigy", rows, annotator="cy")
    assert list(map(tagged, found)) == ["", "Oslo/B-LOC"]
    assert fault(tmp_path, "prodigy", rows).startswith("f:1: 3 annotations of one text that differ (by ada, bo, cy)")


def test_the_tokens_of_the_tool_are_the_words(tmp_path):
    tokens = [token(*each) for each in pairwise((0, 3, 4, 8, 9, 10, 15))]
    (sentence,) = read(tmp_path, "prodigy", [row("New-York\n state", (4, 8, "LOC"), tokens=tokens)])
    assert (sentence.words, tagged(sentence)) == (["New", "-", "York", "state"], "York/B-LOC")


MOVED = {**token(0, 4), "text": "Ada"}
test_malformed_row_is_reported_by_line = refusals(
    "prodigy",
    ({"text": "Ada", "spans": []}, "the key 'answer' is missing; expected a row of `prodigy db-out`"),
    (row("Ada", tokens=[token(0, 2), token(1, 3)]), "token {'start': 1, 'end': 3, 'id': 0} is not in the text, or"),
    (row("Ada, so", tokens=[MOVED]), "token {'start': 0, 'end': 4, 'id': 0, 'text': 'Ada'} is not in the text, or not"),
    (row("Ada", tokens=[3]), "a span must be an object with start, end, label, or a list of these; got 3"),
    ({**row("Ada"), "spans": {}}, "'spans' must be a list; got {}"),
    at="f:1: ",
)
