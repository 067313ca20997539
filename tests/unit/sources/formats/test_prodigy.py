"""Prodigy: rows as `prodigy db-out` writes them for ner.manual, with answers, sessions and tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged, write_rows

from tagline.core.errors import UserError
from tagline.sources.formats.prodigy import ProdigyFiles


def files(**keys: Any) -> ProdigyFiles:
    return dataset(ProdigyFiles, "prodigy", **keys)


def row(
    text: str, *spans: tuple[int, int, str], hash_: int = 1, answer: str = "accept", **others: Any
) -> dict[str, Any]:
    made = [
        {"start": start, "end": end, "token_start": 0, "token_end": 0, "label": label} for start, end, label in spans
    ]
    return {"text": text, "_input_hash": hash_, "_task_hash": -7, "spans": made, "answer": answer, **others}


def tokens(text: str, *ends: int) -> dict[str, Any]:
    starts = [0, *ends[:-1]]
    return {
        "tokens": [
            {"text": text[s:e], "start": s, "end": e, "id": 0, "ws": False} for s, e in zip(starts, ends, strict=True)
        ]
    }


def test_only_accepted_rows_are_read(tmp_path: Path) -> None:
    rows = [
        row("Ada", (0, 3, "PER"), hash_=1),
        row("Bo", (0, 2, "LOC"), hash_=2, answer="reject"),
        row("Oslo", hash_=3, answer="ignore"),
        {"text": "no spans", "_input_hash": 4, "answer": "accept", "_view_id": "ner", "_is_binary": False},
    ]
    path = write_rows(tmp_path / "f", rows)
    sentences = list(files().read(path))
    assert [tagged(sentence) for sentence in sentences] == ["Ada/B-PER", "", "", ""]
    assert [sentence.words for sentence in sentences] == [["Ada"], [], [], ["no", "spans"]]
    assert kinds(sentences[1]) == ["other_answers", "unannotated_texts"]
    assert [bool(s.words) for s in files(answers=["accept", "ignore"]).read(path)] == [True, False, True, True]


def test_sessions_that_annotated_the_same_text(tmp_path: Path) -> None:
    ada, bo, cy = ({"_session_id": f"data-{name}", "_annotator_id": f"data-{name}"} for name in ("ada", "bo", "cy"))
    rows = [
        row("Ada in Oslo", (0, 3, "PER"), **ada),
        row("Rome", (0, 4, "LOC"), hash_=2, **ada),
        row("Ada in Oslo", (7, 11, "LOC"), (0, 3, "PER"), **bo),
        row("Ada in Oslo", (7, 11, "LOC"), **cy),
    ]
    path = write_rows(tmp_path / "f", rows)
    assert [tagged(s) for s in files(annotators="majority").read(path)] == ["Rome/B-LOC", "Ada/B-PER Oslo/B-LOC"]
    agreed = list(files(annotators="agreed").read(path))
    assert [(tagged(s), kinds(s)) for s in agreed] == [("Rome/B-LOC", []), ("", ["disputed_spans"] * 2)]
    assert [tagged(s) for s in files(annotators="data-cy").read(path)] == ["", "Oslo/B-LOC"]
    with pytest.raises(UserError, match=r"f:1: 3 annotations of one text \(by data-ada, data-bo, data-cy\)"):
        list(files().read(path))


def test_the_tokens_of_the_tool_are_the_words(tmp_path: Path) -> None:
    text = "New-York\n state"
    rows = [row(text, (4, 8, "LOC"), **tokens(text, 3, 4, 8, 9, 10, 15))]
    (sentence,) = files().read(write_rows(tmp_path / "f", rows))
    assert (sentence.words, sentence.tags["ner"]) == (["New", "-", "York", "state"], ["O", "O", "B-LOC", "O"])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"text": "Ada", "spans": []}, "the key 'answer' is missing; expected a row of `prodigy db-out`"),
        (row("Ada", _is_binary=True), "a binary answer, which is about one span only; expected rows of ner.manual"),
        (row("Ada", _view_id="ner"), "a binary answer, which is about one span only; expected rows of ner.manual"),
        (row("Ada", tokens=[{"start": 0, "end": 2}, {"start": 1, "end": 3}]), "tokens must have start and end, in the"),
        (row("Ada", tokens=["Ada"]), "tokens must have start and end, in the order of the text; got 'Ada'"),
        (row("Ada", tokens=[{"start": 0, "end": 4}]), "tokens must have start and end, in the order of the text; got"),
        ({**row("Ada"), "spans": {}}, "'spans' must be a list; got {}"),
        ({"answer": "accept", "image": "x.png"}, "the key 'text' is missing (keys: 'answer', 'image')"),
    ],
)
def test_malformed_row_is_reported_by_line(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as raised:
        list(files().read(write_rows(tmp_path / "f", [bad])))
    assert str(raised.value).startswith(f"{tmp_path}/f:1: {message}")
