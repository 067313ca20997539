"""brat's standoff files (https://brat.nlplab.org/standoff.html): a text in NAME.txt, its annotations in NAME.ann.

``T1<tab>PER 0 3<tab>Ada`` is a span, ``T2<tab>ORG 0 5;12 17<tab>Lorem dolor`` a discontinuous one. Relations, events,
attributes and notes are not read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tagline.sources.formats.annotated import DISCONTINUOUS, AnnotatedFiles, AnnotatedText
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Encoding
from tagline.sources.formats.lines import ENCODING_REMEDY, UTF_8, read_lines
from tagline.sources.formats.offsets import Span
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note

_SPAN = re.compile(r"T\S*\t(\S+)[ \t](\d{1,15}[ \t]\d{1,15}(?:;\d{1,15}[ \t]\d{1,15})*)\t(.*)")
_OFFSETS = re.compile(r"(\d+)[ \t](\d+)")


class Brat(AnnotatedFiles):
    """Discontinuous spans are split, filled, dropped or an error."""

    is_document = True
    own_notes = (DISCONTINUOUS,)

    encoding: Encoding = UTF_8
    format: Literal["brat"]
    discontinuous_spans: Literal["error", "split", "fill", "drop"] = "error"

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        if sample.path.suffix != ".txt" or not sample.path.with_suffix(".ann").is_file():
            return None
        return {**SPANS, "discontinuous_spans": "split"}

    def files(self, path: Path) -> list[Path]:
        return [path, path.with_suffix(".ann")]

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        yield _text(path, self)


def _text(path: Path, keys: Brat) -> AnnotatedText:
    try:
        # Not in text mode: brat counts a Windows line end as two characters.
        text = path.read_bytes().decode(keys.encoding)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not {keys.encoding} ({error.reason}); {ENCODING_REMEDY}") from None
    annotations = path.with_suffix(".ann")
    spans: list[Span] = []
    notes: list[Note] = []
    for number, line in read_lines(annotations, keys.encoding):
        if line.startswith("T"):
            spans += _spans(line, f"{annotations}:{number}", text, keys, notes)
    # A byte order mark is a character to brat, but not a word.
    shown = " " + text[1:] if text.startswith("\ufeff") else text
    return AnnotatedText(str(annotations), shown, [Annotation("", spans)], notes=notes)


def _spans(line: str, location: str, text: str, keys: Brat, notes: list[Note]) -> list[Span]:
    match = _SPAN.fullmatch(line)
    if match is None:
        raise UserError(f"{location}: {quoted(line)} is not a span; expected T1<tab>TYPE START END<tab>TEXT")
    label, fragments, mention = match.groups()
    parts = [Span(int(start), int(end), label) for start, end in _OFFSETS.findall(fragments)]
    whole = Span(parts[0].start, parts[-1].end, label)
    # brat also splits a span where its text goes on in the next line.
    if len(parts) == 1 or text[whole.start : whole.end].split() == mention.split():
        return [whole._replace(mention=mention)]
    notes.append(Note(DISCONTINUOUS, f"{location}: {quoted(line)}"))
    if keys.discontinuous_spans == "split":
        return parts
    return [whole] if keys.discontinuous_spans == "fill" else []
