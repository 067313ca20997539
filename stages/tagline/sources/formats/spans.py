"""Raw text with character spans, in JSON or JSON Lines, as annotation tools export it.

``{"text": "Ada lives in Oslo.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}``: offsets in code points, the end
not included; other keys are passed over. Words by the rule of `tagline.tokenization.words`, tags in IOB2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tagline.core.errors import UserError
from tagline.sources.formats.json_rows import read_rows
from tagline.sources.formats.lists import to_id
from tagline.sources.formats.sentence import Sentence
from tagline.tokenization.words import split_words


class Span(NamedTuple):
    start: int
    end: int
    label: str


@dataclass
class MisalignedSpans:
    """Spans that begin or end inside a word, gathered while files are read.

    Attributes:
        policy: ``expand`` them to whole words, ``drop`` them, or ``error`` the data set once all are known.
        found: each of them as messages tell it. A dict for its order: a file that is read twice adds nothing.
    """

    policy: Literal["expand", "drop", "error"]
    found: dict[str, None] = field(default_factory=dict)

    def report(self) -> str:
        """How many there were and the first of them; nothing where there were none.

        Raises:
            UserError: there were some and the policy is to refuse them.
        """
        if not self.found:
            return ""
        count = f"{len(self.found):,} span{'s cut' if len(self.found) > 1 else ' cuts'} a word"
        first = "".join(f"\n  {text}" for text in list(self.found)[:3])
        if self.policy == "error":
            raise UserError(f"{count}; correct them or set download.dataset.misaligned_spans to expand or drop:{first}")
        return f"{count}: {'expanded to whole words' if self.policy == 'expand' else 'dropped'}{first}"


def read_sentences(path: Path, layer: str, id_key: str | None, cut: MisalignedSpans) -> Iterator[Sentence]:
    """Read a file text by text; spans that cut a word are noted in `cut` and treated as its policy says.

    Raises:
        UserError: see `read_rows`; a text is missing or has no word; a span is malformed, empty, reaches beyond the text,
            overlaps another one or holds no word.
    """
    for number, row in read_rows(path):
        place = f"{path}:{number}"
        text = row.get("text")
        if not isinstance(text, str):
            raise UserError(
                f"{place}: 'text' must be a string, got {text!r}" if "text" in row else f"{place}: no 'text'"
            )
        words = split_words(text)
        if not words:
            raise UserError(f"{place}: 'text' holds no word")
        if id_key is not None and id_key not in row:
            raise UserError(f"{place}: no {id_key!r}")
        tags = _tags(text, words, _spans(row, text, place), cut, place)
        sentence_id = to_id(row[id_key], id_key, place) if id_key is not None else None
        yield Sentence(place, [text[start:end] for start, end in words], {layer: tags}, sentence_id)


def _spans(row: dict[str, Any], text: str, place: str) -> list[Span]:
    """The spans of a row in the order of the text, checked."""
    values = row.get("spans")
    if not isinstance(values, list):
        found = f"got {values!r}" if "spans" in row else "the key is missing"
        raise UserError(f"{place}: 'spans' must be a list, empty where there is nothing to mark; {found}")
    spans = sorted(_span(value, text, place) for value in values)
    for before, after in pairwise(spans):
        if after.start < before.end:
            raise UserError(
                f"{place}: {_describe(before, text)} and {_describe(after, text)} overlap: a word can have one tag only"
            )
    return spans


def _span(value: Any, text: str, place: str) -> Span:
    keys = ("start", "end", "label")
    if not isinstance(value, dict) or any(key not in value for key in keys):
        raise UserError(f"{place}: a span must be an object with {', '.join(keys)}, got {value!r}")
    start, end, label = (value[key] for key in keys)
    if type(start) is not int or type(end) is not int or not isinstance(label, str) or not label.strip():
        raise UserError(f"{place}: start and end of a span must be whole numbers and its label a name, got {value!r}")
    if not 0 <= start < end <= len(text):
        raise UserError(f"{place}: no span {start} to {end} ({label}) in a text of {len(text)} characters")
    return Span(start, end, label)


def _tags(text: str, words: list[tuple[int, int]], spans: list[Span], cut: MisalignedSpans, place: str) -> list[str]:
    """Tag the words of a text in IOB2. Words and spans both ascend, so one pass over the words is enough."""
    tags = ["O"] * len(words)
    first = 0
    for span in spans:
        while first < len(words) and words[first][1] <= span.start:
            first += 1
        last = first
        while last < len(words) and words[last][0] < span.end:
            last += 1
        if first == last:
            raise UserError(f"{place}: {_describe(span, text)} holds white space only")
        start, end = words[first][0], words[last - 1][1]
        if start < span.start or span.end < end:
            cut.found[f"{place}: {_describe(span, text)} cuts {text[start:end]!r}"] = None
            if cut.policy != "expand":
                continue
            if tags[first] != "O":
                raise UserError(
                    f"{place}: {_describe(span, text)} can't be expanded: another span is in {text[start:end]!r}"
                )
        tags[first:last] = [f"B-{span.label}", *[f"I-{span.label}"] * (last - first - 1)]
    return tags


def _describe(span: Span, text: str) -> str:
    return f"the span {span.start} to {span.end} ({span.label}, {text[span.start : span.end]!r})"
