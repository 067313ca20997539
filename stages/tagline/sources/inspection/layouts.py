"""Where the files of a data set are, and which format they have.

A data set is one file, a folder that is one data set, or files and folders named by split. Each format is asked whether
a file has it; the guess is only shown once it reads the file.
"""

import codecs
import glob
import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from os.path import commonprefix
from pathlib import Path

from tagline.core import FURTHER
from tagline.sources.files import find
from tagline.sources.formats.csv_rows import columns_of
from tagline.sources.formats.lines import BINARY, GZIP, UTF_8, read_lines
from tagline.sources.formats.registry import FORMATS
from tagline.sources.formats.rows import annotator_files, rows_of
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.sources.inspection import unread
from tagline.terminal import QUOTED, UserError, shortened

# The words by which names tell their split: "en_ewt-ud-dev.conllu", "eng.testa".
_SPLITS = {
    "train": {"train", "training"},
    "validation": {"validation", "valid", "val", "dev", "devel", "development", "testa"},
    "test": {"test", "testing", "testb"},
}
# Names of further test sets, beside one that is only called test.
_FURTHER = re.compile("test[_-]([A-Za-z0-9_-]*[A-Za-z][A-Za-z0-9_-]*)")
# Names of the split that no other name tells: validation, or test beside a validation split.
_EVALUATION = {"eval", "evaluation"}
_WORD = re.compile("[a-z]+")
# Files to ignore in a data folder.
_OTHER = re.compile(
    r"\..*|(readme|licen[cs]e|citation|changelog)\b.*|.*\.(pdf|zip|dvc|conf|ann|labels\.xml)",
    re.IGNORECASE,
)
# Names of test sets whose labels the makers of a corpus keep to themselves: all words are O, or have no tag.
_UNLABELLED = re.compile(r"(?<![a-z])(masked|blind|unlabell?ed|no_?labels?)(?![a-z])", re.IGNORECASE)
# Lines that are looked at.
_LINES = 5000
# Bytes at the beginning of a file, among which a NUL shows that it is not text.
_START = 8192
# Encodings by which every byte is a character come last: nothing in the text can show that they are wrong.
_ENCODINGS = (UTF_8, "cp1252", "latin-1")
_EXPECTED = (
    "columns of words and tags, CoNLL-U, CSV with a header, JSON objects or Parquet; docs/data.md describes them"
)
_MARKUP = re.compile(r"\s*<(!doctype|html|\?xml)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Where the files of each split are.

    Attributes:
        folder: ``download.folder``.
        sample: a file of train, or a folder that is read as one.
        keys: its guessed format, with the keys of the format.
        patterns: the path or glob pattern of each split that has one.
        unused: names in the folder that belong to no split.
        notes: what was assumed.
    """

    folder: Path
    sample: Path
    keys: Guess
    patterns: Mapping[str, str]
    unused: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def paths(self) -> Guess:
        """The patterns as keys of ``download.dataset``."""
        keys: Guess = {}
        tests = {}
        for split, pattern in self.patterns.items():
            if split.startswith(FURTHER):
                tests[split.removeprefix(FURTHER)] = pattern
            else:
                keys[split] = pattern
        return {**keys, "tests": tests} if tests else keys


def find_layouts(path: Path) -> list[Layout]:
    """Find the files of each format that a folder has, as `find_layout` does for one; of a page, by `selection`.

    Raises:
        UserError: see `find_layout`.
    """
    entries = _entries(path) if path.is_dir() else []
    layouts: list[Layout] = []
    for group in _by_format(entries):
        with suppress(UserError):  # which of the files are train is not clear
            layouts.append(_of_entries(path, group, is_part=True))
            entries = [entry for entry in entries if entry not in group]
    if len(layouts) < 2:
        return _by_selection(find_layout(path))
    # Ids begin with the number of their source, and further test sets should not change those of train.
    layouts.sort(key=lambda layout: all(split.startswith(FURTHER) for split in layout.patterns))
    unused = [*layouts[0].unused, *(entry.name for entry in entries)]
    return [replace(layouts[0], unused=unused), *layouts[1:]]


def _by_selection(layout: Layout) -> list[Layout]:
    """The chosen texts of an annotation page for train and its random ones for test, if it has both."""
    if "selection" not in FORMATS[layout.keys["format"]].model_fields or [*layout.patterns] != ["train"]:
        return [layout]
    selections = set()
    with suppress(UserError):  # reported where the files are read
        for row in rows_of(annotator_files(layout.sample), layout.keys.get("encoding", UTF_8)):
            selections.add("random" if row.content.get("selection") == "random" else "chosen")
    if len(selections) < 2:
        return [layout]
    pattern = layout.patterns["train"]
    chosen = replace(layout, keys={**layout.keys, "selection": "chosen"})
    return [chosen, replace(layout, keys={**layout.keys, "selection": "random"}, patterns={"test": pattern}, unused=())]


def _by_format(entries: Sequence[Path]) -> list[list[Path]]:
    """The files and folders of each format."""
    groups: defaultdict[str, list[Path]] = defaultdict(list)
    for entry in entries:
        for first in _data_in(entry)[:1]:
            with suppress(UserError):
                groups[_guess(first)["format"]].append(entry)
    if "mentions" in groups:  # a model's answers, beside which the page saved other annotations of the texts
        groups["mentions"] += groups.pop("page", [])
    return list(groups.values())


def find_layout(path: Path) -> Layout:
    """Find the files of a data set, given one of them or their folder.

    Raises:
        UserError: there is nothing; the names do not show which files are of which split; no format is recognised.
    """
    if path.is_file():
        return _of_file(path)
    if not path.is_dir():
        raise UserError(f"{path}: no such file; expected a file or folder of a data set")
    return _of_entries(path, _entries(path))


def _of_entries(path: Path, every: Sequence[Path], is_part: bool = False) -> Layout:
    """The layout of some files and folders in a folder: of all, or of those of one format."""
    entries = [entry for entry in every if not _UNLABELLED.search(entry.stem)]
    layout = _of_labelled(path, entries, is_part)
    return replace(layout, unused=[*layout.unused, *(entry.name for entry in every if entry not in entries)])


def _of_labelled(path: Path, entries: Sequence[Path], is_part: bool) -> Layout:
    splits = _by_split(entries)
    notes = []
    if splits and "train" not in splits and not is_part and sum(map(len, splits.values())) == len(entries):
        instead, *_ = splits  # validation, or test if there is nothing else
        splits = {"train": splits.pop(instead), **splits}
        names = shortened(", ".join(entry.name for entry in splits["train"]), QUOTED)
        notes.append(f"no file is named train, so that {names} is read as train; if there is one, add it")
    if "train" in splits or (splits and is_part):
        patterns = {split: _pattern(path, split, paths) for split, paths in splits.items()}
        used = list(chain.from_iterable(splits.values()))
        sample = _data_in(used[0])[0]
        unused = [entry.name for entry in entries if entry not in used]
        return Layout(path, sample, _guess(sample), patterns, unused, notes)
    if not splits and len(entries) == 1 and entries[0].is_dir():
        inner = find_layout(entries[0])
        named = {split: Path(entries[0].name, pattern).as_posix() for split, pattern in inner.patterns.items()}
        return replace(inner, folder=path, patterns=named)
    if splits or not entries or not all(map(Path.is_file, entries)):
        raise _unclear(path, entries)
    first = _of_file(entries[0])
    form = FORMATS[first.keys["format"]].form
    if len(entries) > 1 and form.folders and not is_part:
        return Layout(path, path, _of_annotators(entries) or first.keys, {"train": "."})
    if len(entries) > 1 and not form.is_document:
        raise _unclear(path, entries)
    return first


def _of_annotators(entries: Sequence[Path]) -> Guess | None:
    """The keys of a model's answers, which can be beside files that the page saved."""
    for entry in entries:
        keys = _guess(entry)
        if keys["format"] == "mentions":
            return keys
    return None


def read_sample(path: Path) -> Sample:
    """Read the first lines, in the first encoding that fits the whole file."""
    if path.is_dir():
        return Sample(path)
    with path.open("rb") as file:
        start = file.read(_START)
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    problems = []
    for encoding in ("utf-16",) if marked else _ENCODINGS:
        lines = read_lines(path, encoding)
        try:
            sample = [line for _, line in islice(lines, _LINES)]
            deque(lines, maxlen=0)  # reads the others
        except UserError as error:
            problems.append(error)
        else:
            return Sample(path, encoding, sample, problems[0] if problems else None)
    if b"\0" in start and not marked and not start.startswith((GZIP, *BINARY)):
        problems = [UserError(f"{path}: not a text file, since it has NUL bytes; expected {_EXPECTED}")]
    return Sample(path, problem=problems[0])  # in UTF-8, since nothing speaks for another encoding


def _guess(path: Path) -> Guess:
    """Guess the format of a file or folder, the keys of the format, and the encoding.

    Raises:
        UserError: no format fits.
    """
    sample = read_sample(path)
    if path.is_file() and sample.problem is None and not sample.text.strip():
        raise UserError(f"{path}: an empty file; expected a data set; docs/data.md describes the formats")
    if _MARKUP.match("\n".join(sample.lines[:3])):
        raise UserError(f"{path}: a web page or XML; expected a file of a data set; docs/data.md describes the formats")
    unread.refuse(sample)
    for name, section in reversed(FORMATS.items()):
        keys = section.form.recognise(sample)
        if keys is None:
            continue
        if sample.encoding != UTF_8 and "encoding" in section.model_fields:
            keys["encoding"] = sample.encoding
        return {"format": name, **keys}
    if sample.problem is not None and not sample.lines:
        raise sample.problem
    if columns := columns_of(sample):
        raise UserError(
            f"{path}: CSV whose columns are not recognised ({shortened(', '.join(columns), QUOTED)}); expected names "
            "such as sentence_id, word and ner; rename them, or name yours in params.yaml, below download.dataset: "
            "format: csv, sentence, words, tag_columns (docs/data.md); texts without labels are for `tagline suggest`"
        )
    raise UserError(
        f"{path}: no format recognised; expected {_EXPECTED}; texts without labels are for `tagline suggest`"
    )


def _of_file(path: Path) -> Layout:
    keys = _guess(path)
    # params.yaml reads a name with brackets as a pattern.
    name = f"*{path.suffix}" if FORMATS[keys["format"]].form.is_document else glob.escape(path.name)
    return Layout(path.parent, path, keys, {"train": name})


def _entries(folder: Path) -> list[Path]:
    """The files and folders that can be data, sorted; notes in Markdown if a format reads them."""
    entries = sorted(entry for entry in folder.iterdir() if not _OTHER.fullmatch(entry.name))
    return [entry for entry in entries if entry.suffix.lower() != ".md" or _is_recognised(entry)]


def _is_recognised(path: Path) -> bool:
    sample = read_sample(path)
    return any(section.form.recognise(sample) is not None for section in FORMATS.values())


def _data_in(path: Path) -> list[Path]:
    """A path that is data, or the files and folders in it that can be."""
    return [path] if path.is_file() else _entries(path)


def _by_split(entries: Sequence[Path]) -> dict[str, list[Path]]:
    """The files and folders whose names tell one split, or a further test set."""
    of_splits: dict[str, list[Path]] = {split: [] for split in _SPLITS}
    of_evaluation = []
    for entry in entries:
        further = _FURTHER.fullmatch(entry.stem)
        if further and any(other.stem == "test" for other in entry.parent.iterdir()):
            of_splits.setdefault(f"{FURTHER}{further[1]}", []).append(entry)
            continue
        words = {*_WORD.findall(entry.name.lower()), *_WORD.findall(entry.name)}  # APTNERtrain
        splits = [split for split, names in _SPLITS.items() if words & names]
        if len(splits) == 1:
            of_splits[splits[0]].append(entry)
        elif not splits and words & _EVALUATION:
            of_evaluation.append(entry)
    missing = [split for split in ("validation", "test") if not of_splits[split]]
    if missing:
        of_splits[missing[0]] = of_evaluation
    return {split: paths for split, paths in of_splits.items() if paths}


def _pattern(folder: Path, split: str, paths: Sequence[Path]) -> str:
    """The path of a split, or a pattern that matches its files and no others.

    Raises:
        UserError: there is none.
    """
    files = list(chain.from_iterable(map(_data_in, paths)))
    names = [glob.escape(file.relative_to(folder).as_posix()) for file in files]
    if len(files) == 1 and files[0].is_file():
        return names[0]
    if len({file.suffix for file in files}) != 1 or not all(map(Path.is_file, files)):
        raise _unclear(folder, files or paths)
    start = commonprefix(names)  # noqa: RUF071 (of characters)
    if len(paths) == 1:
        start = f"{glob.escape(paths[0].name)}/"
    pattern = f"{start}*{glob.escape(files[0].suffix)}"
    if find(folder, pattern, f"see download.dataset.{split} in params.yaml") != files:
        raise _unclear(folder, files)
    return pattern


def _unclear(folder: Path, entries: Sequence[Path]) -> UserError:
    if not entries and any(folder.iterdir()):
        others = shortened(", ".join(sorted(entry.name for entry in folder.iterdir())), QUOTED)
        return UserError(f"{folder}: no file that can be data ({others}); expected {_EXPECTED}; export them as text")
    if not entries:
        return UserError(f"{folder}: no files; expected one file or folder each, named train, dev (or valid) and test")
    names = shortened(", ".join(entry.relative_to(folder).as_posix() for entry in entries), QUOTED)
    return UserError(
        f"{folder}: which files are train, validation and test is not clear ({names}); expected one file or folder "
        "each, named train, dev (or valid) and test; inspect one file, and name the others in the section"
    )
