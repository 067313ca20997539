"""CoNLL-U files (https://universaldependencies.org/format.html): ten columns divided by tabs, comments, word ids.

Syntactic words are read. The surface form of a multi-word token (id ``1-2``) and words that only enhanced
dependencies know (id ``1.1``) are left out, as the format's own definition of a sentence's words has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tagline.core.errors import UserError
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.sentence import Sentence

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_ID = re.compile(r"[1-9][0-9]*")
_LEFT_OUT = re.compile(r"[1-9][0-9]*-[1-9][0-9]*|[0-9]+\.[1-9][0-9]*")
_SENT_ID = re.compile(r"#\s*sent_id\s*=\s*(.*?)\s*")
_UNSPECIFIED = "_"


def read_sentences(path: Path, layers: Mapping[str, str], absent: str) -> Iterator[Sentence]:
    """Read a file sentence by sentence, with its ``sent_id`` as id where there is one.

    Args:
        path: a UTF-8 file, with or without a byte order mark, with any line ends.
        layers: layer name to a column's name in lower case, or to ``feats:KEY`` or ``misc:KEY``.
        absent: the tag of a word whose column is ``_`` or lacks the key.

    Raises:
        UserError: the file is not text or holds no sentence; a line has not ten columns or an empty one; the ids of the
            words do not count from 1; a sentence has two ``sent_id``.
    """
    empty = True
    words: list[list[str]] = []
    sent_id: str | None = None
    first = 0

    def sentence() -> Sentence:
        tags = {layer: [_tag(word, column, absent) for word in words] for layer, column in layers.items()}
        return Sentence(f"{path}:{first}", [word[1] for word in words], tags, sent_id)

    for number, line in read_lines(path):
        place = f"{path}:{number}"
        if not line.strip():
            if words:
                empty = False
                yield sentence()
            words, sent_id = [], None
        elif line.startswith("#"):
            named = _SENT_ID.fullmatch(line)
            if named and sent_id is not None:
                raise UserError(f"{place}: a second sent_id in one sentence; is an empty line missing before it?")
            sent_id = (named[1] or None) if named else sent_id
        else:
            fields = _fields(line, place)
            if _LEFT_OUT.fullmatch(fields[0]):
                continue
            first = first if words else number
            if not _ID.fullmatch(fields[0]) or int(fields[0]) != len(words) + 1:
                raise UserError(f"{place}: word id {fields[0]!r}, expected {len(words) + 1}: ids count from 1")
            words.append(fields)
    if words:
        empty = False
        yield sentence()
    if empty:
        raise UserError(f"{path} holds no sentence: expected lines of {len(COLUMNS)} columns ({' '.join(COLUMNS)})")


def _fields(line: str, place: str) -> list[str]:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS) or not all(field.strip() for field in fields):
        found = f"{len(fields)} column{'s' * (len(fields) != 1)}" if all(fields) else "an empty column"
        raise UserError(f"{place}: {found} in {line!r}, expected {len(COLUMNS)} divided by tabs ({' '.join(COLUMNS)})")
    return fields


def _tag(word: list[str], column: str, absent: str) -> str:
    name, _, key = column.partition(":")
    value = word[COLUMNS.index(name)]
    if key:
        pairs = dict(pair.partition("=")[::2] for pair in value.split("|"))
        return pairs.get(key) or absent
    return absent if value == _UNSPECIFIED else value
