"""Prodigy: JSONL with ``tokens`` and ``spans`` for ``ner.manual`` and ``db-in``; other fields are shown as ``meta``.

Offsets count code points; ``token_end`` is inclusive (https://prodi.gy/docs/api-interfaces). The recipe keeps the
tokens of a task, so that the words stay those of the model.
"""

from __future__ import annotations

from typing import Any

from tagline.tools.annotation.task import DIGITS, AnnotationTask, TextEntity


def to_row(task: AnnotationTask) -> dict[str, Any]:
    """Convert a task to an object of the lines that Prodigy imports; gold entities count as accepted."""
    tokens = [
        {"text": task.text[start:end], "start": start, "end": end, "id": index, "ws": task.text[end : end + 1] == " "}
        for index, (start, end) in enumerate(task.words)
    ]
    first = {start: index for index, (start, _) in enumerate(task.words)}
    last = {end: index for index, (_, end) in enumerate(task.words)}
    spans = [_span(each, first[each.start], last[each.end]) for each in task.entities]
    answer = {} if task.gold is None else {"answer": "accept"}
    return {"text": task.text, "tokens": tokens, "spans": spans, "meta": task.all_fields(), **answer}


def _span(entity: TextEntity, first: int, last: int) -> dict[str, Any]:
    score = {} if entity.score is None else {"score": round(entity.score, DIGITS)}
    borders = {"start": entity.start, "end": entity.end, "token_start": first, "token_end": last}
    return {**borders, "label": entity.type, **score}
