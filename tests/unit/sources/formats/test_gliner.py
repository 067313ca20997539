"""GLiNER: malformed rows; test_inspection.py reads right ones."""

from __future__ import annotations

from helpers.formats import refusals

test_malformed_row_is_reported_by_line = refusals(
    "gliner",
    ({"tokenized_text": ["Ada", " "]}, "'tokenized_text' must be a list of words; got ['Ada', ' ']"),
    ({"tokenized_text": ["Ada"], "ner": [[0, 1, "X"]]}, "span [0, 1, 'X'] is not inside the text of 1 words"),
    ({"tokenized_text": ["Ada"], "ner": [[0, 0]]}, "a span must be a list of first word, last word and label; got"),
    at="f:1: ",
)
