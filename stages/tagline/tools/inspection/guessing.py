"""Guess the keys of ``download.dataset`` from the content of a file. A guess is only shown once it reads the file."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain, count, groupby, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tagline.core.errors import UserError
from tagline.core.reading import reading
from tagline.labels.schemes import split_tag, standard_names
from tagline.sources.formats import conll, conllu, csv_rows
from tagline.sources.formats.cleaning import is_sentence, split_tags
from tagline.sources.formats.csv_table import Dialect
from tagline.sources.formats.json_rows import read_rows
from tagline.sources.formats.lines import UTF_8, read_lines
from tagline.sources.formats.lists import Keys as ListKeys
from tagline.sources.formats.lists import class_label_names, with_fields
from tagline.tools.inspection import guessing_tools
from tagline.tools.inspection.guessing_tools import Keys

# Lines and rows that are looked at.
LINES, ROWS = 5000, 200
# Encodings by which every byte is a character come last: nothing in the text can show that they are wrong.
ENCODINGS = (UTF_8, "cp1252", "latin-1")
# More different values are no tags, unless all mark spans; fewer lines of one width are no table, while a few others
# are errors in one.
MOST_TAGS, LEAST_SHARE = 100, 0.9
_WORDS = (re.compile("words?|tokens?|form", re.IGNORECASE), re.compile("text|sentence", re.IGNORECASE))
_TAGS = re.compile("(.*[ _-])?(tags?|labels?)|ner|[ux]?pos|chunks?|iob|bio|entity", re.IGNORECASE)
_SENTENCE = re.compile("sent(ence)?([ _]?(#|id|idx|no|number))?|(doc|document)[ _]?id|id", re.IGNORECASE)
_FIRST_ID = re.compile(r"1|0\.1")  # the first word or empty node of a sentence in CoNLL-U
_MARKUP = re.compile(r"\s*<(!doctype|html|\?xml)\b", re.IGNORECASE)
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]+)?:")  # before each word in WikiANN's own files
_CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}


@dataclass(frozen=True)
class Sample:
    """The first lines of a text file.

    Attributes:
        path: the file.
        encoding: one by which all of it can be read.
        lines: at most `LINES` lines.
    """

    path: Path
    encoding: str
    lines: list[str]


def guess(path: Path) -> Keys:
    """Guess format, keys of the format and encoding.

    Raises:
        UserError: no format fits.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return {"format": "parquet", **_of_parquet(path)}
    if path.suffix == ".spacy":
        return {"format": "spacy", **guessing_tools.SPANS}
    sample = read_sample(path)
    if not any(map(str.strip, sample.lines)):
        raise UserError(f"{path}: an empty file; expected a data set; docs/data.md describes the formats")
    if _MARKUP.match("\n".join(sample.lines[:3])) and "<xmi:XMI" not in "".join(sample.lines):
        raise UserError(f"{path}: a web page or XML; expected a file of a data set; docs/data.md describes the formats")
    of_tool = guessing_tools.of_lines(path, sample.lines)
    if of_tool is not None:
        return of_tool
    guesses = {"json": _of_json, "conllu": _of_conllu, "csv": _of_csv, "conll": _of_conll}
    for name, function in guesses.items():
        keys = function(sample)
        if keys is not None:
            encoding = {} if sample.encoding == UTF_8 else {"encoding": sample.encoding}
            return {"format": name, **keys, **encoding}
    raise UserError(
        f"{path}: no format recognised; expected columns of words and tags, CoNLL-U, CSV with a header, JSON objects "
        "or Parquet; docs/data.md describes them"
    )


def guess_saved(path: Path) -> Keys:
    """Guess the keys of a folder that ``Dataset.save_to_disk`` wrote.

    Raises:
        UserError: the folder is damaged, or has no lists of words and tags.
    """
    from datasets import load_from_disk  # imported here: it is slow to load

    with reading(path, problem="not a data set that save_to_disk wrote, or damaged", remedy="save it again"):
        saved = load_from_disk(str(path))
        return {"format": "save_to_disk", **_of_lists(lambda: iter(saved), path, saved.features)}


def read_sample(path: Path) -> Sample:
    """Read the first lines, in the first encoding that fits the whole file.

    Raises:
        UserError: the file is not text.
    """
    with path.open("rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    problems = []
    for encoding in ("utf-16",) if marked else ENCODINGS:
        lines = read_lines(path, encoding)
        try:
            sample = [line for _, line in islice(lines, LINES)]
            for _ in lines:
                pass
        except UserError as error:
            problems.append(error)
        else:
            return Sample(path, encoding, sample)
    raise problems[0]  # in UTF-8, since nothing speaks for another encoding


def not_utf_8(path: Path) -> str:
    """Say on which line a text file is not UTF-8; empty if it is."""
    try:
        for _ in read_lines(path):
            pass
    except UserError as error:
        return str(error).partition(";")[0]
    return ""


def _of_json(sample: Sample) -> Keys | None:
    first = next(filter(None, map(str.strip, sample.lines)), "")
    if not first.startswith(("{", "[")):
        return None
    read = partial(_json_rows, sample)
    rows = list(islice(read(), ROWS))
    of_tool = guessing_tools.of_rows(rows)
    if of_tool is not None:
        return of_tool
    if all(isinstance(row.get("text"), str) and isinstance(row.get("spans"), list) for row in rows):
        return {"format": "spans", **guessing_tools.SPANS, **_id(rows)}
    return _of_lists(read, sample.path)


def _json_rows(sample: Sample) -> Iterator[Mapping[str, Any]]:
    return (row for _, row in read_rows(sample.path, sample.encoding))


def _of_parquet(path: Path) -> Keys:
    import pyarrow.parquet as pq

    with reading(path, problem="not a Parquet file, or damaged"), pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        features: Mapping[str, Any] = {}
        if b"huggingface" in (schema.metadata or {}):
            from datasets import Features  # imported here: it is slow to load

            features = Features.from_arrow_schema(schema)
        return _of_lists(
            lambda: (row for batch in file.iter_batches(ROWS) for row in batch.to_pylist()), path, features
        )


def _id(rows: Sequence[Mapping[str, Any]]) -> Keys:
    values = [row.get("id") for row in rows]
    usable = all(isinstance(value, int | str) and value != "" for value in values)
    return {"id": "id"} if usable and len(set(map(str, values))) == len(values) else {}


def _of_lists(
    read: Callable[[], Iterator[Mapping[str, Any]]], path: Path, features: Mapping[str, Any] = MappingProxyType({})
) -> Keys:
    """The keys of words and tags, which are lists of equal lengths, or fields of the objects in one, and of an id.

    Args:
        read: reads all rows.
        path: the file or folder.
        features: of `datasets`, which can name numbers.
    """
    rows: list[Mapping[str, Any]] = list(islice(read(), ROWS))
    fields = {
        f"{key}.{field}": None
        for row in rows
        for key, value in row.items()
        for item in (value if isinstance(value, list) else ())
        for field in (item if isinstance(item, dict) else ())
    }
    rows = [with_fields(row, fields) for row in rows]
    objects = {field.partition(".")[0] for field in fields}
    lists = {
        key: [value for row in rows for value in row[key]]
        for key in (rows[0] if rows else ())
        if all(isinstance(row.get(key), list) for row in rows) and key not in objects
    }
    # Missing items are reported by the reader.
    texts = {key: values for key, values in lists.items() if all(isinstance(value, str | None) for value in values)}
    words = _named(texts, *_WORDS) or max(texts, key=lambda key: len(set(texts[key])), default=None)
    lengths = {key: [len(row[key]) for row in rows] for key in lists}
    others = [key for key in lists if key != words and words and lengths[key] == lengths[words]]
    named = class_label_names(features, ListKeys("", {key: key for key in features})) if features else {}
    tags = [key for key in others if key in texts or key in named]
    highest = (
        {}
        if tags
        else _highest(
            [key for key in others if _TAGS.fullmatch(key)] or others, (with_fields(row, fields) for row in read())
        )
    )
    tags = tags or list(highest)
    if words is None or not tags:
        raise UserError(
            f"{path}: no lists of words and tags (keys: {', '.join(lists) or 'none'}); expected two lists of strings "
            "of equal length, or JSON of 'text' with 'spans'; docs/data.md describes these and other formats"
        )
    columns = _tag_columns({key: set(texts.get(key, ())) - {None} for key in tags})
    names = {name: [f"name of {n}" for n in range(highest[key] + 1)] for name, key in columns.items() if key in highest}
    return {"words": words, "tag_columns": columns, **({"names": names} if names else {}), **_id(rows)}


def _highest(keys: Collection[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The highest number in the lists of each key, without keys of more different numbers than tags can be."""
    highest = dict.fromkeys(keys, 0)
    for row in rows:
        for key in keys:
            highest[key] = max([highest[key], *(value for value in row.get(key) or () if isinstance(value, int))])
    return {key: number for key, number in highest.items() if 0 < number < MOST_TAGS}


def _of_conllu(sample: Sample) -> Keys | None:
    words = [line.split("\t") for line in sample.lines if line.strip() and not line.startswith("#")]
    if not words or any(len(word) != len(conllu.COLUMNS) for word in words) or not _FIRST_ID.match(words[0][0]):
        return None
    values = {column: {word[index] for word in words} for index, column in enumerate(conllu.COLUMNS)}
    columns = {name: column for name, column in (("pos", "upos"), ("xpos", "xpos")) if values[column] != {"_"}}
    pairs = [pair.partition("=") for misc in values["misc"] for pair in misc.split("|")]
    for key in sorted({key for key, equals, _ in pairs if equals}):
        tags = {value for name, _, value in pairs if name == key}
        if _marks_spans(tags):
            columns["ner" if "ner" not in columns else key.lower()] = f"misc:{key}"
    absent = {"absent": "O"} if any(column.startswith("misc:") for column in columns.values()) else {}
    return {"tag_columns": columns, **absent} if columns else None


def _of_csv(sample: Sample) -> Keys | None:
    for delimiter, quote in ((",", '"'), (";", '"'), ("\t", '"'), ("\t", None), ("|", '"')):
        lines = [f"{line}\n" for line in sample.lines]
        try:
            reader = csv.reader(lines, **Dialect(delimiter, quote).options)
            header, *rows = [row for row in reader if row] or [[]]
        except csv.Error:
            continue
        keys = _of_table(header, rows)
        if keys is not None and ("rows" in keys or "sentence" in keys):
            return {**keys, "delimiter": delimiter, "quote": quote}
        if keys is not None and delimiter != "\t":  # with tabs, empty lines can end the sentences (`conll`)
            raise UserError(
                f"{sample.path}: CSV with words in {keys['words']!r}, but no column whose value is the same for all "
                "words of a sentence and changes with it; add one, such as sentence_id, or set rows: sentences if "
                "each row is a sentence"
            )
    return None


def _of_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Keys | None:
    words = _named(header, *_WORDS)
    tags = [name for name in header if name != words and _TAGS.fullmatch(name)]
    if words is None or not tags or any(len(row) != len(header) for row in rows):
        return None
    columns = {name: [row[index] for row in rows] for index, name in enumerate(header)}
    ids = [name for name in header if name not in (words, *tags) and _SENTENCE.fullmatch(name)]
    # The most values: numbers that begin again in each document are fewer than the documents if these are short.
    ids.sort(key=lambda name: (-len(set(columns[name])), not name.lower().startswith("sent")))
    unique = [name for name in ids if 0 < len(set(columns[name])) == len(rows)]
    if any(is_sentence(*cells) for name in tags for cells in zip(columns[words], columns[name], strict=True)):
        used = [tag.strip("[]',") for name in tags for cell in columns[name] for tag in split_tags(cell)]
        named = _tag_columns({name: set(used) if len(tags) == 1 else () for name in tags})
        return {"rows": "sentences", **_sentence(unique), "words": words, "tag_columns": named}
    keys = _in_documents(columns, [name for name in ids if name not in unique], (words, *tags))
    named = _tag_columns({name: set(columns[name]) for name in tags})
    fill_down = {"fill_down": True} if any("" in columns[name] for name in keys.values()) else {}
    return {**keys, "words": words, "tag_columns": named, **fill_down}


def _in_documents(columns: Mapping[str, Sequence[str]], ids: Sequence[str], others: Collection[str]) -> Keys:
    """The column of the sentences, and that of the documents if the sentences' values begin again in each."""
    filled = {name: list(accumulate(cells, _filled_down)) for name, cells in columns.items()}
    for document in (name for name in columns if name not in others and csv_rows.DOCUMENT.fullmatch(name.strip())):
        for sentence in (name for name in ids if name != document):
            pairs = list(zip(filled[document], filled[sentence], strict=True))
            values = len(set(pairs))
            alone = max(len(set(filled[name])) for name in (document, sentence))
            if alone < values < len(pairs) and values == len(list(groupby(pairs))):
                return {"document": document, "sentence": sentence}
    return _sentence(ids)


def _filled_down(above: str, cell: str) -> str:
    return cell or above


def _sentence(names: Sequence[str]) -> Keys:
    return {"sentence": names[0]} if names else {}


def _of_conll(sample: Sample) -> Keys | None:
    tabs, numbered = conll.separated(enumerate(sample.lines))
    lines = [line for _, line in numbered if not conll.is_border(line)]
    cells = [conll.fields(line.rstrip("\t"), tabs) for line in lines]
    width = Counter(map(len, cells)).most_common(1)[0][0] if cells else 0
    rows = [row for row in cells if len(row) == width]
    remarks = [line for line, row in zip(lines, cells, strict=True) if line.startswith("#") and len(row) != width]
    if width < 2 or len(rows) < LEAST_SHARE * (len(lines) - len(remarks)):
        return None
    first = rows[0]
    columns = _columns(rows[1:] or rows)
    header = len(rows) > 1 and conll.looks_like_header(first, columns)
    if header:
        del rows[0]
    columns = _columns(rows)
    if not set(columns) - {conll.WORDS, conll.SKIP}:
        return None
    return {
        "columns": columns,
        **({"header": True} if header else {}),
        **({"comments": True} if remarks else {}),
        **_strip_pattern(sample, columns, rows[0]),
    }


def _strip_pattern(sample: Sample, columns: Sequence[str], first: Sequence[str]) -> Keys:
    """The prefix of the first word, if all words of the file have it."""
    index = columns.index(conll.WORDS)
    prefix = _LANGUAGE.match(first[index])
    if prefix is None:
        return {}
    tabs, lines = conll.separated(read_lines(sample.path, sample.encoding))
    rows = (conll.fields(line.rstrip("\t"), tabs) for _, line in lines if not conll.is_border(line))
    rows = (row for row in rows if len(row) == len(columns) and not conll.looks_like_header(row, columns))
    same = all(row[index].startswith(prefix[0]) for row in rows)
    return {"strip_pattern": f"^{prefix[0]}"} if same else {}


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Name the columns of a table: the words have most different values, numbers, ids and constants are skipped."""
    rows = [row for row in rows if not conll.NOT_A_WORD.fullmatch(row[0])] or rows
    values = [Counter(column) for column in zip(*rows, strict=True)]
    # 12, s1-12
    numbers = [all(each.strip()[-1:].isdecimal() for each in row) and not _all_mark_spans(row) for row in values]
    words = max(range(len(values)), key=lambda index: (not numbers[index], len(values[index])))
    columns: list[str] = []
    for index, column in enumerate(values):
        constant = len(column) == 1 and len(values) > 2 and not _marks_spans(column)
        if index == words:
            columns.append(conll.WORDS)
        elif numbers[index] or constant or (len(column) > MOST_TAGS and not _all_mark_spans(column)):
            columns.append(conll.SKIP)
        else:
            columns.append(_unique(_kind({value.strip() for value in column}), columns))
    return columns


def _named(names: Collection[str], *patterns: re.Pattern[str]) -> str | None:
    return next(
        (name for pattern in patterns for name in names if pattern.fullmatch(name.rpartition(".")[2].strip())), None
    )


def _tag_columns(tags: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Name some tag columns, by their tags where these say what they mark and else by their keys."""
    named: dict[str, str] = {}
    for key, values in tags.items():
        stem = re.sub("[ _-]?(tags?|labels?)$", "", key.rpartition(".")[2].strip().lower())
        name = stem if stem not in ("", "id", "word", "words") else _kind(values)
        named[_unique(name, named)] = key
    return named


def _kind(tags: Collection[str]) -> str:
    if not _marks_spans(tags):
        return "ner" if "O" in tags or not tags else "pos"
    types = {split_tag(name)[1] for name in standard_names(tags)} - {""}
    return "chunk" if types <= _CHUNKS else "ner"


def _marks_spans(tags: Collection[str]) -> bool:
    return any(split_tag(name)[0] not in ("", "O") for name in standard_names(tags))


def _all_mark_spans(tags: Collection[str]) -> bool:
    return all(split_tag(name)[0] for name in standard_names(tags))


def _unique(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)
