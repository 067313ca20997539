"""brat's standoff files (https://brat.nlplab.org/standoff.html): a text in NAME.txt, its annotations in NAME.ann.

``T1<tab>PER 0 3<tab>Ada`` is a span, ``T2<tab>ORG 0 5;12 17<tab>Lorem dolor`` a discontinuous one. Relations, events,
attributes and notes are not read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from tagline.sources.formats.annotated import AnnotatedText, Errors, OffsetFiles
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import TextFiles
from tagline.sources.formats.lines import ENCODING_REMEDY, read_lines
from tagline.sources.formats.offsets import UNIT_NAMES, Span, boundaries, matches
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted
from tagline.text.sentence import Note

_SPAN = re.compile(r"T\S*\t(\S+) (\d{1,15} \d{1,15}(?:;\d{1,15} \d{1,15})*)\t(.*)")
KIND = "discontinuous_spans"


class BratFiles(TextFiles, OffsetFiles):
    """Pairs of .txt and .ann; the parts of a discontinuous span become spans, or it is filled, dropped or an error."""

    holds: ClassVar[str] = "pairs of .txt and .ann, of which you name the .txt"
    is_document: ClassVar[bool] = True

    format: Literal["brat"]
    discontinuous_spans: Literal["error", "split", "fill", "drop"] = "error"

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        is_pair = sample.path.suffix == ".txt" and sample.path.with_suffix(".ann").is_file()
        return {**SPANS, "discontinuous_spans": "split"} if is_pair else None

    @property
    def meanings(self) -> dict[str, str]:
        outcome = {"error": "", "split": ", each part a span", "fill": ", gaps included", "drop": ", dropped"}
        return {**super().meanings, KIND: f"discontinuous spans{outcome[self.discontinuous_spans]}"}

    @property
    def refused(self) -> dict[str, str]:
        remedy = {KIND: "set download.dataset.discontinuous_spans to split, fill or drop"}
        return {**super().refused, **(remedy if self.discontinuous_spans == "error" else {})}

    def files(self, path: Path) -> list[Path]:
        return [path, path.with_suffix(".ann")]

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        """See `AnnotatedFiles.texts`.

        Raises:
            UserError: a file of the pair is not in the encoding.
        """
        try:
            # Not in text mode: brat counts a Windows line end as two characters.
            text = path.read_bytes().decode(self.encoding)
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: not {self.encoding} ({error.reason}); {ENCODING_REMEDY}") from None
        notes: list[Note] = []
        spans: list[Span] = []
        annotations = path.with_suffix(".ann")
        for number, line in read_lines(annotations, self.encoding):
            if line.startswith("T"):
                with errors.collected():
                    spans += self._spans(line, text, f"{annotations}:{number}", notes)
        # A byte order mark is a character to brat, but not a word.
        shown = " " + text[1:] if text.startswith("\ufeff") else text
        yield AnnotatedText(str(annotations), shown, [Annotation("", spans)], notes=notes)

    def _spans(self, line: str, text: str, location: str, notes: list[Note]) -> list[Span]:
        match = _SPAN.fullmatch(line)
        if match is None:
            expected = "T1<tab>TYPE START END<tab>TEXT"
            raise UserError(f"{location}: {quoted(line)} is not a span; expected {expected}")
        label, fragments, mention = match.groups()
        parts = [(int(start), int(end)) for start, end in (each.split() for each in fragments.split(";"))]
        whole = Span(parts[0][0], parts[-1][1], label)
        marked = whole._replace(mention=mention)
        # brat also splits a span where its text goes on in the next line; the unit of offsets is not known yet.
        if len(parts) == 1 or any(matches(marked, text, boundaries(text, unit)) for unit in UNIT_NAMES):
            return [marked]
        notes.append(Note(KIND, f"{location}: {quoted(line)}"))
        policies = {"split": [Span(start, end, label) for start, end in parts], "fill": [whole]}
        return policies.get(self.discontinuous_spans, [])
