"""CSV with a header: one row per word and a column for the sentence, or one row per sentence."""

import ast
import csv
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from tagline.sources.formats.base import WordFiles, with_borders
from tagline.sources.formats.conll_table import checked
from tagline.sources.formats.keys import Character, Encoding, Key
from tagline.sources.formats.lines import UTF_8, at_least_one, read_lines
from tagline.sources.formats.lists import RowKeys, joined_id, to_sentence
from tagline.sources.formats.sniffing import LEAST_SHARE, TAGS, Guess, Sample, name_tag_columns, words_among
from tagline.terminal import QUOTED, UserError, quoted, shortened
from tagline.text.sentence import Sentence, is_sentence, split_tags

_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
# A list of strings as Python writes it. Without the commas (a NumPy array) Python would join the strings.
_LIST = re.compile(rf"\[(?:(?:{_STRING})(?:, *(?:{_STRING}))*)?\]")
# What looks like a list, tuple or array. "[ 1 ]", "( a )" and "[CLS] a [SEP]" are words.
_LITERAL = re.compile(
    r"""\[\]|(?:array\()?[\[(]b?['"].*[\])]|\[(?:None|nan|null),.*\]|\[-?[0-9][0-9., ]*\]|array\(\[.*\)"""
)
# Headers of columns that name a document, or a sentence.
_DOCUMENT = re.compile("(doc(ument)?|file)([ _-]?(#|id|idx|no|number|name))?", re.IGNORECASE)
_SENTENCE = re.compile("sent(ence)?([ _]?(#|id|idx|no|number))?|(doc|document)[ _]?id|id", re.IGNORECASE)


class Csv(RowKeys, WordFiles):
    """The columns by their header, and how cells are separated."""

    format: Literal["csv"]
    encoding: Encoding = UTF_8
    rows: Literal["words", "sentences"] = "words"
    sentence: Key | None = None
    delimiter: Character = ","
    quote: Character | None = '"'
    fill_down: bool = False

    @model_validator(mode="after")
    def _keys_fit_each_other(self) -> Self:
        if {self.delimiter, self.quote} & {"\n", "\r"} or self.delimiter == self.quote:
            raise ValueError("delimiter and quote must be two different characters and not line ends")
        if self.rows == "words" and self.sentence is None:
            raise ValueError(
                "sentence is missing: with one word per row, name the column whose value changes with the sentence; "
                "for one sentence per row set rows: sentences"
            )
        if self.rows == "sentences" and self.fill_down:
            raise ValueError("fill_down has no effect with one sentence per row; remove it")
        return self

    @property
    def sentence_key(self) -> str | None:
        """The column whose value changes with the sentence, within a document if that has a column."""
        return self.sentence

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        """Guess the columns; None without words and tags, or without a column of sentences."""
        dialect, table = table_of(sample)
        header = table[0] if table else []
        words = words_among(header)
        tags = [name for name in header if name != words and TAGS.fullmatch(name)]
        if words is None or not tags:
            return None
        columns = dict(zip(header, zip(*table[1:], strict=True), strict=True))
        others = [name for name in header if name not in (words, *tags)]
        # Another value in each row: the sentence if a row is one, otherwise the number of a word.
        ids = [name for name in others if _SENTENCE.fullmatch(name)]
        unique = [name for name in ids if len(set(columns[name])) == len(table) - 1]
        if any(any(map(is_sentence, columns[words], columns[name])) for name in tags):
            values = {name: set(chain.from_iterable(map(split_tags, columns[name]))) for name in tags}
            values = {name: {tag.strip("[]',") for tag in found} for name, found in values.items()}
            keys: Guess = {"rows": "sentences", **({"sentence": unique[0]} if unique else {})}
            return {**keys, "words": words, "tag_columns": name_tag_columns(values), **dialect}
        # Rows can be texts with a class, or entities with offsets.
        if ids == unique or sum(" " not in cell.strip() for cell in columns[words]) < LEAST_SHARE * len(columns[words]):
            return None
        numbers = {name: len(set(columns[name])) for name in ids if name not in unique}
        keys = {"sentence": max(numbers, key=lambda name: (name.lower().startswith("sent"), numbers[name]))}
        sentences = list(accumulate(columns[keys["sentence"]], _filled_down))
        for name in filter(_DOCUMENT.fullmatch, others):
            documents = accumulate(columns[name], _filled_down)
            if len(set(zip(documents, sentences, strict=True))) > len(
                set(sentences)
            ):  # they begin again in each document
                keys["document"] = name
        if any("" in columns[name] for name in keys.values()):
            keys["fill_down"] = True
        values = {name: set(columns[name]) for name in tags}
        return {**keys, "words": words, "tag_columns": name_tag_columns(values), **dialect}

    def read(self, path: Path) -> Iterator[Sentence]:
        if self.rows == "sentences":
            return at_least_one(
                _of_sentences(path, self), f"{path}: no sentence; expected one per row below the header"
            )
        return with_borders(
            at_least_one(_of_words(path, self), f"{path}: no sentence; expected one word per row below the header"),
            path,
            f"with one value in column {self.sentence!r}, which would be one sentence; give each sentence its own "
            "value, or name the column of the documents as download.dataset.document",
        )


def table_of(sample: Sample) -> tuple[Guess, list[list[str]]]:
    """The delimiter and quote of a file, and its rows with the header; no rows if it is not CSV."""
    lines = [] if sample.is_json else list(filter(str.strip, sample.lines))
    for quote in ('"', None) if lines else ():
        delimiter = max(",;\t|", key=lines[0].count)
        try:
            table = [_cells(line, delimiter, quote) for line in lines]
        except csv.Error:
            continue
        whole = [row for row in table if len(row) == len(table[0])]  # others are reported by the reader
        if len(whole) > max(1, LEAST_SHARE * len(table)) and len(table[0]) > 1:
            return {"delimiter": delimiter, "quote": quote}, whole
    return {}, []


def _of_words(path: Path, keys: Csv) -> Iterator[Sentence]:
    first: dict[str, str] = {}
    for ids, group in groupby(_with_ids(path, keys), key=itemgetter(0)):
        locations, rows = zip(*(row for _, row in group), strict=True)
        sentence_id = joined_id(ids)
        if sentence_id in first:
            again = "" if keys.document else "; if they begin again in each document, set download.dataset.document"
            raise UserError(
                f"{locations[0]}: rows of sentence {quoted(sentence_id)} are not contiguous (first seen on line "
                f"{first[sentence_id].rpartition(':')[2]}); sort the rows by sentence and by position in it, in their "
                f"first order if no column has the position, or give each sentence its own value{again}"
            )
        first[sentence_id] = locations[0]
        words = [keys.rules.strip(row[keys.words]).strip(" ") for row in rows]
        tags = {name: [row[column].strip() for row in rows] for name, column in keys.tag_columns.items()}
        sentence = Sentence(locations[0], words, tags, sentence_id, ids[0] if keys.document else None)
        remedy = "for one sentence per row set download.dataset.rows: sentences in params.yaml"
        yield checked(sentence, keys.rules, locations, remedy)


def _with_ids(path: Path, keys: Csv) -> Iterator[tuple[list[str], tuple[str, dict[str, str]]]]:
    """Yield the rows with document and sentence id; a skipped word belongs to the sentence above."""
    above = [""] * len(keys.id_keys)
    for location, cells in _rows(path, keys):
        ids = [cells[key].strip() for key in keys.id_keys]
        is_skipped = keys.rules.skips(keys.rules.strip(cells[keys.words]))
        if keys.fill_down or is_skipped:
            ids = list(map(_filled_down, above, ids))
        if not all(ids) and not is_skipped:
            remedy = "; if only the first row has it, set download.dataset.fill_down: true in params.yaml"
            if keys.fill_down:
                remedy = ", and so are those above"
            raise UserError(f"{location}: the cell of column {keys.id_keys[ids.index('')]!r} is empty{remedy}")
        above = ids
        yield ids, (location, cells)


def _of_sentences(path: Path, keys: Csv) -> Iterator[Sentence]:
    """Read a file with one row per sentence, its words joined by spaces in one cell."""
    # Cells with a list as Python writes it (['Ada', 'lives']), which pandas makes of lists, are read as lists. Tags
    # can also be joined by commas.
    for location, cells in _rows(path, keys):
        row: dict[str, Any] = {key: cells[key] for key in keys.id_keys}
        for column in (keys.words, *keys.tag_columns.values()):
            row[column] = _items(cells[column], f"{location}: {column!r}")
        for column in keys.tag_columns.values():
            by_commas = row[column][0].split(",") if len(row[column]) == 1 else []
            if len(by_commas) == len(row[keys.words]):
                row[column] = by_commas
        yield to_sentence(row, keys, keys.rules, {}, location)


def _rows(path: Path, keys: Csv) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the location of each row below the header, and its cells by column, but no empty rows."""
    header: list[str] = []
    for number, line in read_lines(path, keys.encoding):
        location = f"{path}:{number}"
        try:
            cells = _cells(line, keys.delimiter, keys.quote)
        except csv.Error as error:
            raise UserError(
                f"{location}: not CSV ({error}); expected a row per line; write a {keys.quote} that is part of a word "
                "doubled and inside quotes, or set download.dataset.quote: null in params.yaml if none is quoted"
            ) from None
        if len(cells) < 2 and not "".join(cells).strip():
            continue
        if not header:
            header = cells
            _check_header(header, keys, location)
        elif cells == header:
            raise UserError(
                f"{location}: the header once more ({_names(header)}); expected it in the first line only; remove this "
                "row, or read the files that were joined by a pattern such as *.csv"
            )
        elif len(cells) != len(header):
            raise UserError(f"{location}: {len(cells)} cells; expected {len(header)} ({_names(header)})")
        else:
            yield location, dict(zip(header, cells, strict=True))


def _check_header(header: Sequence[str], keys: Csv, location: str) -> None:
    """Raise a `UserError` if a column is missing from the header or there twice."""
    for column in keys.row_keys:
        if header.count(column) != 1:
            raise UserError(
                f"{location}: column {column!r} is {header.count(column)} times in the header ({_names(header)}); "
                f"expected it once, and cells separated by {keys.delimiter!r} (download.dataset.delimiter)"
            )


def _names(header: Sequence[str]) -> str:
    return shortened(", ".join(header), QUOTED)


def _cells(line: str, delimiter: str, quote: str | None) -> list[str]:
    """The cells of a line; a `csv.Error` if it ends in a quoted one."""
    if quote is None:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True), [])
    return next(csv.reader([line], delimiter=delimiter, quotechar=quote, strict=True), [])


def _items(cell: str, location: str) -> list[str]:
    cell = cell.strip()
    if not _LITERAL.fullmatch(cell):
        return re.split("[ \t]+", cell) if cell else []
    try:
        if _LIST.fullmatch(cell):
            items: list[str] = ast.literal_eval(cell)
            "".join(items).encode()
            return items
    except (SyntaxError, ValueError):
        pass  # an escape sequence without a character (\x), half of a surrogate pair
    raise UserError(
        f"{location} is {quoted(cell)}; expected a list of strings such as ['Ada', 'lives'], or strings joined by "
        "spaces; save arrays and tuples as lists, and the names of labels instead of their numbers"
    )


def _filled_down(above: str, cell: str) -> str:
    return cell or above
