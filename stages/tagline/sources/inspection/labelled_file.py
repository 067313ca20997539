"""A file of labelled texts whose format and keys are recognised."""

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from tagline.labels import Kind
from tagline.labels.schemes import Scheme, detect, in_iob2, is_spans, respell
from tagline.sources.files import FileSource
from tagline.sources.formats.registry import FORMATS, AnyFiles
from tagline.sources.inspection.recognition import guess
from tagline.terminal import UserError

SPLIT = "test"
# Of the keys that a format has: answers are read even where they are not whole words, or overlap.
POLICIES = {"misaligned_spans": "expand", "overlaps": "longest"}


class LabelledText(NamedTuple):
    """A text of the file.

    Attributes:
        words: as the file has them, or as raw text is split.
        labels: one per word, in IOB2 or plain tags.
        types: the types of entities that alone are annotated in it; None: all.
    """

    location: str
    id: str | None
    words: list[str]
    labels: list[str]
    types: Sequence[str] | None = None


def annotated_types(path: Path, texts: Iterable[LabelledText]) -> list[str] | None:
    """Return the types that are annotated in all texts; None if no text leaves one out.

    Raises:
        UserError: no type is annotated in all texts.
    """
    types = [set(text.types) for text in texts if text.types is not None]
    if not types:
        return None
    common = set.intersection(*types)
    if not common:
        raise UserError(f"{path}: no type is annotated in all texts; expected rows that have one in common")
    return sorted(common)


def read(path: Path, column: str, kind: Kind) -> tuple[list[LabelledText], list[str]]:
    """Read a file.

    Args:
        column: the tag column, if the file has several.

    Returns:
        Its texts, and what was changed or left out.

    Raises:
        UserError: no format reads the file, it has several other columns, or the label of a word is unknown.
    """
    keys = guess(path)
    keys |= {key: value for key, value in POLICIES.items() if key in FORMATS[keys["format"]].model_fields}
    files = TypeAdapter[AnyFiles](AnyFiles).validate_python({"source": "files", **keys, SPLIT: path.name})
    source = FileSource(path.parent, files)
    names = list(files.tag_columns)
    if column not in names:
        if len(names) > 1:
            raise UserError(f"{path}: tag columns {', '.join(names)}; expected one, or one named {column}")
        (column,) = names
    texts = []
    for _, sentence in source.sentences():
        tags = [tag for tag in sentence.tags[column] if tag is not None]
        if len(tags) < len(sentence.words):
            raise UserError(f"{sentence.location}: the label of a word is unknown; expected a text labelled in full")
        texts.append(LabelledText(sentence.location, sentence.id, sentence.words, tags, sentence.annotated_types))
    return _in_iob2(texts) if kind == "spans" else texts, source.findings[SPLIT].lines()


def _in_iob2(texts: list[LabelledText]) -> list[LabelledText]:
    """Convert the labels of all texts; without prefixes, they are types (IO)."""
    spelling = respell({*chain.from_iterable(text.labels for text in texts)})
    texts = [text._replace(labels=[spelling.get(label, label) for label in text.labels]) for text in texts]
    scheme: Scheme = "IO"
    if is_spans({*chain.from_iterable(text.labels for text in texts)}):
        scheme = detect(chain.from_iterable(pairwise([None, *text.labels]) for text in texts))
    return [text._replace(labels=in_iob2(text.labels, scheme)) for text in texts]
