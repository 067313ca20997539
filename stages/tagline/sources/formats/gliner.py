"""GLiNER's training data: ``{"tokenized_text": ["Ada", "in", "Oslo"], "ner": [[0, 0, "person"], [2, 2, "city"]]}``.

Offsets count words, and the end is a span's last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, Errors, list_in, new_span
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import TextFiles
from tagline.sources.formats.json_objects import first_rows, read_rows
from tagline.sources.formats.offsets import Span
from tagline.sources.formats.sniffing import SPANS, Keys, Sample
from tagline.text.agreement import running_text


class GlinerFiles(TextFiles, AnnotatedFiles):
    """JSON or JSON Lines of words with spans of words."""

    holds: ClassVar[str] = "training data of GLiNER; offsets count words and include the last one"

    format: Literal["gliner"]

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        rows = first_rows(sample)
        return {**SPANS} if rows and all({"tokenized_text", "ner"} <= row.keys() for row in rows) else None

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        for location, row in read_rows(path, self.encoding):
            with errors.collected():
                yield _text(row, location, errors)


def _text(row: dict[str, Any], location: str, errors: Errors) -> AnnotatedText:
    content = list_in(row, "tokenized_text", location)
    if "tokenized_text" not in row or not all(isinstance(word, str) and word.strip() for word in content):
        raise UserError(
            f"{location}: 'tokenized_text' must be a list of words; got {quoted(row.get('tokenized_text'))}"
        )
    text, words = running_text(content)
    spans = errors.of_each(list_in(row, "ner", location), lambda value: _span(value, words, location))
    return AnnotatedText(location, text, [Annotation("", spans)], words=words)


def _span(value: Any, words: Sequence[tuple[int, int]], location: str) -> Span:
    if not isinstance(value, list) or len(value) != 3 or type(value[0]) is not int or type(value[1]) is not int:
        raise UserError(f"{location}: a span must be a list of first word, last word and label; got {quoted(value)}")
    first, last, label = value
    if not 0 <= first <= last < len(words):
        raise UserError(f"{location}: span {quoted(value)} is not inside the text of {len(words)} words")
    return new_span(words[first][0], words[last][1], label, location)
