"""brat's standoff files (https://brat.nlplab.org/standoff.html): a text in NAME.txt, its annotations in NAME.ann.

``T1<tab>PER 0 3<tab>Ada`` is a span, ``T2<tab>ORG 0 5;12 17<tab>Lorem dolor`` a discontinuous one. Relations, events,
attributes and notes are not read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tagline.sources.formats.annotated import AnnotatedText, Errors, OffsetKeys, TextFormat
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import TextKeys
from tagline.sources.formats.lines import ENCODING_REMEDY, read_lines
from tagline.sources.formats.offsets import UNIT_NAMES, Span, boundaries, matches
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note

_SPAN = re.compile(r"T\S*\t(\S+)[ \t](\d{1,15}[ \t]\d{1,15}(?:;\d{1,15}[ \t]\d{1,15})*)\t(.*)")
KIND = "discontinuous_spans"


class Keys(TextKeys):
    """The parts of a discontinuous span become spans, or it is filled, dropped or an error."""

    format: Literal["brat"]
    discontinuous_spans: Literal["error", "split", "fill", "drop"] = "error"


def recognise(sample: Sample) -> Guess | None:
    """Guess the keys of a pair of files."""
    if sample.path.suffix != ".txt" or not sample.path.with_suffix(".ann").is_file():
        return None
    return {**SPANS, "discontinuous_spans": "split"}


def files(path: Path, keys: Keys) -> list[Path]:  # noqa: ARG001 (see `Format.files`)
    """The pair."""
    return [path, path.with_suffix(".ann")]


def counted(keys: Keys) -> dict[str, str]:
    """What a note on a discontinuous span means."""
    outcome = {"error": "", "split": ", each part a span", "fill": ", gaps included", "drop": ", dropped"}
    return {KIND: f"discontinuous spans{outcome[keys.discontinuous_spans]}"}


def refused(keys: Keys) -> dict[str, str]:
    """How to allow discontinuous spans, if they are errors."""
    if keys.discontinuous_spans != "error":
        return {}
    return {KIND: "set download.dataset.discontinuous_spans to split, fill or drop"}


def read(path: Path, keys: Keys, errors: Errors) -> Iterator[AnnotatedText]:
    """Read the only text of a pair.

    Raises:
        UserError: a file of the pair is not in the encoding.
    """
    try:
        # Not in text mode: brat counts a Windows line end as two characters.
        text = path.read_bytes().decode(keys.encoding)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not {keys.encoding} ({error.reason}); {ENCODING_REMEDY}") from None
    notes: list[Note] = []
    spans: list[Span] = []
    annotations = path.with_suffix(".ann")
    for number, line in read_lines(annotations, keys.encoding):
        if line.startswith("T"):
            with errors.collected():
                spans += _spans(line, text, f"{annotations}:{number}", keys, notes)
    # A byte order mark is a character to brat, but not a word.
    shown = " " + text[1:] if text.startswith("\ufeff") else text
    yield AnnotatedText(str(annotations), shown, [Annotation("", spans)], notes=notes)


def _spans(line: str, text: str, location: str, keys: Keys, notes: list[Note]) -> list[Span]:
    match = _SPAN.fullmatch(line)
    if match is None:
        raise UserError(f"{location}: {quoted(line)} is not a span; expected T1<tab>TYPE START END<tab>TEXT")
    label, fragments, mention = match.groups()
    parts = []
    for fragment in fragments.split(";"):
        start, end = fragment.split()
        parts.append(Span(int(start), int(end), label))
    whole = Span(parts[0].start, parts[-1].end, label)
    marked = whole._replace(mention=mention)
    # brat also splits a span where its text goes on in the next line; the unit of offsets is not known yet.
    if len(parts) == 1 or any(matches(marked, text, boundaries(text, unit)) for unit in UNIT_NAMES):
        return [marked]
    notes.append(Note(KIND, f"{location}: {quoted(line)}"))
    if keys.discontinuous_spans == "split":
        return parts
    return [whole] if keys.discontinuous_spans == "fill" else []


FORMAT = TextFormat(
    keys=Keys,
    read=read,
    recognise=recognise,
    holds="pairs of .txt and .ann, of which you name the .txt",
    files=files,
    is_document=True,
    counted=counted,
    refused=refused,
    shared=(OffsetKeys,),
)
