"""Where the files of a data set are: one file, a folder as one, or files and folders named by split."""

import glob
import re
from collections.abc import Sequence
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
_OTHER = re.compile(r"\..*|(readme|licen[cs]e|citation|changelog)\b.*|.*\.(ann|dvc|conf)|.*labels\.xml", re.IGNORECASE)
# Names of test sets whose labels the makers of a corpus keep to themselves: all words are O, or have no tag.
_UNLABELLED = re.compile(r"(?<!un)masked|(?<![a-z])(blind|unlabell?ed|no_?labels?)(?![a-z])", re.IGNORECASE)
# So many files of one ending, none of which is named by split, are a document each.
_DOCUMENTS = 5
_EXPECTED = "expected one file or folder each, named train, dev (or valid) and test"


@dataclass(frozen=True)
class Layout:
    """Where the files of each split are.

    Attributes:
        folder: ``download.folder``.
        sample: a file of train, or a folder that is read as one.
        keys: the guessed format, with its keys.
        paths: the keys that name the path or glob pattern of each split.
        unused: names in the folder that belong to no split.
        notes: what was assumed.
    """

    folder: Path
    sample: Path
    keys: Guess
    paths: Guess
    unused: Sequence[str] = ()
    notes: Sequence[str] = ()


def find_layouts(path: Path) -> list[Layout]:
    """Find the files of a data set; of an annotation page, chosen texts for train and random ones for test.

    Raises:
        UserError: there is nothing; the names do not show the splits; files of splits have several formats; see also
            `guess`.
    """
    layout = _of_file(path) if path.is_file() else _of_folder(path)
    if "selection" not in FORMATS[layout.keys["format"]].model_fields or layout.paths.keys() != {"train"}:
        return [layout]
    selections = set()
    with suppress(UserError):  # reported where the files are read
        for row in rows_of(annotator_files(layout.sample), layout.keys.get("encoding", UTF_8)):
            selections.add("random" if row.content.get("selection") == "random" else "chosen")
    if len(selections) < 2:
        return [layout]
    chosen = replace(layout, keys={**layout.keys, "selection": "chosen"})
    of_test = {"test": layout.paths["train"]}
    return [chosen, replace(layout, keys={**layout.keys, "selection": "random"}, paths=of_test, unused=())]


def _of_file(path: Path) -> Layout:
    keys = guess(path)
    # params.yaml reads a name with brackets as a pattern.
    name = f"*{path.suffix}" if FORMATS[keys["format"]].is_document else glob.escape(path.name)
    return Layout(path.parent, path, keys, {"train": name})


def _guesses(entries: Sequence[Path]) -> dict[Path, Guess]:
    """The keys of the entries that a format reads; else the error of the first one."""
    guesses: dict[Path, Guess] = {}
    for entry in entries:
        with suppress(UserError):
            guesses[entry] = guess(_data_in(entry)[0])
    if not guesses:
        guess(_data_in(entries[0])[0])
    return guesses


def _of_folder(path: Path) -> Layout:
    if not path.is_dir():
        raise UserError(f"{path}: no such file; expected a file or folder of a data set")
    entries = _entries(path)
    guesses = _guesses(entries)
    endings = {entry.suffix for entry in guesses if entry.is_file()}
    # A file that no format reads is an error if its ending is that of others.
    data = [entry for entry in entries if entry in guesses or (entry.is_file() and entry.suffix in endings)]
    data = [entry for entry in data if not _UNLABELLED.search(entry.stem)]
    splits = _by_split(data)
    used = list(chain.from_iterable(splits.values())) or data
    unused = [entry.name for entry in entries if entry not in used]
    formats = {guesses[entry]["format"] for entry in used if entry in guesses}
    if len(formats - {"page"}) > 1 or (len(formats) > 1 and "mentions" not in formats):
        raise UserError(
            f"{path}: files of several formats ({', '.join(sorted(formats))}); expected one; move the others away if "
            "they have the same sentences, or inspect each folder or file and list both as sources (docs/data.md)"
        )
    if "train" in splits:
        sample = _data_in(used[0])[0]
        keys = guesses[used[0]] if used[0] in guesses else guess(sample)  # which says why no format reads it
        return Layout(path, sample, keys, _paths(path, splits), unused)
    if not splits and len(used) == 1 and used[0].is_dir():
        inner = _of_folder(used[0])
        return replace(inner, folder=path, paths={key: f"{used[0].name}/{name}" for key, name in inner.paths.items()})
    if splits or not used or not all(map(Path.is_file, used)):
        raise _unclear(path, used)
    if len(used) == 1:
        return replace(_of_file(used[0]), unused=unused)
    # A model's answers can be beside files that the page saved.
    keys = max((guesses[entry] for entry in used if entry in guesses), key=lambda each: each["format"] == "mentions")
    section = FORMATS[keys["format"]]
    if section.folders:
        return Layout(path, path, keys, {"train": "."}, unused)
    if len(endings) > 1 or not (section.is_document or len(used) >= _DOCUMENTS):
        raise _unclear(path, used)
    if "documents" in section.model_fields:
        keys = {**keys, "documents": "file"}
    largest = max(used, key=lambda file: file.stat().st_size)
    note = "no name tells a split, so that all files are train, each a document"
    return Layout(path, largest, keys, {"train": f"*{largest.suffix}"}, unused, [note])


def _entries(folder: Path) -> list[Path]:
    """The files and folders that can be data, sorted."""
    entries = sorted(entry for entry in folder.iterdir() if not _OTHER.fullmatch(entry.name))
    if not entries:
        raise UserError(f"{folder}: no files of data; {_EXPECTED}")
    return entries


def _data_in(path: Path) -> list[Path]:
    """A file, or what can be data in a folder."""
    return [path] if path.is_file() else _entries(path)


def _by_split(entries: Sequence[Path]) -> dict[str, list[Path]]:
    """The entries whose names tell one split, or a further test set."""
    of_splits: dict[str, list[Path]] = {split: [] for split in _SPLITS}
    of_evaluation = []
    stems = {entry.stem for entry in entries}
    for entry in entries:
        further = _FURTHER.fullmatch(entry.stem)
        if further and "test" in stems:
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


def _paths(folder: Path, splits: dict[str, list[Path]]) -> Guess:
    """The keys that name the files of each split: a path, or a pattern that matches no others.

    Raises:
        UserError: there is no such pattern.
    """
    keys: Guess = {}
    for split, paths in splits.items():
        files = list(chain.from_iterable(map(_data_in, paths)))
        names = [glob.escape(file.relative_to(folder).as_posix()) for file in files]
        pattern = names[0]
        if len(files) > 1 or files[0].is_dir():
            start = commonprefix(names)  # noqa: RUF071 (of characters)
            if len(paths) == 1:
                start = f"{glob.escape(paths[0].name)}/"
            pattern = f"{start}*{glob.escape(files[0].suffix)}"
            if not all(map(Path.is_file, files)) or find(folder, pattern, "") != files:
                raise _unclear(folder, files)
        if split.startswith(FURTHER):
            keys.setdefault("tests", {})[split.removeprefix(FURTHER)] = pattern
        else:
            keys[split] = pattern
    return keys


def _unclear(folder: Path, entries: Sequence[Path]) -> UserError:
    names = shortened(", ".join(entry.relative_to(folder).as_posix() for entry in entries), QUOTED)
    return UserError(
        f"{folder}: which files are train, validation and test is not clear ({names}); {_EXPECTED}; inspect one file, "
        "and name the others in the section"
    )
