"""Tables of CoNLL columns: sentences from numbered lines."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from tagline.terminal import UserError, quoted
from tagline.text.sentence import AS_THEY_ARE, Sentence, WordRules, is_sentence, without_skipped

WORDS = "words"
SKIP = "-"
DOCUMENT_START = "-DOCSTART-"
_DOCUMENT_START = re.compile(rf"(\S*[0-9][ \t]+)?{DOCUMENT_START}")
# Not str.split(): it also splits at no-break and other unusual spaces, which occur inside words of real data.
_SPACES = re.compile(" +")
_SEPARATORS = frozenset(" ,")  # of the tags of a whole sentence
# What neither a header nor a comment has in a column of tags.
_SPAN_TAG = re.compile("O|[BIESLUMW][-_:].+")
# The ids of multi-word tokens and empty nodes in CoNLL-U.
NOT_A_WORD = re.compile(r"[0-9]+[-.][0-9]+")


def separated(lines: Iterable[tuple[int, str]]) -> tuple[bool, Iterator[tuple[int, str]]]:
    """Find out by the first line that is no comment whether tabs or spaces separate columns.

    Returns:
        Whether tabs do, and the lines: if so, without comments, which begin with # and have no tab.
    """
    lines = iter(lines)
    start = []
    tabs = False
    for number, line in lines:
        start.append((number, line))
        if not is_border(line):
            tabs = "\t" in line
            if not line.startswith("#"):
                break
    whole = chain(start, lines)
    return tabs, _without_comments(whole) if tabs else whole


def _without_comments(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        if "\t" in line or not line.startswith("#"):
            yield number, line


class Line(NamedTuple):
    """A line of a word."""

    number: int
    line: str
    fields: list[str]


@dataclass(frozen=True)
class Table:
    """Makes sentences of the lines of a file.

    Attributes:
        name: of the file, for messages.
        columns: names: `WORDS` once, `SKIP` for columns to skip, else tag columns.
        tabs: whether tabs, not spaces, separate the columns.
    """

    name: str
    columns: Sequence[str]
    tabs: bool
    rules: WordRules = AS_THEY_ARE

    def sentences(self, lines: Iterable[tuple[int, str]]) -> Iterator[Sentence]:
        """Read numbered lines sentence by sentence.

        Raises:
            UserError: a line has another number of columns, an empty one, or is not of one word.
        """
        rows: list[Line] = []
        document: int | None = None
        for number, line in lines:
            if is_border(line):
                if rows:
                    yield self.sentence(rows, document)
                rows = []
                if starts_document(line):
                    document = (document or 0) + 1
            else:
                rows.append(Line(number, line, self._checked_fields(line, number)))
        if rows:
            yield self.sentence(rows, document)

    def sentence(self, rows: Sequence[Line], document: int | None) -> Sentence:
        """Make a sentence; skipped words become notes."""
        if self.columns[0] != WORDS:
            rows = _words_only(rows)
        words: list[str] = []
        tags = {}
        for index, column in enumerate(self.columns):
            values = [row.fields[index] for row in rows]
            if column == WORDS:
                words = list(map(self.rules.strip, values)) if self.rules.strip_pattern else values
                words = [word.strip(" ") for word in words]
            elif column != SKIP:
                tags[column] = list(map(str.strip, values))
        locations = [f"{self.name}:{row.number}" for row in rows]
        sentence = Sentence(locations[0], words, tags, document=document)
        return checked(sentence, self.rules, locations, "write each word with its tag into a line")

    def is_comment(self, line: str) -> bool:
        """Whether a line is a comment if the file has any."""
        if line.startswith("# "):
            return self.columns[0] != WORDS or not self.is_tagged(line)
        return line == "#" or (line.startswith("#\t") and self.columns[0] != WORDS)

    def is_tagged(self, line: str) -> bool:
        """Whether a line has all columns, and a tag that is O or has a prefix."""
        return any(map(_SPAN_TAG.fullmatch, self.tags(line)))

    def in_entity(self, line: str) -> bool:
        """Whether a line has a tag with a prefix."""
        return any(tag != "O" and _SPAN_TAG.fullmatch(tag) for tag in self.tags(line))

    def tags(self, line: str) -> list[str]:
        """The tags of a line; none with another number of columns."""
        cells = fields(line, self.tabs)
        if len(cells) != len(self.columns):
            return []
        pairs = zip(cells, self.columns, strict=True)
        return [cell.strip() for cell, column in pairs if column not in (WORDS, SKIP)]

    def _checked_fields(self, line: str, number: int) -> list[str]:
        values = fields(line, self.tabs)
        while len(values) > len(self.columns) and not values[-1]:
            values.pop()  # tabs after the last column
        if len(values) != len(self.columns):
            raise UserError(
                f"{self.name}:{number}: {len(values)} columns in {quoted(line)}; expected {len(self.columns)} "
                f"({' '.join(self.columns)}) separated by {'tabs' if self.tabs else 'spaces'}, as in the first line; "
                "of columns whose number differs, as those of MeCab, keep the word and the tag, such as by "
                "`awk '{print $1, $NF}'`"
            )
        return values


def checked(sentence: Sentence, rules: WordRules, locations: Sequence[str], one_per_row: str) -> Sentence:
    """Leave out the words that the rules skip, and check the others.

    Args:
        one_per_row: what to do if a row holds a whole sentence.
    """
    tags_of_words = list(zip(*sentence.tags.values(), strict=True))
    # Joined, since a look at each tag would take longer than all else.
    joined = "".join(chain.from_iterable(tags_of_words))
    if all(map(str.strip, sentence.words)) and all(map(all, tags_of_words)) and _SEPARATORS.isdisjoint(joined):
        return sentence
    for location, word, tags in zip(locations, sentence.words, tags_of_words, strict=True):
        if rules.skips(word):
            continue
        if not word.strip() or not all(tags):
            remedy = "" if word.strip() else rules.remedy
            raise UserError(f"{location}: an empty word or tag; expected one in each column{remedy}")
        if any(is_sentence(word, tag) for tag in tags if tag):
            raise UserError(
                f"{location}: {quoted(word)} with {quoted(tags[0])} looks like a whole sentence; {one_per_row}"
            )
    return without_skipped(sentence, rules, locations)


def _words_only(rows: Sequence[Line]) -> Sequence[Line]:
    """Leave out multi-word tokens and empty nodes (12-13, 8.1), if the first column counts words."""
    words = [row for row in rows if not NOT_A_WORD.fullmatch(row.fields[0])]
    are_counted = all(row.fields[0] == str(number) for number, row in enumerate(words, 1))
    return words if words and are_counted else rows


def is_border(line: str) -> bool:
    return not line.strip(" \t") or starts_document(line)


def starts_document(line: str) -> bool:
    """Whether a line begins a document; a column before ``-DOCSTART-`` counts words."""
    return DOCUMENT_START in line and _DOCUMENT_START.match(line) is not None


def fields(line: str, tabs: bool) -> list[str]:
    """Split a line at tabs or at spaces."""
    return line.split("\t") if tabs else _SPACES.split(line.strip(" "))
