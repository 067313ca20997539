"""conformance.jsonl: texts and what the Tagger finds in them, for implementations in other programs and languages.

The texts come with this project, so none of the user's data is in the file. They have what implementations stumble
over: line ends, spaces that are none, combining marks, capitals, emoji, special tokens, words without sub-words, words
and sentences that need several windows.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from tagline.inference import Document, Tagger
from tagline.inference.mentions import mentions
from tagline.labels.tagged import TaggedSentence

CONFORMANCE = "conformance.jsonl"
TEXTS = Path(__file__).with_name("conformance_texts.json")
# Decimals of a score: fewer than processors agree on.
DIGITS = 4


def write(folder: Path) -> None:
    """Write conformance.jsonl: a JSON object per text, as the fastest backend of the export answers.

    ``text``; ``sentences``: the start and end of each word, by sentence; ``entities`` with type, text, start, end and
    score. Offsets count code points.

    Args:
        folder: an export with its graphs and tagger.json.

    Raises:
        UserError: the library that splits words of the model's language is not installed.
    """
    with warnings.catch_warnings(), Tagger(folder, verify=False) as tagger:
        warnings.simplefilter("ignore", UserWarning)  # words that are split otherwise than in training
        documents = [tagger.document(text) for text in json.loads(TEXTS.read_text(encoding="utf-8"))]
        rows = map(_row, documents, tagger.tag(documents))
        lines = [json.dumps(row, allow_nan=False) + "\n" for row in rows]
    (folder / CONFORMANCE).write_text("".join(lines), encoding="utf-8", newline="\n")


def _row(document: Document, tagged: TaggedSentence) -> dict[str, Any]:
    words, sentences = iter(document.spans), document.lengths()
    entities = [mention._asdict() | {"score": round(mention.score, DIGITS)} for mention in mentions(document, tagged)]
    return {
        "text": document.text,
        "sentences": [[next(words) for _ in range(length)] for length in sentences],
        "entities": entities,
    }
