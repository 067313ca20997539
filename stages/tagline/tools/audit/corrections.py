"""Corrections from the annotation page, written into the files of the data set in the format that they have."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np

from tagline.artifacts import raw_data
from tagline.core import SPLITS, Findings, replacing, verify
from tagline.core.params import read_section, source_folder
from tagline.labels.entities import entities
from tagline.labels.schemes import OUTSIDE, Scheme, split_tag, standard_names, to_iob2
from tagline.sources.download_params import Download, LocalEncoder, sources_of
from tagline.sources.files import FileSource
from tagline.sources.formats import conll, conllu
from tagline.sources.formats.annotated import DISPUTED
from tagline.sources.formats.annotators import AGREED
from tagline.sources.formats.base import Files, leads_out
from tagline.sources.formats.conll_table import separated
from tagline.sources.formats.lines import GZIP, MARK, read_lines
from tagline.sources.formats.registry import any_page
from tagline.terminal import QUOTED, UserError, shortened
from tagline.text.sentence import Sentence
from tagline.tokenization.tags import TagColumn, Tags, read_column, read_tags
from tagline.tokenization.tokenize_align_params import TokenizeAlign

RAW = Path("data/raw")
# The tag column of the corrections.
_CORRECTED = "corrected"
# The prefix of the last word of a span, by that of IOB2.
_LAST = {"BIOES": {"B": "S", "I": "E"}, "BILOU": {"B": "U", "I": "L"}}


def save(fixes: Path, target: Path) -> list[str]:
    """Write the data set of params.yaml, and the encoder beside it, with corrections of the task's tags.

    Args:
        fixes: what the annotation page saved, with the ids of data/raw.
        target: the folder to make.

    Returns:
        What was corrected, one line per split, and how to read it.

    Raises:
        UserError: the data set's format is another one; the corrections are malformed, of other data, or cannot be
            expressed by its tags; data/raw is missing or outdated; the target is not empty, or inside the data set.
    """
    download = read_section("download", Download)
    params = read_section("tokenize_align", TokenizeAlign)
    folder = Path(download.folder)
    sources: list[FileSource] = []
    read_as: dict[Path, conll.Keys | conllu.Keys] = {}
    for dataset in sources_of(download.dataset):
        if not isinstance(dataset, Files) or not isinstance(dataset, conll.Keys | conllu.Keys):
            raise UserError(
                f"the data set is {getattr(dataset, 'format', 'on the Hub')}; expected conll or conllu, in whose lines "
                "tags can be replaced; correct others in an annotation tool (`tagline audit export --output FOLDER`)"
            )
        source = FileSource(folder, dataset)
        sources.append(source)
        read_as |= dict.fromkeys(chain.from_iterable(source.files.values()), dataset)
    _check_target(target, folder)
    decisions, unusual = _decisions(fixes)
    changes, summary = _compare(decisions, sources, _tags(params))
    with replacing(target) as [out]:
        for path, section in read_as.items():
            copy = out / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(rewritten(path, section, params.task, changes[path]))
        if isinstance(download.encoder, LocalEncoder):
            shutil.copytree(folder / download.encoder.path, out / download.encoder.path)
    return [*unusual, *summary, f"{target}: set download.folder: {target.as_posix()} in params.yaml to read it"]


def _check_target(target: Path, folder: Path) -> None:
    try:
        source_folder(Path(os.path.relpath(target)).as_posix())
    except ValueError as error:
        raise UserError(f"--output {target}: {error}; choose another one") from None
    if not leads_out(target, folder) or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise UserError(f"--output {target}: expected a new or empty folder outside of {folder}; choose another one")


def _compare(
    decisions: Mapping[str, Sentence], sources: Sequence[FileSource], tags: Mapping[str, Tags]
) -> tuple[Mapping[Path, Changes], list[str]]:
    """The tags to replace in each file, and a line per split that counts them; for errors see `save`."""
    changes: defaultdict[Path, Changes] = defaultdict(dict)
    counts: Counter[tuple[str, str]] = Counter()
    column = tags["train"].column
    standard = dict(zip(column.tags, column.names, strict=True))
    of_files = _types_of_files(column)
    for split, sentence, fix in _matched(decisions, column, sources):
        # No tag is unknown, see `_tags`; types cannot tell.
        written = list(filter(None, sentence.tags[column.name]))
        saved = filter(None, fix.tags[_CORRECTED])
        corrected = [label[:2] + of_files.get(label[2:], label[2:]) for label in saved]
        labels = _to_labels([standard[tag] for tag in written], tags[split].scheme)
        counts[split, "read"] += 1
        if labels == corrected:
            continue
        before = set(entities(labels))
        after = set(entities(corrected))
        counts[split, "changed"] += 1
        counts[split, "removed"] += len(before - after)
        counts[split, "added"] += len(after - before)
        path = Path(sentence.location.rpartition(":")[0])
        new_tags = _as_in_file(corrected, tags[split], fix.location)
        for line, old, new in zip(sentence.lines, written, new_tags, strict=True):
            if old != new:
                changes[path][line] = (old, new)
    lines = [f"type {nfc!a}: written as in the files, {type_!a}" for nfc, type_ in sorted(of_files.items())]
    for split in SPLITS:
        if counts[split, "read"]:
            lines.append(
                f"{split}: {counts[split, 'changed']:,} of {counts[split, 'read']:,} sentences changed: "
                f"{counts[split, 'removed']:,} entities removed, {counts[split, 'added']:,} added"
            )
    return changes, lines


def _types_of_files(column: TagColumn) -> dict[str, str]:
    """The types that the page and the files spell differently: the page's spelling, in NFC, and that of the files.

    In the files they stay as they are, or there would be two that look the same.
    """
    types = {split_tag(name)[1] for name in column.names}
    of_files = {normalize("NFC", type_): type_ for type_ in types}
    return {nfc: type_ for nfc, type_ in of_files.items() if nfc not in types}


def _tags(params: TokenizeAlign) -> dict[str, Tags]:
    """How the tags of each split are written."""
    verify(RAW, "download")
    data = raw_data.load(RAW)
    if params.task not in data.tag_columns:
        raise UserError(f"{RAW}: no column {params.task!r} (tokenize_align.task in params.yaml); run `dvc repro`")
    labels, tags = read_tags(read_column(data, params.task, params.scheme, params.outside), params.scheme)
    if labels.sets:
        raise UserError(f"{RAW}: words of unknown label; expected data in which all words are annotated")
    if labels.kind == "tags":
        raise UserError(
            f"{params.task} has one tag per word; expected entities, which the page marks; correct the files by hand"
        )
    return tags


def _decisions(path: Path) -> tuple[dict[str, Sentence], list[str]]:
    """Read corrections by the ids of their sentences, with tags in IOB2, and describe what is unusual in them.

    Raises:
        UserError: see `AnnotatedFiles.read`; a span covers part of a word, or overlaps another one; annotators differ;
            nothing is decided.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file; expected what the annotation page saved")
    reader = any_page(_CORRECTED, annotators=AGREED)
    decisions = {}
    findings = Findings(reader.meanings)
    for sentence in reader.read(path):
        findings.add_notes(sentence.notes)
        if sentence.words:
            decisions[str(sentence.id)] = sentence
    for kind in reader.refused:
        if findings.counts[kind]:
            raise UserError(
                f"{findings.line(kind)}; expected spans of whole words, each word in one; correct them in the page"
            )
    if findings.counts[DISPUTED]:
        raise UserError(f"{findings.line(DISPUTED)}; decide by `tagline conflicts FOLDER --output PAGE.html`")
    if not decisions:
        raise UserError(f"{path}: no corrections ({'; '.join(findings.lines())}); decide sentences in the page")
    return decisions, findings.lines()


def _matched(
    decisions: Mapping[str, Sentence], column: TagColumn, sources: Sequence[FileSource]
) -> Iterator[tuple[str, Sentence, Sentence]]:
    """Yield the split and the sentence of each correction, and the correction.

    Raises:
        UserError: data/raw is not made of these files; a correction is of no sentence.
    """
    missing = dict(decisions)
    others: dict[str, str] = {}
    opened = [source.splits() for source in sources]
    for split in SPLITS:
        sentences = chain.from_iterable(of_source.get(split, ()) for of_source in opened)
        for sentence, row in zip_longest(sentences, _raw_rows(column.raw, split)):
            if not sentence or not row or not _is_same(sentence, row, column.name):
                raise UserError(f"{RAW}: not made of {sources[0].folder}; run `dvc repro download` first")
            id_ = str(row[raw_data.ID])
            fix = decisions.get(id_)
            if fix and fix.words == sentence.words:
                missing.pop(id_, None)
                yield split, sentence, fix
            elif fix:
                others[id_] = sentence.location  # another split can have the id, too
    for id_, fix in missing.items():
        if id_ in others:
            raise UserError(
                f"{fix.location}: sentence {id_}: other words than at {others[id_]}; expected corrections of these "
                "data; make a new page"
            )
        raise UserError(
            f"{fix.location}: sentence {id_}: not in {RAW}; expected corrections of these data; make a new page"
        )


def _raw_rows(data: raw_data.RawData, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a split of data/raw, without the copies of a source that is repeated."""
    for batch in data.batches(split):
        for row in batch.to_pylist():
            if not raw_data.COPY.match(row[raw_data.ID]):
                yield row


def _is_same(sentence: Sentence, row: Mapping[str, Any], column: str) -> bool:
    return (sentence.words, sentence.tags.get(column)) == (row[raw_data.WORDS], row[column])


def _to_labels(names: Sequence[str], scheme: Scheme) -> list[str]:
    """Convert the tags of a sentence, in their standard spelling, to IOB2."""
    return [to_iob2(left, name, scheme)[0] for left, name in zip([None, *names], names, strict=False)]


def _in_scheme(labels: Sequence[str], scheme: Scheme) -> list[str]:
    """Write the IOB2 labels of a sentence in another scheme; of IO, neighbouring entities of one type become one."""
    names = []
    for left, label, right in zip([OUTSIDE, *labels], labels, [*labels[1:], OUTSIDE], strict=False):
        prefix, type_ = split_tag(label)
        if right != f"I-{type_}":
            prefix = _LAST.get(scheme, {}).get(prefix, prefix)
        if scheme == "IO" or (scheme == "IOB1" and split_tag(left)[1] != type_):
            prefix = "I"
        names.append(OUTSIDE if label == OUTSIDE else f"{prefix}-{type_}")
    return names


def _as_in_file(labels: Sequence[str], tags: Tags, location: str) -> list[str]:
    """Write the IOB2 labels of a sentence as the tags of its split are written.

    Raises:
        UserError: IO cannot tell two entities apart, or how the column spells a new tag is not known.
    """
    names = _in_scheme(labels, tags.scheme)
    if _to_labels(names, tags.scheme) != labels:
        raise UserError(
            f"{location}: neighbouring entities of one type, which the {tags.scheme} tags of the data set cannot tell "
            "apart; expected words between them, or data in IOB2"
        )
    try:
        spelled = {name: _spelled(name, tags.column) for name in set(names)}
    except KeyError as error:
        raise UserError(
            f"{location}: how the data set would spell the tag {error.args[0]} does not follow from its tags "
            f"({shortened(', '.join(tags.column.tags), QUOTED)}); expected one of its types"
        ) from None
    return [spelled[name] for name in names]


def _spelled(name: str, column: TagColumn) -> str:
    """Spell a tag as the column does, a new one like a tag of another type; a `KeyError` if it cannot be spelled so."""
    counts = np.sum(list(column.counts.values()), axis=0).tolist()
    # Of several spellings, the most frequent one, which comes last.
    spelling = {standard: tag for _, standard, tag in sorted(zip(counts, column.names, column.tags, strict=True))}
    prefix, type_ = split_tag(name)
    if all(split_tag(standard)[0] in ("", OUTSIDE) for standard in spelling):  # types without I-
        name = type_ or name
    if name in spelling:
        return spelling[name]
    if re.search(r"[\s|]", name):  # it would end the column, or the value of a key in CoNLL-U
        raise KeyError(name)
    if not column.respelled:
        return name
    candidates = []
    for standard, tag in spelling.items():
        other_prefix, other_type = split_tag(standard)
        if other_prefix == prefix:
            candidates.append(tag.replace(other_type, type_))
    read = [OUTSIDE if standard == OUTSIDE else tag for tag, standard in zip(column.tags, column.names, strict=True)]
    for candidate in [*candidates, name]:
        if standard_names([*read, candidate]) == [*column.names, name]:
            return candidate
    raise KeyError(name)


Changes = dict[int, tuple[str, str]]
"""By the number of its line, from 1, the tag of a word and the one that replaces it."""


def rewritten(path: Path, dataset: conll.Keys | conllu.Keys, column: str, changes: Changes) -> bytes:
    """Give the content of a file with some tags replaced; compressed anew if it was.

    Args:
        path: the file.
        dataset: the section that reads it.
        column: the tag column.
        changes: see `Changes`.

    Raises:
        UserError: the file's encoding does not allow it.
    """
    content = path.read_bytes()
    if not changes:
        return content
    is_compressed = content.startswith(GZIP)
    content = gzip.decompress(content) if is_compressed else content
    text = content.decode(dataset.encoding)
    lines = list(StringIO(text, newline=""))  # which ends lines as `read_lines` does, and keeps their ends
    tabs, _ = separated(read_lines(path, dataset.encoding))
    for number, (old, new) in changes.items():
        body = lines[number - 1].rstrip("\r\n")
        end = lines[number - 1][len(body) :]
        if isinstance(dataset, conllu.Keys):
            written = _in_conllu(body, dataset.tag_columns[column], new, dataset.absent)
        else:
            written = _in_columns(body, dataset.columns.index(column), tabs, old, new)
        lines[number - 1] = written + end
    try:
        is_same = text.encode(dataset.encoding) == content
        changed = "".join(lines).encode(dataset.encoding)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise UserError(f"{path}: {dataset.encoding} has no character {character!r}; expected UTF-8") from None
    if not is_same:
        raise UserError(f"{path}: {dataset.encoding}, in which all bytes but the tags cannot be kept; expected UTF-8")
    return gzip.compress(changed, mtime=0) if is_compressed else changed


def _in_columns(line: str, index: int, tabs: bool, old: str, new: str) -> str:
    """Replace the tag in a column of a line; spaces around it and between columns stay."""
    rest = line.lstrip(f"{MARK} ")
    if tabs:
        cells = rest.split("\t")
        cells[index] = cells[index].replace(old, new)
        return line.removesuffix(rest) + "\t".join(cells)
    cells = re.split("( +)", rest)  # Ada, two spaces, O
    cells[2 * index] = cells[2 * index].replace(old, new)
    return line.removesuffix(rest) + "".join(cells)


def _in_conllu(line: str, column: str, new: str, absent: str) -> str:
    """Replace a column of a line, or the value of one of its keys, which goes where the tag is that without the key."""
    name, _, key = column.partition(":")
    cells = line.split("\t")
    index = conllu.COLUMNS.index(name)
    if not key:
        cells[index] = conllu.UNSPECIFIED if new == absent else new
        return "\t".join(cells)
    pairs = [] if cells[index].strip() == conllu.UNSPECIFIED else cells[index].split("|")
    written = f"{key}={new}"
    pairs = [written if pair.partition("=")[0] == key else pair for pair in pairs]
    if new == absent:
        pairs = [pair for pair in pairs if pair != written]
    elif written not in pairs:
        pairs.append(written)
    cells[index] = "|".join(pairs) or conllu.UNSPECIFIED
    return "\t".join(cells)
