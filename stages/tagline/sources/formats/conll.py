"""CoNLL column files: one word per line with its tags, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns separated by tabs or by spaces,
``-DOCSTART-`` lines between documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import model_validator

from tagline.core.errors import UserError, quoted
from tagline.sources.formats import sniffing
from tagline.sources.formats.base import RESERVED, Documents, TextFiles, WordKeys, in_documents, with_borders
from tagline.sources.formats.conll_table import NOT_A_WORD, SKIP, WORDS, Table, fields, is_border, separated
from tagline.sources.formats.lines import Lines, at_least_one, read_lines
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.text.sentence import Sentence

# What the first line of a table calls its columns.
_WORDS_HEADER = re.compile("words?|tokens?|form|text", re.IGNORECASE)
_TAGS_HEADER = re.compile(
    "(ner?|[ux]?pos|chunk|iob|bio|entity)?[ _-]?(tags?|labels?)?"
    "|ne-(coarse|fine|nested)(-[a-z]+)?|nel-(lit|meto)|misc",  # HIPE
    re.IGNORECASE,
)
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]+)?:")  # before each word in WikiANN's own files


class ConllFiles(WordKeys, TextFiles):
    """Column files: a name per column, ``words`` for the words and ``-`` for a column to skip."""

    holds: ClassVar[str] = "words in lines"

    format: Literal["conll"]
    """File format, such as conll, csv, json, parquet, spans, or that of an annotation tool; docs/data.md lists all with
    their keys. conll: one word per line, an empty line after each sentence."""
    columns: list[str]
    """Columns of the files, from left to right: words (exactly once), the name of a tag column, or - to skip a
    column."""
    # None: a line that looks like a comment is an error; false: it is read. A line for the word # is read if one of its
    # tags is O or has a prefix, or all are tags of other lines.
    comments: bool | None = None
    # None: the first line that is not a comment is data, and must not look like a header.
    header: bool | None = None
    one_sentence_per_file: bool = False
    documents: Documents = "marked"

    @model_validator(mode="after")
    def _columns_are_usable(self) -> ConllFiles:
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
        """The columns that are neither the words nor skipped."""
        return [name for name in self.columns if name not in (WORDS, SKIP)]

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        tabs, numbered = separated(enumerate(sample.lines))
        lines = [line for _, line in numbered if not is_border(line)]
        cells = [fields(line.rstrip("\t"), tabs) for line in lines]
        width = Counter(map(len, cells)).most_common(1)[0][0] if cells else 0
        pairs = list(zip(lines, cells, strict=True))
        remarks = {line for line, row in pairs if line.startswith("#") and (len(row) != width or " = " in line)}
        rows = [row for line, row in pairs if len(row) == width and line not in remarks]
        if width < 2 or len(rows) < sniffing.LEAST_SHARE * (len(lines) - len(remarks)):
            return None
        header = len(rows) > 1 and looks_like_header(rows[0], _columns(rows[1:]))
        if header:
            del rows[0]
        columns = _columns(rows)
        if not set(columns) - {WORDS, SKIP}:
            return None
        words = [row[columns.index(WORDS)] for row in rows]
        language = _LANGUAGE.match(words[0])
        pattern = f"^{language[0]}" if language and all(word.startswith(language[0]) for word in words) else None
        keys = {"columns": columns, "header": header, "comments": bool(remarks), "strip_pattern": pattern}
        return {key: value for key, value in keys.items() if value}

    def read(self, path: Path) -> Iterator[Sentence]:
        tabs, lines = separated(read_lines(path, self.encoding, borders=True))
        table = Table(str(path), self.columns, tabs, self.rules)
        if self.comments is not False:
            again = (line for _, line in read_lines(path, self.encoding))
            lines = _without_comments(lines, table, bool(self.comments), again)
        expected = f"expected lines of {len(self.columns)} columns ({' '.join(self.columns)})"
        found = table.sentences(_below_header(lines, table, self.header))
        found = at_least_one(found, f"{path}: no sentence; {expected}")
        remedy = (
            "without an empty line, which would be one sentence; end each sentence with an empty line, or set "
            "download.dataset.one_sentence_per_file: true in params.yaml"
        )
        return in_documents(found if self.one_sentence_per_file else with_borders(found, path, remedy), self.documents)


def _without_comments(lines: Lines, table: Table, skip: bool, again: Iterable[str]) -> Lines:
    """Skip comments, or check that no line looks like one.

    Args:
        lines: of the file.
        table: its columns.
        skip: whether to skip them.
        again: reads the lines once more, if one can be a comment or the word # with a tag of other words: ``# SYM``.
    """
    used: set[str] = set()
    for number, line in lines:
        is_word = not table.is_comment(line)
        if not is_word and table.columns[0] == WORDS and (tags := table.tags(line)):
            used = used or {"#", *(tag for each in again if not each.startswith("#") for tag in table.tags(each))}
            is_word = used.issuperset(tags)
        if is_word:
            yield number, line
        elif not skip:
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} looks like a comment; set download.dataset.comments in "
                "params.yaml: true skips such lines, false reads them as words"
            )


def _below_header(lines: Lines, table: Table, header: bool | None) -> Lines:
    """Skip the header, or check that the first line is not one."""
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


def looks_like_header(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether the cells of a line are usual names of words or tags in each column that is read."""
    return len(cells) == len(columns) and all(
        column == SKIP or (_WORDS_HEADER if column == WORDS else _TAGS_HEADER).fullmatch(cell.strip())
        for column, cell in zip(columns, cells, strict=True)
    )


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Name the columns of a table: the words have most different values, numbers, ids and constants are skipped."""
    rows = [row for row in rows if not NOT_A_WORD.fullmatch(row[0])] or rows
    values = [Counter(column) for column in zip(*rows, strict=True)]
    # 12, s1-12
    counts = [all(each.strip()[-1:].isdecimal() for each in row) and not sniffing.all_mark_spans(row) for row in values]
    words = max(range(len(values)), key=lambda index: (not counts[index], len(values[index])))
    columns: list[str] = []
    for index, column in enumerate(values):
        constant = len(column) == 1 and len(values) > 2 and not sniffing.marks_spans(column)
        if index == words:
            columns.append(WORDS)
        elif counts[index] or constant or (len(column) > sniffing.MOST_TAGS and not sniffing.all_mark_spans(column)):
            columns.append(SKIP)
        else:
            columns.append(sniffing.unused_name(sniffing.name_of_tags({value.strip() for value in column}), columns))
    return columns
