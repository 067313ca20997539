"""CoNLL column files: one word per line with its tags, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns separated by tabs or by spaces,
``-DOCSTART-`` lines between documents. With ``rows: sentences`` a line has the words of a sentence, a tab and their
tags, as in ATIS; the words of ``seq.in`` have their tags in ``seq.out``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from tagline.sources.formats import sniffing
from tagline.sources.formats.base import RESERVED, Documents, Key, TextFiles, WordKeys, in_documents, with_borders
from tagline.sources.formats.conll_table import NOT_A_WORD, SKIP, WORDS, Table, fields, is_border, separated
from tagline.sources.formats.lines import Lines, at_least_one, read_lines
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted
from tagline.text.sentence import Sentence, is_sentence

# What the first line of a table calls its columns.
_WORDS_HEADER = re.compile("words?|tokens?|form|text", re.IGNORECASE)
_TAGS_HEADER = re.compile(
    "(ner?|[ux]?pos|chunk|iob|bio|entity)?[ _-]?(tags?|labels?)?"
    "|ne-(coarse|fine|nested)(-[a-z]+)?|nel-(lit|meto)|misc",  # HIPE
    re.IGNORECASE,
)
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]+)?:")  # before each word in WikiANN's own files
# The files of words and of their tags, if these are apart.
_IN, _OUT = ".in", ".out"
_PREFIX = "##"  # of comments in KLUE


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
    # tags is O or has a prefix, or all are tags of other lines. A string: all lines that begin with it are skipped.
    comments: bool | Key | None = None
    # None: the first line that is not a comment is data, and must not look like a header.
    header: bool | None = None
    rows: Literal["words", "sentences"] = "words"
    # Words that end a sentence, outside of entities, in files without empty lines.
    sentence_ends: list[Key] = Field(default_factory=list)
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
        if self.rows == "sentences" and (self.header or self.sentence_ends or self.one_sentence_per_file):
            raise ValueError("header, sentence_ends and one_sentence_per_file have no effect with rows: sentences")
        return self

    @property
    def tag_columns(self) -> list[str]:
        """The columns that are neither the words nor skipped."""
        return [name for name in self.columns if name not in (WORDS, SKIP)]

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        if keys := _of_sentences(sample):
            return keys
        tabs, numbered = separated(enumerate(sample.lines))
        lines = [line for _, line in numbered]
        prefix = _prefix_of_comments(lines)
        lines = [line for line in lines if not is_border(line) and not (prefix and line.startswith(prefix))]
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
        keys = {"columns": columns, "header": header, "comments": prefix or bool(remarks), "strip_pattern": pattern}
        return {key: value for key, value in keys.items() if value}

    def files(self, path: Path) -> list[Path]:
        return [path, path.with_suffix(_OUT)] if self._tags_are_apart(path) else [path]

    def _tags_are_apart(self, path: Path) -> bool:
        return self.rows == "sentences" and path.suffix == _IN

    def read(self, path: Path) -> Iterator[Sentence]:
        expected = f"expected lines of {len(self.columns)} columns ({' '.join(self.columns)})"
        nothing = f"{path}: no sentence; {expected}"
        if self.rows == "sentences":
            used = [column for column in self.columns if column != SKIP]
            whole = Table(str(path), used, True, self.rules).sentences(self._word_lines(path))
            return in_documents(at_least_one(whole, nothing), self.documents)
        tabs, lines = separated(self._lines(path))
        table = Table(str(path), self.columns, tabs, self.rules)
        if self.comments is None or self.comments is True:
            again = (line for _, line in read_lines(path, self.encoding))
            lines = _without_comments(lines, table, bool(self.comments), again)
        lines = _with_ends(_below_header(lines, table, self.header), table, self.sentence_ends)
        found = at_least_one(table.sentences(lines), nothing)
        remedy = (
            "without an empty line, which would be one sentence; end each sentence with an empty line, or set "
            "download.dataset.one_sentence_per_file: true or, for example, sentence_ends: [., '?', '!'] in params.yaml"
        )
        return in_documents(found if self.one_sentence_per_file else with_borders(found, path, remedy), self.documents)

    def _lines(self, path: Path) -> Lines:
        """Yield the lines of a file, joined with those of the tags if these are in another one, without a prefix's."""
        lines = read_lines(path, self.encoding, borders=self.rows == "words")
        if self._tags_are_apart(path):
            others = read_lines(path.with_suffix(_OUT), self.encoding)
            pairs = zip_longest((line for _, line in lines), (line for _, line in others), fillvalue="")
            lines = enumerate(map("\t".join, pairs), 1)
        for number, line in lines:
            if not isinstance(self.comments, str) or not line.startswith(self.comments):
                yield number, line

    def _word_lines(self, path: Path) -> Lines:
        """Yield a line per word, and an empty one after each sentence, of a file with a sentence per line.

        Raises:
            UserError: a line has another number of columns, or a word without a tag.
        """
        for number, line in self._lines(path):
            if not line.strip():
                continue
            cells = line.split("\t")
            if len(cells) != len(self.columns):
                raise UserError(
                    f"{path}:{number}: {len(cells)} columns in {quoted(line)}; expected {len(self.columns)} "
                    f"({' '.join(self.columns)}), separated by tabs"
                )
            used = [fields(cell, False) for cell, name in zip(cells, self.columns, strict=True) if name != SKIP]
            lengths = [len(each) for each in used]
            if len(set(lengths)) > 1:
                raise UserError(
                    f"{path}:{number}: columns of {', '.join(map(str, lengths))} words or tags in {quoted(line)}; "
                    "expected one tag per word, separated by spaces"
                )
            for word in zip(*used, strict=True):
                yield number, "\t".join(word)
            yield number, ""


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


def _with_ends(lines: Lines, table: Table, ends: Collection[str]) -> Lines:
    """Add an empty line below each of some words that is not in an entity, such as the last one of ``Yahoo !``."""
    words = table.columns.index(WORDS)
    for number, line in lines:
        yield number, line
        cells = fields(line, table.tabs) if ends else []
        if len(cells) == len(table.columns) and cells[words].strip() in ends and not table.in_entity(line):
            yield number, ""


def looks_like_header(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether the cells of a line are usual names of words or tags in each column that is read."""
    return len(cells) == len(columns) and all(
        column == SKIP or (_WORDS_HEADER if column == WORDS else _TAGS_HEADER).fullmatch(cell.strip())
        for column, cell in zip(columns, cells, strict=True)
    )


def _of_sentences(sample: Sample) -> Guess | None:
    """Guess the columns of a file with a sentence per line; None if most lines are something else."""
    lines = sample.lines
    tags = sample.path.with_suffix(_OUT)
    if sample.path.suffix == _IN and tags.is_file():
        others = (line for _, line in islice(read_lines(tags, sample.encoding), len(lines)))
        lines = ["\t".join(pair) for pair in zip(lines, others, strict=False)]
    rows = [line.split("\t") for line in lines if line.strip()]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or widths == {1}:
        return None
    if sum(is_sentence(*row[:2]) for row in rows) <= len(rows) / 2:
        return None
    name = sniffing.name_of_tags({tag for row in rows for tag in fields(row[1], False)})
    keys = {"columns": [WORDS, name, *[SKIP] * (max(widths) - 2)], "rows": "sentences"}
    if all(row[0].startswith("BOS ") for row in rows):  # ATIS, where the tag of EOS is the intent of the sentence
        return {**keys, "strip_pattern": "^(BOS|EOS)$", "empty_words": "skip"}
    return keys


def _prefix_of_comments(lines: Sequence[str]) -> str | None:
    """The prefix of comments, if lines that begin with it are only above sentences; words can begin with it, too."""
    marked = [above for above, line in pairwise(["", *lines]) if line.startswith(_PREFIX)]
    is_prefix = all(is_border(above) or above.startswith(_PREFIX) for above in marked)
    return _PREFIX if marked and is_prefix else None


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Name the columns of a table: the words have most different values, numbers, ids and constants are skipped."""
    rows = [row for row in rows if not NOT_A_WORD.fullmatch(row[0])] or rows
    values = [Counter(column) for column in zip(*rows, strict=True)]
    # 12, s1-12
    counts = [all(each.strip()[-1:].isdecimal() for each in row) and not sniffing.all_mark_spans(row) for row in values]
    # In Weibo NER, words end in a digit as well, beside tags that all mark spans.
    marks = [sniffing.all_mark_spans(row) for row in values]
    words = max(range(len(values)), key=lambda index: (not marks[index], not counts[index], len(values[index])))
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
