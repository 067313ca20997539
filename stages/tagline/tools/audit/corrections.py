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
from unicodedata import normalize

import numpy as np

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import SPLITS
from tagline.core.findings import Findings
from tagline.core.outputs import replacing
from tagline.core.params import read_section, source_folder
from tagline.core.provenance import verify
from tagline.labels.entities import entities
from tagline.labels.schemes import OUTSIDE, Scheme, split_tag, standard_names, to_iob2
from tagline.sources.download_params import Download, LocalEncoder
from tagline.sources.files import FileSource
from tagline.sources.formats import conll, conllu
from tagline.sources.formats.annotated import DISPUTED
from tagline.sources.formats.annotators import AGREED
from tagline.sources.formats.base import Files, leads_out
from tagline.sources.formats.conll_table import separated
from tagline.sources.formats.conllu import COLUMNS, UNSPECIFIED
from tagline.sources.formats.lines import GZIP, MARK, read_lines
from tagline.sources.formats.registry import any_page
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, shortened
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
    download, params = read_section("download", Download), read_section("tokenize_align", TokenizeAlign)
    folder, sources = Path(download.folder), []
    read_as: dict[Path, conll.Keys | conllu.Keys] = {}
    for dataset in download.dataset if isinstance(download.dataset, list) else [download.dataset]:
        if not isinstance(dataset, Files) or not isinstance(dataset, conll.Keys | conllu.Keys):
            found = getattr(dataset, "format", "on the Hub")
            expected = "expected conll or conllu, in whose lines tags can be replaced"
            others = "correct others in an annotation tool (`tagline audit export FOLDER`)"
            raise UserError(f"the data set is {found}; {expected}; {others}")
        source = FileSource(folder, dataset)
        sources.append(source)
        read_as.update(dict.fromkeys(chain.from_iterable(source.files.values()), dataset))
    try:
        source_folder(Path(os.path.relpath(target)).as_posix())
    except ValueError as error:
        raise UserError(f"--output {target}: {error}; choose another one") from None
    if not leads_out(target, folder) or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise UserError(f"--output {target}: expected a new or empty folder outside of {folder}; choose another one")
    decisions, found = _decisions(fixes)
    changes, summary = _compare(decisions, sources, _tags(params))
    with replacing(target) as [out]:
        for path, section in read_as.items():
            copy = out / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(rewritten(path, section, params.task, changes[path]))
        if isinstance(download.encoder, LocalEncoder):
            shutil.copytree(folder / download.encoder.path, out / download.encoder.path)
    return [*found, *summary, f"{target}: set download.folder: {target.as_posix()} in params.yaml to read it"]


def _compare(
    decisions: Mapping[str, Sentence], sources: Sequence[FileSource], tags: Mapping[str, Tags]
) -> tuple[Mapping[Path, Changes], list[str]]:
    """The tags to replace in each file, and a line per split that counts them; for errors see `save`."""
    changes: defaultdict[Path, Changes] = defaultdict(dict)
    counts: Counter[tuple[str, str]] = Counter()
    column = tags[SPLITS[0]].column
    standard = dict(zip(column.tags, column.names, strict=True))
    types = {split_tag(name)[1] for name in column.names}
    # The page's types are in NFC; those of the files stay as they are, or there would be two that look the same.
    of_files = {nfc: type_ for type_ in types if (nfc := normalize("NFC", type_)) not in types}
    for split, sentence, fix in _matched(decisions, column, sources):
        # No tag is unknown, see `_tags`; types cannot tell.
        written, saved = (list(filter(None, each)) for each in (sentence.tags[column.name], fix.tags[_CORRECTED]))
        corrected = [label[:2] + of_files.get(label[2:], label[2:]) for label in saved]
        labels = _to_labels([standard[tag] for tag in written], tags[split].scheme)
        counts[split, "read"] += 1
        if labels != corrected:
            before, after = set(entities(labels)), set(entities(corrected))
            counts[split, "changed"] += 1
            counts[split, "removed"] += len(before - after)
            counts[split, "added"] += len(after - before)
            rows = zip(sentence.lines, written, _as_in_file(corrected, tags[split], fix.location), strict=True)
            path = Path(sentence.location.rpartition(":")[0])
            changes[path].update({line: (old, new) for line, old, new in rows if old != new})
    kept = [f"type {nfc!a}: written as in the files, {type_!a}" for nfc, type_ in sorted(of_files.items())]
    return changes, kept + [
        f"{split}: {counts[split, 'changed']:,} of {counts[split, 'read']:,} sentences changed: "
        f"{counts[split, 'removed']:,} entities removed, {counts[split, 'added']:,} added"
        for split in SPLITS
        if counts[split, "read"]
    ]


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
        expected = "expected entities, which the page marks"
        raise UserError(f"{params.task} has one tag per word; {expected}; correct the files by hand")
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
    decisions, findings = {}, Findings(reader.meanings)
    for sentence in reader.read(path):
        findings.add_notes(sentence.notes)
        if sentence.words:
            decisions[str(sentence.id)] = sentence
    whole = "expected spans of whole words, each word in one; correct them in the page"
    decide = "decide by `tagline conflicts FOLDER --output PAGE.html`"
    for kind, remedy in (dict.fromkeys(reader.refused, whole) | {DISPUTED: decide}).items():
        if findings.counts[kind]:
            raise UserError(f"{findings.line(kind)}; {remedy}")
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
        rows = (row for batch in column.raw.batches(split) for row in batch.to_pylist())
        rows = (row for row in rows if not raw_data.COPY.match(row[raw_data.ID]))  # of a source that is repeated
        for sentence, row in zip_longest(sentences, rows):
            written = sentence and (sentence.words, sentence.tags.get(column.name))
            if not sentence or not row or written != (row[raw_data.WORDS], row[column.name]):
                raise UserError(f"{RAW}: not made of {sources[0].folder}; run `dvc repro download` first")
            id_ = row[raw_data.ID]
            fix = decisions.get(id_)
            if fix and fix.words == sentence.words:
                missing.pop(id_, None)
                yield split, sentence, fix
            elif fix:
                others[id_] = sentence.location  # another split can have the id, too
    for id_, fix in missing.items():
        where = f"other words than at {others[id_]}" if id_ in others else f"not in {RAW}"
        raise UserError(f"{fix.location}: sentence {id_}: {where}; expected corrections of these data; make a new page")


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
        found = f"neighbouring entities of one type, which the {tags.scheme} tags of the data set cannot tell apart"
        raise UserError(f"{location}: {found}; expected words between them, or data in IOB2")
    try:
        spelled = {name: _spelled(name, tags.column) for name in set(names)}
    except KeyError as error:
        known = shortened(", ".join(tags.column.tags), QUOTED)
        found = f"how the data set would spell the tag {error.args[0]} does not follow from its tags ({known})"
        raise UserError(f"{location}: {found}; expected one of its types") from None
    return [spelled[name] for name in names]


def _spelled(name: str, column: TagColumn) -> str:
    """Spell a tag as the column does, a new one like a tag of another type; a `KeyError` if it cannot be spelled so."""
    counts = np.sum(list(column.counts.values()), axis=0).tolist()
    known = {standard: tag for _, standard, tag in sorted(zip(counts, column.names, column.tags, strict=True))}
    prefix, type_ = split_tag(name)
    if all(split_tag(standard)[0] in ("", OUTSIDE) for standard in known):  # types without I-
        name = type_ or name
    if name in known:
        return known[name]
    if re.search(r"[\s|]", name):  # it would end the column, or the value of a key in CoNLL-U
        raise KeyError(name)
    if not column.respelled:
        return name
    similar = [(tag, split_tag(standard)[1]) for standard, tag in known.items() if split_tag(standard)[0] == prefix]
    read = [OUTSIDE if standard == OUTSIDE else tag for tag, standard in zip(column.tags, column.names, strict=True)]
    for made in (*(tag.replace(other, type_) for tag, other in similar), name):
        if standard_names([*read, made]) == [*column.names, name]:
            return made
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
    cells = rest.split("\t") if tabs else re.split("( +)", rest)  # Ada, two spaces, O
    at = index if tabs else 2 * index
    cells[at] = cells[at].replace(old, new)
    return line.removesuffix(rest) + ("\t" if tabs else "").join(cells)


def _in_conllu(line: str, column: str, new: str, absent: str) -> str:
    """Replace a column of a line, or the value of one of its keys, which goes where the tag is that without the key."""
    name, _, key = column.partition(":")
    cells = line.split("\t")
    at = COLUMNS.index(name)
    if key:
        given, written = [] if cells[at].strip() == UNSPECIFIED else cells[at].split("|"), f"{key}={new}"
        pairs = [written if pair.partition("=")[0] == key else pair for pair in given]
        pairs += [] if written in pairs else [written]
        cells[at] = "|".join(pair for pair in pairs if pair != written or new != absent) or UNSPECIFIED
    else:
        cells[at] = UNSPECIFIED if new == absent else new
    return "\t".join(cells)
