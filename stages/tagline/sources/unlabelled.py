"""Unlabelled texts: sentences of train whose tags are all unknown, so that only a teacher labels them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from tqdm import tqdm

from tagline.core.terminal import printable
from tagline.sources.formats.lines import UTF_8_REMEDY, read_lines
from tagline.text.languages import splitter
from tagline.text.sentence import Sentence
from tagline.text.sentences import ends_among, split_sentences


def read_texts(
    path: Path, name: str, language: str | None, tag_columns: Sequence[str], whole: bool
) -> Iterator[Sentence]:
    """Read a file of one text per line, each a document, as sentences of words.

    Args:
        path: the file, UTF-8; lines of white space only are skipped.
        name: of the file, for ids.
        language: ``download.dataset.language``.
        tag_columns: of the data set.
        whole: whether a text is one sentence.

    Raises:
        UserError: the file is not UTF-8.
    """
    split_words = splitter(language)
    lines = read_lines(path, remedy=UTF_8_REMEDY)
    for number, text in tqdm(lines, desc=printable(path.name), unit=" texts", disable=None):
        spans = split_words(text)
        words = [text[start:end] for start, end in spans]
        sentences = [(0, len(text))] if whole else split_sentences(text, language)
        ends = ends_among(spans, sentences) if words else []
        for index, (begin, end) in enumerate(pairwise([0, *ends]), 1):
            yield Sentence(
                f"{path}:{number}",
                words[begin:end],
                {column: [None] * (end - begin) for column in tag_columns},
                id=f"{name}:{number}-{index}",
                document=f"{name}#{number}",
            )
