"""The annotation page: the tasks inside its HTML file, and the rows that it saves.

Offsets are half-open and count code points of a text, or the words of a sentence that is given as words.

Tasks, one JSON object in ``<script type="application/json" id="tasks">``; their hash is the SHA-256 of its UTF-8 bytes:

version      1
types        the entity types, a list of strings
grounds      the number of the colour of each
guideline    a text, or null
tasks        a list of objects:
    id           unique in the page
    words        the words, whose indices the spans count; or
    text, words  the text, whose code points the spans count, and the [start, end] of its words, the borders of spans
    sha256       `content_hash` of words or text
    spans        [[start, end, type], ...]: where annotation begins, the gold entities or the model's
    suggested    optional, the model's entities: [[start, end, type, score or null], ...], each followed by true or
                 false if the model promises a precision of those with true
    suspect      optional, the spans that the audit suspects: [[start, end, type], ...]
    selection    optional, how the text was chosen to be annotated: random, uncertain or chosen (without a model)

Saved rows, JSON Lines with one object per decided task, its keys in the order of `SAVED`:

id, text or words (strings), sha256    as in the task
spans        [[start, end, type], ...] from left to right
status       one of `STATUSES`; a skipped task keeps its spans as they were, and is no annotation
note         a text, often empty
annotator    a name
at           when it was decided or last changed, in UTC: 2026-11-28T08:00:00Z
tasks        the hash of the tasks
types        the entity types that the page has
selection    as in the task, if it has one
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from tagline.sources.formats.offsets import WordOffsets

VERSION = 1
STATUSES = ("done", "unsure", "skipped")
# The keys of a saved row; `text` or `words` is between the first two.
SAVED = ("id", "sha256", "spans", "status", "note", "annotator", "at", "tasks", "types")

PageSpans = Sequence[tuple[int, int, str]]


def content_hash(content: str | Sequence[str]) -> str:
    """The SHA-256 of a text or of words, written as JSON without spaces."""
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=list)
    return hashlib.sha256(written.encode()).hexdigest()


def task(
    id_: str, content: str | Sequence[str], spans: PageSpans, bounds: WordOffsets = (), **optional: Any
) -> dict[str, Any]:
    """Make a task.

    Args:
        spans: where annotation begins.
        bounds: of the words of a text.
        optional: ``selection``, ``suggested``, ``suspect``; left out if None.
    """
    of_content = {"text": content, "words": bounds} if isinstance(content, str) else {"words": content}
    of_task = {"id": id_, **of_content, "sha256": content_hash(content), "spans": spans}
    return of_task | {name: value for name, value in optional.items() if value is not None}
