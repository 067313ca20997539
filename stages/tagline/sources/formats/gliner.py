"""GLiNER's training data in JSON or JSON Lines: words with spans of words.

``{"tokenized_text": ["Ada", "in", "Oslo"], "ner": [[0, 0, "person"], [2, 2, "city"]]}``: offsets count words, and the
end is a span's last word.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tagline.sources.formats.annotated import AnnotatedText, JsonTexts
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.offsets import span_of_words, to_span
from tagline.sources.formats.rows import rows_of
from tagline.terminal import UserError, quoted
from tagline.text.agreement import running_text


class Gliner(JsonTexts):
    signs = frozenset({"tokenized_text", "ner"})

    format: Literal["gliner"]

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        for row in rows_of([path], self.encoding):
            content = row.content.get("tokenized_text")
            if not isinstance(content, list) or not all(isinstance(word, str) and word.strip() for word in content):
                raise UserError(f"{row.location}: 'tokenized_text' must be a list of words; got {quoted(content)}")
            text, words = running_text(content)
            spans = []
            for value in row.items("ner"):
                span = to_span(value, row.location)
                spans.append(span_of_words(span._replace(end=span.end + 1), words, row.location, value))
            yield AnnotatedText(row.location, text, [Annotation("", spans)], words=words)
