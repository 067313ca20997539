"""GLiNER's training data in JSON or JSON Lines: words with spans of words.

``{"tokenized_text": ["Ada", "in", "Oslo"], "ner": [[0, 0, "person"], [2, 2, "city"]]}``: offsets count words, and the
end is a span's last word.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tagline.sources.formats.annotated import AnnotatedText, EncodedTexts, sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.offsets import list_to_span, span_of_words
from tagline.sources.formats.rows import Row, recognised_by_keys, rows_of
from tagline.terminal import UserError, quoted
from tagline.text.agreement import running_text
from tagline.text.sentence import Sentence


class Keys(EncodedTexts):
    """No keys of its own."""

    format: Literal["gliner"]


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a text per row."""
    return sentences(path, keys, rows_of([path], keys.encoding), _text)


def _text(row: Row, _: Keys) -> AnnotatedText:
    """Read the words of a row as a text."""
    content = row.content.get("tokenized_text")
    if not isinstance(content, list) or not all(isinstance(word, str) and word.strip() for word in content):
        raise UserError(f"{row.location}: 'tokenized_text' must be a list of words; got {quoted(content)}")
    text, words = running_text(content)
    spans = []
    for value in row.items("ner"):
        span = list_to_span(value, row.location)
        spans.append(span_of_words(span._replace(end=span.end + 1), words, row.location, value))
    return AnnotatedText(row.location, text, [Annotation("", spans)], words=words)


FORMAT = Format(
    keys=Keys,
    read=read,
    recognise=recognised_by_keys("tokenized_text", "ner"),
    holds="training data of GLiNER; offsets count words and include the last one",
)
