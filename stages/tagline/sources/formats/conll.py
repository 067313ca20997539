"""CoNLL column files: one word per line with its tags, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns separated by tabs or spaces,
``-DOCSTART-`` lines between documents.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from tagline.sources.formats import sniffing
from tagline.sources.formats.base import WordFiles, in_documents, with_borders
from tagline.sources.formats.conll_table import NOT_A_WORD, SKIP, WORDS, Table, fields, is_border, separated
from tagline.sources.formats.keys import RESERVED, Documents, Encoding, Key
from tagline.sources.formats.lines import UTF_8, Lines, at_least_one, read_lines
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Sentence

# What the first line of a table calls its columns.
_WORDS_HEADER = re.compile("words?|tokens?|form|text", re.IGNORECASE)
_TAGS_HEADER = re.compile(
    "(ner?|[ux]?pos|chunk|iob|bio|entity)?[ _-]?(tags?|labels?)?"
    "|ne-(coarse|fine|nested)(-[a-z]+)?|nel-(lit|meto)|misc",  # HIPE
    re.IGNORECASE,
)
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]+)?:")  # before each word in WikiANN's own files
_ONE_SENTENCE = (
    "without an empty line, which would be one sentence; end each sentence with an empty line, or set "
    "download.dataset.one_sentence_per_file: true or, for example, sentence_ends: [., '?', '!'] in params.yaml"
)
_PREFIXES = ("##", "IMGID:")  # of comments in KLUE, and in sets with images


class Conll(WordFiles):
    """A name per column, ``words`` for the words and ``-`` for columns to skip."""

    format: Literal["conll"]
    """File format, such as conll, csv, json, parquet, spans or that of an annotation tool (docs/data.md). conll: one
    word per line, an empty line after each sentence."""
    columns: list[str]
    """Columns of the files, from left to right: words (exactly once), the name of a tag column, or - to skip a
    column."""
    encoding: Encoding = UTF_8
    # None: a line that looks like a comment is an error; false: it is read. A line for the word # is read if one of its
    # tags is O or has a prefix. A string: all lines that begin with it are skipped.
    comments: bool | Key | None = None
    # None: the first line that is not a comment is data, and must not look like a header.
    header: bool | None = None
    # Words that end a sentence, outside of entities, in files without empty lines.
    sentence_ends: list[Key] = Field(default_factory=list)
    one_sentence_per_file: bool = False
    documents: Documents = "marked"

    @model_validator(mode="after")
    def _columns_are_usable(self) -> Self:
        names = self.tag_columns
        if self.columns.count(WORDS) != 1:
            raise ValueError(f"columns must contain {WORDS!r} exactly once")
        if not names:
            raise ValueError("columns must name at least one tag column")
        if len(set(names)) < len(names) or not set(RESERVED).isdisjoint(names):
            raise ValueError("columns must have different names, and no tag column can be named 'id' or 'document'")
        return self

    @property
    def tag_columns(self) -> list[str]:
        return [name for name in self.columns if name not in (WORDS, SKIP)]

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        """Guess the columns of a file, whose rows have one width but for a few errors and comments."""
        if sample.is_json:
            return None
        keys: Guess = {}
        lines = sample.lines
        for prefix in _PREFIXES:
            # Comments are only above sentences; words can begin with the prefix, too.
            marked = [above for above, line in pairwise(["", *lines]) if line.startswith(prefix)]
            if marked and all(is_border(above) or above.startswith(prefix) for above in marked):
                keys["comments"] = prefix
                lines = [line for line in lines if not line.startswith(prefix)]
        tabs, numbered = separated(enumerate(lines))
        lines = [line.rstrip("\t") for _, line in numbered if not is_border(line)]
        width = Counter(len(fields(line, tabs)) for line in lines).most_common(1)[0][0] if lines else 0
        remarks = [
            line for line in lines if line.startswith("#") and (len(fields(line, tabs)) != width or " = " in line)
        ]
        if remarks:
            keys.setdefault("comments", True)
        rows = [fields(line, tabs) for line in lines if line not in remarks]
        whole = [row for row in rows if len(row) == width]
        if width < 2 or len(whole) < max(1, sniffing.LEAST_SHARE * len(rows)):
            return None
        if len(whole) > 1 and looks_like_header(whole[0], _columns(whole[1:])):
            keys["header"] = True
            del whole[0]
        columns = _columns(whole)
        read = [index for index, name in enumerate(columns) if name != SKIP]
        filled = [row for row in whole if all(row[index].strip() for index in read)]
        if len(filled) < sniffing.LEAST_SHARE * len(whole):  # a table whose empty cells are O
            return None
        words = [row[columns.index(WORDS)] for row in whole]
        language = _LANGUAGE.match(words[0])
        if language and all(word.startswith(language[0]) for word in words):
            keys["strip_pattern"] = f"^{language[0]}"
        return {"columns": columns, **keys} if {*columns} - {WORDS, SKIP} else None

    def read(self, path: Path) -> Iterator[Sentence]:
        missing = f"{path}: no sentence; expected lines of {len(self.columns)} columns ({' '.join(self.columns)})"
        sentences = at_least_one(_sentences(path, self), missing)
        if not self.one_sentence_per_file:
            sentences = with_borders(sentences, path, _ONE_SENTENCE)
        return in_documents(sentences, self.documents)


def _sentences(path: Path, keys: Conll) -> Iterator[Sentence]:
    numbered = read_lines(path, keys.encoding, borders=True)
    if isinstance(keys.comments, str):
        prefix = keys.comments
        numbered = ((number, line) for number, line in numbered if not line.startswith(prefix))
    tabs, lines = separated(numbered)
    table = Table(str(path), keys.columns, tabs, keys.rules)
    if keys.comments in (None, True):
        lines = _without_comments(lines, table, bool(keys.comments))
    lines = _below_header(lines, table, keys.header)
    return table.sentences(_with_ends(lines, table, keys.sentence_ends))


def _without_comments(lines: Lines, table: Table, skip: bool) -> Lines:
    """Skip comments, or check that there are none."""
    for number, line in lines:
        if not table.is_comment(line):
            yield number, line
        elif not skip:
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} looks like a comment; set download.dataset.comments in "
                "params.yaml: true skips such lines, false reads them as words"
            )


def _below_header(lines: Lines, table: Table, header: bool | None) -> Lines:
    """Skip the header, or check that there is none."""
    for number, line in lines:
        if is_border(line):
            yield number, line
            continue
        if header is None and looks_like_header(fields(line, table.tabs), table.columns):
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} looks like a header; set download.dataset.header: true in "
                "params.yaml to skip the first line of each file, or false to read it as a word"
            )
        if header and table.is_tagged(line):
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} is a word with a tag, but download.dataset.header in "
                "params.yaml says that the first line of each file is a header; add one to this file, or omit header"
            )
        if not header:
            yield number, line
        break
    yield from lines


def _with_ends(lines: Lines, table: Table, ends: Collection[str]) -> Lines:
    """Add an empty line below words that end sentences, if not in an entity such as ``Yahoo !``."""
    words = table.columns.index(WORDS)
    for number, line in lines:
        yield number, line
        if ends and table.tags(line) and fields(line, table.tabs)[words].strip() in ends and not table.in_entity(line):
            yield number, ""


def looks_like_header(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether the cells are usual names of words or tags in all columns that are read."""
    if len(cells) != len(columns):
        return False
    for cell, column in zip(cells, columns, strict=True):
        names = _WORDS_HEADER if column == WORDS else _TAGS_HEADER
        if column != SKIP and not names.fullmatch(cell.strip()):
            return False
    return True


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Name the columns: words have most different values; numbers, ids and constants are skipped."""
    rows = [row for row in rows if not NOT_A_WORD.fullmatch(row[0])] or rows
    values = [Counter(column) for column in zip(*rows, strict=True)]
    marks = [sniffing.all_mark_spans(column) for column in values]
    # 12, s1-12. In Weibo NER, words end in a digit as well, beside tags that all mark spans.
    counts = [all(value.strip()[-1:].isdecimal() for value in column) for column in values]
    words = max(range(len(values)), key=lambda index: (not marks[index], not counts[index], len(values[index])))
    most_outside = max((column["O"] for column in values if len(column) > 1), default=0)
    columns: list[str] = []
    for index, column in enumerate(values):
        is_constant = len(column) == 1 and len(values) > 2 and not sniffing.marks_spans(column)
        has_many = len(column) > sniffing.MOST_TAGS and not marks[index]
        if index == words:
            columns.append(WORDS)
        elif (counts[index] and not marks[index]) or is_constant or has_many:
            columns.append(SKIP)
        else:
            name = sniffing.name_of_tags(set(map(str.strip, column)))
            if name == "ner" and 2 * column["O"] < most_outside:
                name = "chunk"  # such as I-NC of the German CoNLL-2003, beside entities
            columns.append(sniffing.unused_name(name, columns))
    return columns
