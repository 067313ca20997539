"""Where the files of a data set are: one file, a folder that is one data set, or files and folders named by split."""

import glob
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from os.path import commonprefix
from pathlib import Path

from tagline.core import FURTHER
from tagline.sources.files import find
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.registry import FORMATS
from tagline.sources.formats.rows import annotator_files, rows_of
from tagline.sources.formats.sniffing import Guess
from tagline.sources.inspection.recognition import guess
from tagline.sources.inspection.unread import EXPECTED
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
# Files to ignore in a data folder; and endings of documents, which are ignored if no format reads the file.
_OTHER = re.compile(r"\..*|(readme|licen[cs]e|citation|changelog)\b.*|.*\.ann", re.IGNORECASE)
_DOCUMENT = re.compile(r".*\.(md|pdf|zip|dvc|conf|labels\.xml)", re.IGNORECASE)
# Names of test sets whose labels the makers of a corpus keep to themselves: all words are O, or have no tag.
_UNLABELLED = re.compile(r"(?<!un)masked|(?<![a-z])(blind|unlabell?ed|no_?labels?)(?![a-z])", re.IGNORECASE)
# So many files of one ending, none of which is named by split, are a document each.
_DOCUMENTS = 5


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
    """Find the files of a data set, of a page by `selection`.

    Args:
        path: a file of the data set, or its folder.

    Raises:
        UserError: there is nothing; the names do not show which files are of which split; files of splits have several
            formats; see also `guess`.
    """
    return _by_selection(_find_layout(path))


def _find_layout(path: Path) -> Layout:
    if path.is_file():
        return _of_file(path)
    if not path.is_dir():
        raise UserError(f"{path}: no such file; expected a file or folder of a data set")
    entries = _entries(path)
    formats = _by_format(entries)
    formats = {name: group for name, group in formats.items() if _by_split(group)} or formats
    if len(formats) > 1:
        found = "; ".join(f"{name}: {', '.join(_names(group))}" for name, group in formats.items())
        raise UserError(
            f"{path}: files of several formats ({shortened(found, QUOTED)}); expected one; move the others away if "
            "they have the same sentences, or inspect each folder or file and list both as sources (docs/data.md)"
        )
    read = list(chain.from_iterable(formats.values()))
    endings = {entry.suffix for entry in read if entry.is_file()}
    # A file that no format reads is an error if its ending is that of others.
    unread = [entry for entry in entries if entry not in read and (entry.is_dir() or entry.suffix not in endings)]
    layout = _of_entries(path, [entry for entry in entries if not read or entry not in unread])
    return replace(layout, unused=[*layout.unused, *_names(unread if read else ())])


def _names(entries: Sequence[Path]) -> list[str]:
    return [entry.name for entry in entries]


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


def _by_format(entries: Sequence[Path]) -> dict[str, list[Path]]:
    """The files and folders of each format."""
    groups: defaultdict[str, list[Path]] = defaultdict(list)
    for entry in entries:
        for first in _data_in(entry)[:1]:
            with suppress(UserError):
                groups[guess(first)["format"]].append(entry)
    if "mentions" in groups:  # a model's answers, beside which the page saved other annotations of the texts
        groups["mentions"] += groups.pop("page", [])
    return groups


def _of_entries(path: Path, every: Sequence[Path]) -> Layout:
    """The layout of some files and folders in a folder."""
    entries = [entry for entry in every if not _UNLABELLED.search(entry.stem)]
    splits = _by_split(entries)
    used = list(chain.from_iterable(splits.values()))
    notes = []
    if splits and "train" not in splits and len(used) == len(entries):
        instead, *_ = splits  # validation, or test if there is nothing else
        splits = {"train": splits.pop(instead), **splits}
        names = shortened(", ".join(entry.name for entry in splits["train"]), QUOTED)
        notes.append(f"no file is named train, so that {names} is read as train; if there is one, add it")
    if "train" in splits:
        sample = _data_in(used[0])[0]
        keys = guess(sample)
        patterns = {split: _pattern(path, split, paths) for split, paths in splits.items()}
        unused = _names([entry for entry in every if entry not in used])
        return Layout(path, sample, keys, patterns, unused, notes)
    if not splits and len(entries) == 1 and entries[0].is_dir():
        inner = _find_layout(entries[0])
        named = {split: Path(entries[0].name, pattern).as_posix() for split, pattern in inner.patterns.items()}
        return replace(inner, folder=path, patterns=named)
    if splits or not entries or not all(map(Path.is_file, entries)):
        raise _unclear(path, entries)
    layout = _of_file(entries[0]) if len(entries) == 1 else _of_files(path, entries)
    return replace(layout, unused=_names([entry for entry in every if entry not in entries]))


def _of_files(path: Path, files: Sequence[Path]) -> Layout:
    """The layout of files that no name assigns to a split: of one annotator or document each."""
    sample = max(files, key=lambda file: file.stat().st_size)
    keys = guess(sample)
    section = FORMATS[keys["format"]]
    if section.form.folders:
        answers = (guess(file) for file in files)  # of a model, which can be beside files that the page saved
        return Layout(
            path, path, next((each for each in answers if each["format"] == "mentions"), keys), {"train": "."}
        )
    if len({file.suffix for file in files}) > 1 or not (section.form.is_document or len(files) >= _DOCUMENTS):
        raise _unclear(path, files)
    layout = Layout(path, sample, keys, {"train": f"*{sample.suffix}"})
    if section.form.is_document:
        return layout
    if "documents" in section.model_fields:
        layout = replace(layout, keys={**keys, "documents": "file"})
    return replace(layout, notes=["no name tells a split, so that all files are train, each a document"])


def _of_file(path: Path) -> Layout:
    keys = guess(path)
    # params.yaml reads a name with brackets as a pattern.
    name = f"*{path.suffix}" if FORMATS[keys["format"]].form.is_document else glob.escape(path.name)
    return Layout(path.parent, path, keys, {"train": name})


def _entries(folder: Path) -> list[Path]:
    """The files and folders that can be data, sorted."""
    return sorted(
        entry
        for entry in folder.iterdir()
        if not _OTHER.fullmatch(entry.name) and (not _DOCUMENT.fullmatch(entry.name) or _is_data(entry))
    )


def _is_data(file: Path) -> bool:
    with suppress(UserError):
        return bool(guess(file))
    return False


def _data_in(path: Path) -> list[Path]:
    """A path that is data, or the files and folders in it that can be.

    Raises:
        UserError: a folder has none.
    """
    entries = [path] if path.is_file() else _entries(path)
    if not entries:
        raise UserError(f"{path}: a folder without data; expected files; remove it, or move data into it")
    return entries


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
    if any(folder.rglob("seq.in")):
        return UserError(
            f"{folder}: words in seq.in and tags in seq.out, which no format reads; convert them to a word and its tag "
            "per line, an empty line after each sentence (format conll); docs/data.md"
        )
    if not entries and any(folder.iterdir()):
        others = shortened(", ".join(sorted(entry.name for entry in folder.iterdir())), QUOTED)
        return UserError(f"{folder}: no file that can be data ({others}); expected {EXPECTED}; export them as text")
    if not entries:
        return UserError(f"{folder}: no files; expected one file or folder each, named train, dev (or valid) and test")
    names = shortened(", ".join(entry.relative_to(folder).as_posix() for entry in entries), QUOTED)
    return UserError(
        f"{folder}: which files are train, validation and test is not clear ({names}); expected one file or folder "
        "each, named train, dev (or valid) and test; inspect one file, and name the others in the section"
    )
