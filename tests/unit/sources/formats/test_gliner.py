"""GLiNER: malformed rows; test_registry.py reads right ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.formats import fault


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"tokenized_text": ["Ada", " "]}, "'tokenized_text' must be a list of words; got ['Ada', ' ']"),
        ({"tokenized_text": ["Ada"], "ner": [[0, 1, "X"]]}, "span [0, 1, 'X'] is not inside the text of 1 words"),
        ({"tokenized_text": ["Ada"], "ner": [[0, 0]]}, "a span must be a list of first word, last word and label; got"),
    ],
)
def test_malformed_row_is_reported_by_line(tmp_path: Path, row: dict[str, object], message: str) -> None:
    assert fault(tmp_path, "gliner", [row]).startswith(f"f:1: {message}")
