"""CSV with a header: one row per word and a column that identifies the sentence, or one row per sentence."""

import ast
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby, product
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import model_validator

from tagline.sources.formats.base import Format, WordFiles, with_borders
from tagline.sources.formats.keys import Character, Encoding, Key
from tagline.sources.formats.lines import UTF_8, at_least_one, read_lines
from tagline.sources.formats.lists import RowKeys, joined_id, to_sentence
from tagline.sources.formats.sniffing import LEAST_SHARE, TAGS, Guess, Sample, name_tag_columns, words_among
from tagline.terminal import QUOTED, UserError, quoted, shortened
from tagline.text.sentence import Sentence, is_sentence, split_tags, without_skipped

_SPACES = re.compile("[ \t]+")
_SEPARATORS = frozenset(" ,")  # of the tags of a sentence
_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
# A list of strings as Python writes it. Without the commas (a NumPy array) Python would join the strings.
_LIST = re.compile(rf"\[(?:(?:{_STRING})(?:, *(?:{_STRING}))*)?\]")
# What looks like a list, tuple or array. "[ 1 ]", "( a )" and "[CLS] a [SEP]" are words.
_LITERAL = re.compile(
    r"""\[\]|(?:array\()?[\[(]b?['"].*[\])]|\[(?:None|nan|null),.*\]|\[-?[0-9][0-9., ]*\]|array\(\[.*\)"""
)
# Headers of columns that name a document. A sentence cannot belong to two.
DOCUMENT = re.compile("(doc(ument)?|file)([ _-]?(#|id|idx|no|number|name))?", re.IGNORECASE)
_SENTENCE = re.compile("sent(ence)?([ _]?(#|id|idx|no|number))?|(doc|document)[ _]?id|id", re.IGNORECASE)


class WordRow(NamedTuple):
    location: str
    ids: list[str]  # of the document, if params.yaml names its column, and of the sentence
    word: str
    tags: list[str]


class Keys(RowKeys, WordFiles):
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
        """The column whose value changes with the sentence, within a document if there is a column for it."""
        return self.sentence


def recognise(sample: Sample) -> Guess | None:
    """Guess the columns of a file."""
    for delimiter, quote, header, rows in _tables(sample):
        keys = _of_table(header, rows)
        if keys is not None:
            return {**keys, "delimiter": delimiter, "quote": quote}
    return None


def columns_of(sample: Sample) -> Sequence[str]:
    """The header of a file whose rows have two or more cells, all as many; empty if it has no such rows."""
    for _, _, header, rows in _tables(sample):
        if len(header) > 1 and rows and all(len(row) == len(header) for row in rows):
            return header
    return ()


def _tables(sample: Sample) -> Iterator[tuple[str, str | None, list[str], list[list[str]]]]:
    """Yield delimiter, quote, header and rows for each dialect by which a file can be read."""
    lines = [] if sample.is_json else [f"{line}\n" for line in sample.lines]
    for delimiter, quote in ((",", '"'), (";", '"'), ("\t", '"'), ("\t", None), ("|", '"')):
        try:
            rows = list(filter(None, csv.reader(lines, **_dialect(delimiter, quote))))
        except csv.Error:
            continue
        yield delimiter, quote, rows[0] if rows else [], rows[1:]


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the sentences of a file."""
    if keys.rows == "sentences":
        missing = f"{path}: no sentence; expected one row per sentence below the header"
        return at_least_one(_of_sentences(path, keys), missing)
    missing = f"{path}: no sentence; expected one row per word below the header"
    return with_borders(
        at_least_one(_of_words(path, keys), missing),
        path,
        f"with one value in column {keys.sentence!r}, which would be one sentence; give each sentence its own value, "
        "or name the column of the documents as download.dataset.document",
    )


def _of_words(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a file with one row per word."""
    first: dict[str, str] = {}
    for ids, group in groupby(_word_rows(path, keys), key=attrgetter("ids")):
        rows = list(group)
        location = rows[0].location
        sentence_id = joined_id(ids)
        if sentence_id in first:
            again = "" if keys.document else "; if they begin again in each document, set download.dataset.document"
            raise UserError(
                f"{location}: rows of sentence {quoted(sentence_id)} are not contiguous (first seen on line "
                f"{first[sentence_id].rpartition(':')[2]}); sort the rows by sentence and by position in it, in their "
                f"first order if no column has the position, or give each sentence its own value{again}"
            )
        first[sentence_id] = location
        columns = zip(*(row.tags for row in rows), strict=True)
        tags = {name: list(values) for name, values in zip(keys.tag_columns, columns, strict=True)}
        document = ids[0] if keys.document else None
        sentence = Sentence(location, [row.word for row in rows], tags, sentence_id, document)
        yield without_skipped(sentence, keys.rules, (row.location for row in rows))


def _word_rows(path: Path, keys: Keys) -> Iterator[WordRow]:
    """Yield the words of a file by the rules; skipped ones belong to the sentence above and need no tags."""
    rules = keys.rules
    above = [""] * len(keys.id_keys)
    for location, cells in _rows(path, keys):
        word = rules.strip(cells[keys.words]).strip(" ")
        is_skipped = rules.skips(word)
        ids = [cells[key].strip() for key in keys.id_keys]
        if keys.fill_down or is_skipped:
            ids = list(map(_filled_down, above, ids))
        above = ids
        row = WordRow(location, ids, word, [cells[column].strip() for column in keys.tag_columns.values()])
        # Without this condition the checks take a third of the time.
        is_filled = all(ids) and word.strip() and all(row.tags)
        if not is_skipped and (not is_filled or not _SEPARATORS.isdisjoint("".join(row.tags))):
            _check(row, keys)
        yield row


def _check(row: WordRow, keys: Keys) -> None:
    """Raise a `UserError` if a cell is empty, or a row is of a whole sentence."""
    of_ids = "; if only the first row has it, set download.dataset.fill_down: true in params.yaml"
    if keys.fill_down:
        of_ids = ", and so are those above"
    remedies = {**dict.fromkeys(keys.id_keys, of_ids), keys.words: keys.rules.remedy}
    columns = [*keys.id_keys, keys.words, *keys.tag_columns.values()]
    for column, cell in zip(columns, [*row.ids, row.word, *row.tags], strict=True):
        if not cell.strip():
            raise UserError(f"{row.location}: the cell of column {column!r} is empty{remedies.get(column, '')}")
    for tag in row.tags:
        if is_sentence(row.word, tag):
            raise UserError(
                f"{row.location}: {quoted(row.word)} with {quoted(tag)} looks like a whole sentence; for one sentence "
                "per row set download.dataset.rows: sentences in params.yaml"
            )


def _of_sentences(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a file with one row per sentence, its words joined by spaces in one cell and their tags in others."""
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


def _rows(path: Path, keys: Keys) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the location of each row below the header, and its cells by column; empty rows are skipped."""
    lines = (f"{line}\n" for _, line in read_lines(path, keys.encoding))
    reader = csv.reader(lines, **_dialect(keys.delimiter, keys.quote))
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            location = f"{path}:{line}"
            if reader.line_num > line:
                raise UserError(
                    f"{location}: a cell continues on the next line; close its quote, or set download.dataset.quote: "
                    "null in params.yaml if cells are never quoted"
                )
            line = reader.line_num + 1
            if len(cells) < 2 and not "".join(cells).strip():
                continue
            if header is None:
                header = cells
                _check_header(header, keys, location)
            elif cells == header:
                raise UserError(
                    f"{location}: the header once more ({_names(header)}); expected it in the first line only; remove "
                    "this row, or read the files that were joined by a pattern such as *.csv"
                )
            elif len(cells) != len(header):
                raise UserError(f"{location}: {len(cells)} cells; expected {len(header)} ({_names(header)})")
            else:
                yield location, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        quotes = ""
        if keys.quote:
            quotes = (
                f"; write a {keys.quote} that is part of a word doubled and inside quotes, or set "
                "download.dataset.quote: null in params.yaml if cells are never quoted"
            )
        raise UserError(f"{path}:{line}: not CSV ({error}){quotes}") from None
    if header is None:
        _check_header([], keys, f"{path}:1")


def _check_header(header: Sequence[str], keys: Keys, location: str) -> None:
    """Raise a `UserError` if a column is missing from the header, or is there twice."""
    for column in (*keys.id_keys, keys.words, *keys.tag_columns.values()):
        if header.count(column) > 1:
            raise UserError(f"{location}: column {column!r} is in the header twice ({_names(header)})")
        if column not in header:
            remedy = ""
            for delimiter in ";,\t|" if len(header) == 1 else ():
                if delimiter in header[0]:
                    remedy = f"; if cells are separated by {delimiter!r}, set download.dataset.delimiter to it"
            raise UserError(f"{location}: column {column!r} is not in the header ({_names(header)}){remedy}")


def _names(header: Sequence[str]) -> str:
    return shortened(", ".join(header), QUOTED) or "empty"


def _dialect(delimiter: str, quote: str | None) -> dict[str, Any]:
    """The arguments of `csv.reader`."""
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    return {"delimiter": delimiter, "quotechar": quote, "quoting": quoting, "strict": True}


def _items(cell: str, location: str) -> list[str]:
    """Split a cell into words or tags."""
    cell = cell.strip()
    if not _LITERAL.fullmatch(cell):
        return _SPACES.split(cell) if cell else []
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


def _of_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Guess | None:
    """Guess what the columns of a table hold; None if there are no words and tags, or no column of sentences."""
    words = words_among(header)
    tags = [name for name in header if name != words and TAGS.fullmatch(name)]
    whole = [row for row in rows if len(row) == len(header)]  # others are reported by the reader
    if words is None or not tags or len(whole) < LEAST_SHARE * len(rows):
        return None
    columns = {name: [row[index] for row in whole] for index, name in enumerate(header)}
    ids = [name for name in header if name not in (words, *tags) and _SENTENCE.fullmatch(name)]
    # The most values first: doc_id 1 1 1 2 and sent_id 1 1 2 3 have 2 and 3, so that sent_id names the sentences.
    ids.sort(key=lambda name: (-len(set(columns[name])), not name.lower().startswith("sent")))
    # Another value in each row: the sentence if a row is one, otherwise the number of a word.
    unique = [name for name in ids if 0 < len(set(columns[name])) == len(whole)]
    if any(any(map(is_sentence, columns[words], columns[name])) for name in tags):
        used: set[str] = set()
        for cell in columns[tags[0]] if len(tags) == 1 else ():
            used.update(tag.strip("[]',") for tag in split_tags(cell))
        named = name_tag_columns(dict.fromkeys(tags, used))
        sentence = {"sentence": unique[0]} if unique else {}
        return {"rows": "sentences", **sentence, "words": words, "tag_columns": named}
    documents = [name for name in header if name not in (words, *tags) and DOCUMENT.fullmatch(name.strip())]
    keys = _ids(columns, documents, [name for name in ids if name not in unique])
    # Rows can be texts with a class, or entities with offsets.
    if not keys or sum(" " not in cell.strip() for cell in columns[words]) < LEAST_SHARE * len(whole):
        return None
    if any("" in columns[name] for name in keys.values()):
        keys["fill_down"] = True
    return {**keys, "words": words, "tag_columns": name_tag_columns({name: set(columns[name]) for name in tags})}


def _ids(columns: Mapping[str, Sequence[str]], documents: Sequence[str], ids: Sequence[str]) -> Guess:
    """The column of the sentences, and that of the documents if the sentences' values begin again in each."""
    # They begin again in the rows a 1, a 1, a 2, b 1, b 1 of a document and a sentence each.
    for document, sentence in product(documents, ids):
        filled = [list(accumulate(columns[name], _filled_down)) for name in (document, sentence)]
        pairs = list(zip(*filled, strict=True))
        different = len(set(pairs))
        # In "a 1, a 2, b 1" each row has its own pair: they number words. In "a 1, b 1, a 1" pairs come back.
        if len(set(filled[1])) < different < len(pairs) and different == len(list(groupby(pairs))):
            return {"document": document, "sentence": sentence}
    return {"sentence": ids[0]} if ids else {}


def _filled_down(above: str, cell: str) -> str:
    return cell or above


FORMAT = Format(keys=Keys, read=read, recognise=recognise, holds="words in rows")
