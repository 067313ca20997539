"""CSV with a header: one row per word and a column that identifies the sentence, or one row per sentence."""

import ast
import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, chain, groupby, product
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
# Headers of columns in which the offsets of an entity begin.
_START = re.compile("([a-z]+[ _-])?(start|begin)([ _-]?[a-z]+)?", re.IGNORECASE)
_SENTENCE = re.compile("sent(ence)?([ _]?(#|id|idx|no|number))?|(doc|document)[ _]?id|id", re.IGNORECASE)


class WordRow(NamedTuple):
    line: int
    ids: tuple[str, ...]  # of the document, if params.yaml names its column, and of the sentence
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
    """Guess the columns of a file.

    Raises:
        UserError: no column names the sentences, or rows are entities, or have spans.
    """
    for delimiter, quote, header, rows in _tables(sample):
        keys = _of_table(header, rows)
        start = _start_of_entities(header, rows, keys)
        if start is not None:
            raise UserError(
                f"{sample.path}: CSV with offsets of entities in {start!r}; expected rows of words or sentences; "
                "write one JSON object per text, which format spans reads: "
                '{"text": "Ada lives.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}'
            )
        if keys is not None and ("rows" in keys or "sentence" in keys):
            return {**keys, "delimiter": delimiter, "quote": quote}
        if keys is not None and delimiter != "\t":  # with tabs, empty lines can end the sentences (`conll`)
            raise UserError(
                f"{sample.path}: CSV with words in {keys['words']!r}, but no column whose value is the same for "
                "all words of a sentence and changes with it; add one, such as sentence_id, or set rows: sentences "
                "if each row is a sentence"
            )
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
    """Read a file with one row per word.

    Raises:
        UserError: see `_cells`; a needed cell is empty; a row is of a whole sentence; a sentence's rows are not
            contiguous.
    """
    first_lines: dict[tuple[str, ...], int] = {}
    for ids, group in groupby(_word_rows(path, keys), key=lambda row: row.ids):
        rows = list(group)
        line = rows[0].line
        sentence_id = joined_id(ids)
        if ids in first_lines:
            again = "; if the values begin again in each document, set download.dataset.document"
            raise UserError(
                f"{path}:{line}: rows of sentence {quoted(sentence_id)} are not contiguous (first seen on line "
                f"{first_lines[ids]}); sort the rows by sentence and by position in it, in their first order if no "
                "column has the position, or give each sentence its own value"
                f"{'' if keys.document else again}"
            )
        first_lines[ids] = line
        columns = zip(*(row.tags for row in rows), strict=True)
        sentence = Sentence(
            f"{path}:{line}",
            [row.word for row in rows],
            {name: list(tags) for name, tags in zip(keys.tag_columns, columns, strict=True)},
            sentence_id,
            ids[0] if keys.document else None,
        )
        yield without_skipped(sentence, keys.rules, (f"{path}:{row.line}" for row in rows))


def _of_sentences(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a file with one row per sentence, its words joined by spaces in one cell and their tags in others.

    Cells with a list as Python writes it (``['Ada', 'lives']``), which pandas makes of lists, are read as lists.
    Tags can also be joined by commas.

    Raises:
        UserError: see `_cells` and `lists.to_sentence`.
    """
    for line, cells in _cells(path, keys, keys.row_keys):
        location = f"{path}:{line}"
        row: dict[str, Any] = {}
        for column, cell in zip(keys.row_keys, cells, strict=True):
            row[column] = cell if column in keys.id_keys else _items(cell, f"{location}: {column!r}")
        for column in keys.tag_columns.values():
            by_commas = row[column][0].split(",") if len(row[column]) == 1 else []
            if len(by_commas) == len(row[keys.words]):
                row[column] = by_commas
        yield to_sentence(row, keys, keys.rules, {}, location)


def _word_rows(path: Path, keys: Keys) -> Iterator[WordRow]:
    """Yield the words of a file by the rules; skipped ones belong to the sentence above and need no tags."""
    count = len(keys.id_keys)
    above = ("",) * count
    for line, cells in _cells(path, keys, [*keys.id_keys, keys.words, *keys.tag_columns.values()]):
        word = keys.rules.strip(cells[count]).strip(" ")
        is_skipped = keys.rules.skips(word)
        ids = tuple(map(str.strip, cells[:count]))
        if keys.fill_down or is_skipped:
            ids = tuple(map(_filled_down, above, ids))
        above = ids
        row = WordRow(line, ids, word, list(map(str.strip, cells[count + 1 :])))
        # Without this condition the checks take a third of the time.
        is_filled = all(ids) and word.strip() and all(row.tags)
        if not is_skipped and (not is_filled or not _SEPARATORS.isdisjoint("".join(row.tags))):
            _check(row, keys, f"{path}:{line}")
        yield row


def _check(row: WordRow, keys: Keys, location: str) -> None:
    """Raise a `UserError` if a cell is empty, or a row is of a whole sentence."""
    cells = [*row.ids, row.word, *row.tags]
    for column, cell in zip([*keys.id_keys, keys.words, *keys.tag_columns.values()], cells, strict=True):
        if not cell.strip():
            remedy = keys.rules.remedy if column == keys.words else ""
            if column in keys.id_keys:
                remedy = _remedy_of_id("sentence" if column == keys.sentence else "document", keys)
            raise UserError(f"{location}: the cell of column {column!r} is empty{remedy}")
    for tag in row.tags:
        if is_sentence(row.word, tag):
            raise UserError(
                f"{location}: {quoted(row.word)} with {quoted(tag)} looks like a whole sentence; for one sentence "
                "per row set download.dataset.rows: sentences in params.yaml"
            )


def _remedy_of_id(noun: str, keys: Keys) -> str:
    if keys.fill_down:
        return f"; no row above names a {noun}"
    return f"; if only its first row names a {noun}, set download.dataset.fill_down: true in params.yaml"


def _cells(path: Path, keys: Keys, needed: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each row below the header and the cells of the columns with some headers.

    Raises:
        UserError: the file is not text or not CSV; a column is missing from the header or is there twice; a row has
            another number of cells; a cell has a line end.
    """
    rows = _split_rows(path, keys)
    line, header = next(rows, (1, []))
    names = shortened(", ".join(header), QUOTED) or "empty"
    for column in needed:
        if column not in header:
            raise UserError(
                f"{path}:{line}: column {column!r} is not in the header ({names}){_other_delimiter(header)}"
            )
        if header.count(column) > 1:
            raise UserError(f"{path}:{line}: column {column!r} is in the header twice ({names})")
    indices = list(map(header.index, needed))
    for number, cells in rows:
        if cells == header:
            raise UserError(
                f"{path}:{number}: the header once more ({names}); expected it in line {line} only; remove this row, "
                "or read the files that were joined by a pattern such as *.csv"
            )
        if len(cells) != len(header):
            raise UserError(f"{path}:{number}: {len(cells)} cells; expected {len(header)} ({names})")
        yield number, [cells[index] for index in indices]


def _other_delimiter(header: Sequence[str]) -> str:
    """What to do if the only cell of a header has another delimiter inside."""
    for delimiter in ";,\t|" if len(header) == 1 else ():
        if delimiter in header[0]:
            return f"; if cells are separated by {delimiter!r}, set download.dataset.delimiter to it"
    return ""


def _split_rows(path: Path, keys: Keys) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row; empty lines are skipped."""
    lines = (f"{line}\n" for _, line in read_lines(path, keys.encoding))
    reader = csv.reader(lines, **_dialect(keys.delimiter, keys.quote))
    start = 1
    try:
        for cells in reader:
            if reader.line_num > start:
                raise UserError(
                    f"{path}:{start}: a cell continues on the next line; close its quote, or set "
                    "download.dataset.quote: null in params.yaml if cells are never quoted"
                )
            if len(cells) > 1 or "".join(cells).strip():
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        if keys.quote is None:
            raise UserError(f"{path}:{start}: not CSV ({error})") from None
        raise UserError(
            f"{path}:{start}: not CSV ({error}); write a {keys.quote} that is part of a word doubled and inside "
            "quotes, or set download.dataset.quote: null in params.yaml if cells are never quoted"
        ) from None


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


def _start_of_entities(header: Sequence[str], rows: Sequence[Sequence[str]], keys: Guess | None) -> str | None:
    """The header of the column with the first offset of an entity, if each row is an entity; or with lists of spans.

    Rows of words can have offsets, too, but have a tag O, or words without a space.
    """
    whole = [row for row in rows if len(row) == len(header)]
    if not whole or any("O" in row for row in whole):
        return None
    for index, name in enumerate(header):
        if any(row[index].startswith(('[{"', "[{'")) for row in whole):
            return name
    if keys is not None:
        index = header.index(keys["words"])
        if not any(" " in row[index].strip() for row in whole):
            return None
    starts = [index for index, name in enumerate(header) if _START.fullmatch(name.strip())]
    numbers = [index for index in starts if all(row[index].strip().isdecimal() for row in whole)]
    return header[numbers[0]] if numbers else None


def _of_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Guess | None:
    """Guess what the columns of a table hold; None if there are no words and tags."""
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
    if any(_are_sentences(columns[words], columns[name]) for name in tags):
        used = _tags_in(columns[tags[0]]) if len(tags) == 1 else ()
        named = name_tag_columns(dict.fromkeys(tags, used))
        return {"rows": "sentences", **_sentence(unique), "words": words, "tag_columns": named}
    keys = _in_documents(columns, [name for name in ids if name not in unique], (words, *tags))
    has_gaps = any("" in columns[name] for name in keys.values())
    keys |= {"words": words, "tag_columns": name_tag_columns({name: set(columns[name]) for name in tags})}
    if has_gaps:
        keys["fill_down"] = True
    return keys


def _are_sentences(words: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether a cell of tags is like "B-PER O O", "B-PER,O,O" or "['B-PER', 'O', 'O']"."""
    return any(map(is_sentence, words, tags))


def _tags_in(cells: Sequence[str]) -> set[str]:
    """The different tags in cells of several ones."""
    tags = chain.from_iterable(map(split_tags, cells))
    return {tag.strip("[]',") for tag in tags}


def _in_documents(columns: Mapping[str, Sequence[str]], ids: Sequence[str], others: Collection[str]) -> Guess:
    """The column of the sentences, and that of the documents if the sentences' values begin again in each.

    They begin again in the rows ``a 1, a 1, a 2, b 1, b 1`` of a document and a sentence each.
    """
    filled = {name: list(accumulate(cells, _filled_down)) for name, cells in columns.items()}
    documents = [name for name in columns if name not in others and DOCUMENT.fullmatch(name.strip())]
    for document, sentence in product(documents, ids):
        if document != sentence and _begin_again(filled[document], filled[sentence]):
            return {"document": document, "sentence": sentence}
    return _sentence(ids)


def _begin_again(documents: Sequence[str], sentences: Sequence[str]) -> bool:
    """Whether the values of sentences begin again in each document."""
    pairs = list(zip(documents, sentences, strict=True))
    different = len(set(pairs))
    # 3 pairs of 2 documents and 2 numbers. In "a 1, a 2, b 3" the 3 numbers are enough.
    begin_again = different > max(len(set(documents)), len(set(sentences)))
    # "a 1" is in two rows. In "a 1, a 2, b 1" each row has its own pair: they number words.
    have_words = different < len(pairs)
    # One after the other. In "a 1, b 1, a 1, b 1" the 2 pairs come back: they are something else.
    are_contiguous = different == len(list(groupby(pairs)))
    return begin_again and have_words and are_contiguous


def _filled_down(above: str, cell: str) -> str:
    return cell or above


def _sentence(names: Sequence[str]) -> Guess:
    return {"sentence": names[0]} if names else {}


FORMAT = Format(keys=Keys, read=read, recognise=recognise, holds="words in rows")
