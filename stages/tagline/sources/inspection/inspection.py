"""What a data set's file looks like, the section ``download`` for it, and what the model card needs."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from itertools import chain, combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from tagline.core import FEW_OF_TEST
from tagline.core.findings import LACKING, lacking_types
from tagline.core.params import read_file
from tagline.labels import OUTSIDE, conversion
from tagline.labels.schemes import is_spans, standard_names
from tagline.sources.download_params import Download, shared_columns, sources_of
from tagline.sources.files import FileSource
from tagline.sources.formats.annotated import LONG, MISALIGNED
from tagline.sources.formats.conll_table import SKIP
from tagline.sources.formats.json_lists import JsonLists
from tagline.sources.formats.json_objects import first_rows
from tagline.sources.formats.registry import AnyFiles
from tagline.sources.formats.sniffing import Guess
from tagline.sources.inspection.encoder_row import encoder_row
from tagline.sources.inspection.layouts import Layout, find_layouts
from tagline.sources.inspection.recognition import read_sample
from tagline.sources.letters import count_letters
from tagline.sources.tag_names import EntityCounts
from tagline.terminal import QUOTED, UserError, shortened
from tagline.text.sentence import Sentence

# Sentences of each split whose tags are shown, and those that are shown themselves.
SENTENCES, SHOWN = 1000, 3
# Keys that are tried, alone and together, if the files cannot be read without them.
POLICIES = {"empty_words": "skip", "overlaps": "longest", "documents": "none"}
# Above this share of long texts, texts are split into sentences.
MOST_LONG = 0.1
SHARES = {"seed": 42, "validation": 0.1, "test": 0.1}
SCORE_ALL = "for a score of all sentences, run `tagline crossval`, then `dvc repro crossval/dvc.yaml`"


class Description(NamedTuple):
    """What a file or folder holds.

    Attributes:
        lines: format, keys, label schemes, what to know, and first sentences.
        tag_columns: in the order of the files.
        params: the section ``download``, and an empty ``export.card``: what params.yaml has of other data.
    """

    lines: list[str]
    tag_columns: list[str]
    params: dict[str, Any]

    @property
    def sections(self) -> str:
        return _as_yaml(self.params)


def describe(path: Path, card: Collection[str]) -> Description:
    """Describe a file or folder, with params that read it.

    Args:
        card: the keys of ``export.card``.

    Raises:
        UserError: see `find_layouts`; a file is malformed, or all its tags are O.
    """
    layouts = find_layouts(path)
    given = list(chain.from_iterable(layout.paths for layout in layouts))
    shares = {key: share for key, share in SHARES.items() if key not in given}
    lines: list[str] = []
    keys: list[Guess] = []
    for layout in layouts:
        found = _suited(path, layout, shares if "train" in layout.paths else {})
        lines += found.lines(path)
        keys.append(found.proposed)
    section = _section(layouts[0].folder, keys if len(keys) > 1 else keys[0])
    return Description(lines, _checked(path, section), {"download": section, "export": {"card": dict.fromkeys(card)}})


def section_of_reader(file: Path, reader: str) -> str:
    """The section ``download``, as YAML, of a file with a reader beside it."""
    keys = {"source": "files", "format": "own", "reader": reader, "tag_column": "ner", "train": file.name}
    return _as_yaml({"download": _section(file.parent, {**keys, "split": SHARES})})


@dataclass(frozen=True)
class _Found:
    """What was read of some files, as download reads them.

    Attributes:
        layout: where they are, with the policies that they need.
        sentences: the first ones of each split.
        numbers: how many sentences each split has.
        notes: what to know.
    """

    layout: Layout
    source: FileSource
    keys: Guess
    sentences: Sequence[Sentence]
    numbers: Counter[str]
    entities: EntityCounts
    notes: Sequence[str] = ()

    def noted(self, kind: str) -> int:
        return sum(findings.counts.get(kind, 0) for findings in self.source.findings.values())

    @property
    def few_in_test(self) -> str:
        """The numbers of entities of test that are few, in words; none for plain tags."""
        if "test" not in self.entities.splits:
            return ""
        marking = filter(self.entities.types, self.source.dataset.tag_columns)
        numbers = {name: self.entities.types(name, "test").total() for name in marking}
        return ", ".join(f"{number} in {name}" for name, number in numbers.items() if number < FEW_OF_TEST)

    @property
    def proposed(self) -> Guess:
        """The keys without a policy that changes nothing."""
        needless = set() if self.noted(MISALIGNED) else {MISALIGNED}
        return {key: value for key, value in self.keys.items() if key not in needless}

    def lines(self, path: Path) -> list[str]:
        encoding = self.keys.get("encoding", "utf-8")
        is_guess = " (a guess: check the words with letters beyond ASCII)" if encoding in ("cp1252", "latin-1") else ""
        lines = [f"{path}: {self.keys['format']}, {encoding}{is_guess}"]
        unused = [*self.layout.unused, *self._unused_keys()]
        if unused:
            lines.append(f"not read: {shortened(', '.join(unused), QUOTED)}")
        lines += _columns(self.source.dataset.tag_columns, self.sentences)
        lines.append(encoder_row(count_letters(chain.from_iterable(row.words for row in self.sentences))))
        for split, paths in self.source.paths.items():
            if len(paths) > 1:
                names = ", ".join(file.name for file in paths)
                lines.append(f"{split}: {len(paths)} files, {shortened(names, QUOTED)}")
        lines += [*self.layout.notes, *self.notes, *self._doubts(), *self.source.report().splitlines()]
        lines.append(f"the first of {self.numbers.total():,} sentences that were read:")
        return [*lines, *(f"  {_line(sentence)}" for sentence in self.sentences[:SHOWN])]

    def _unused_keys(self) -> list[str]:
        """The columns that are skipped, and unread lists and objects beside words."""
        dataset = self.source.dataset
        if not isinstance(dataset, JsonLists):
            columns = enumerate(self.keys.get("columns", ()), 1)
            return [f"column {number}" for number, name in columns if name == SKIP]
        used = {key.partition(".")[0] for key in dataset.row_keys}
        items = chain.from_iterable(row.items() for row in first_rows(read_sample(self.layout.sample)))
        return list(dict.fromkeys(key for key, value in items if isinstance(value, list | dict) and key not in used))

    def _doubts(self) -> Iterator[str]:
        """What the user has to decide, and which scores will say little."""
        if "names" in self.keys:
            yield "numbers: replace the names below by those of 0, 1, ..."
        if self.keys.get("documents") == "none":
            yield "splits are drawn by sentence, since these documents are too few"
        if all(len(sentence.words) == 1 for sentence in self.sentences):
            yield "all sentences have one word: expected an empty line after each sentence only"
        for name in self.source.dataset.tag_columns if {"train", "test"} <= self.entities.splits else ():
            train, test = (self.entities.types(name, split) for split in ("train", "test"))
            lacking = lacking_types(train, test, self.numbers["test"] / self.numbers["train"])
            if lacking:
                yield f"{name}: {LACKING.format(split='test', types=', '.join(lacking))}"
        if self.few_in_test:
            yield (
                f"test has few entities ({self.few_in_test}); with fewer than about {FEW_OF_TEST}, its scores show "
                f"little; {SCORE_ALL}"
            )


def _suited(path: Path, layout: Layout, shares: Guess) -> _Found:
    """Read files, again with what suits them: long texts split, no test of few entities."""
    found = _read(path, layout, shares)
    if all(found.entities.standard(name).keys() == {OUTSIDE} for name in found.source.dataset.tag_columns):
        raise UserError(
            f"{path}: all tags are {OUTSIDE}, as where the labels of a test set are masked; expected entities; "
            "inspect a file that is annotated"
        )
    notes = []
    if found.noted(LONG) > MOST_LONG * found.numbers.total():
        found = _read(path, replace(found.layout, keys={**found.layout.keys, "sentences": "split"}), shares)
        notes.append("texts are long, so that they are split into sentences; each text is a document")
    if "test" in shares and found.few_in_test:
        notes.append(f"no share for test, which would have few entities ({found.few_in_test}); {SCORE_ALL}")
        found = _read(path, found.layout, {key: share for key, share in shares.items() if key != "test"})
    return replace(found, notes=notes)


def _read(path: Path, layout: Layout, shares: Guess) -> _Found:
    """Read all files, with shares of train for other splits and the policies that they need."""
    problem: UserError | None = None
    split = {"split": shares} if len(shares) > 1 else {}  # more than the seed
    for policy in chain.from_iterable(combinations(POLICIES.items(), count) for count in range(len(POLICIES) + 1)):
        suited = replace(layout, keys={**layout.keys, **dict(policy)})
        keys = {"source": "files", **suited.keys, **suited.paths, **split}
        try:
            dataset = TypeAdapter[Any](AnyFiles).validate_python(keys)
        except ValidationError:
            continue  # a format without that key
        source = FileSource(layout.folder, dataset)
        numbers: Counter[str] = Counter()
        entities = EntityCounts()
        first: dict[str, list[Sentence]] = {name: [] for name in source.names}
        try:
            for name, sentence in source.sentences():
                if numbers[name] < SENTENCES:
                    first[name].append(sentence)
                numbers[name] += 1
                entities.add(name, sentence)
            source.report()
        except UserError as error:
            problem = error  # the last one is left with all policies that the format has
            continue
        return _Found(suited, source, keys, list(chain(*first.values())), numbers, entities)
    raise UserError(f"{path} looks like {layout.keys['format']}, but cannot be read:\n{problem}")


def _columns(names: Collection[str], sentences: Sequence[Sentence]) -> list[str]:
    """The scheme of each tag column, and which can be the task, if that is not clear."""
    lines = []
    for name in names:
        tags = [list(filter(None, sentence.tags[name])) for sentence in sentences]
        lines.append(f"{name}: {scheme(tags)}")
    if len(names) == 1 and "ner" not in names:
        lines.append(f"task: set tokenize_align.tag_column to {', '.join(names)}")
    elif sum(name.rstrip("0123456789") == "ner" for name in names) != 1:
        lines.append(f"task: choose one of {', '.join(names)} as tokenize_align.tag_column in params.yaml")
    return lines


def scheme(sentences: Sequence[Sequence[str]]) -> str:
    """Describe the tags of sentences: scheme and most frequent ones."""
    counts = Counter(chain.from_iterable(sentences))
    tags = sorted(counts)
    names = standard_names(tags)
    ids = np.searchsorted(tags, list(chain.from_iterable(sentences)))
    ends = np.cumsum(list(map(len, sentences)), dtype=np.int64)
    try:
        if is_spans(names):
            recognised: str = conversion.detect(names, conversion.transitions(ids, ends, len(tags)))
        else:
            recognised = "IO" if conversion.are_span_types(dict(counts)) else "plain tags"
    except UserError as error:
        recognised = f"{error};"
    other = " in another spelling" if names != tags else ""
    shown = ", ".join(f"{tag} {count:,}" for tag, count in counts.most_common(10))
    return f"{recognised}{other} ({shown}{', ...' if len(tags) > 10 else ''})"


def _line(sentence: Sentence) -> str:
    rows = zip(sentence.words, *sentence.tags.values(), strict=True)
    words = ["/".join(cell or "?" for cell in row) for row in rows]
    return shortened(" ".join(words), QUOTED)


def _section(folder: Path, keys: Guess | list[Guess]) -> dict[str, Any]:
    """The section ``download``, with the encoder of params.yaml."""
    return {"folder": folder.as_posix(), "dataset": keys, "encoder": read_file().get("download", {}).get("encoder")}


def _checked(path: Path, section: dict[str, Any]) -> list[str]:
    """The tag columns that the section ``download`` reads.

    Raises:
        UserError: params.yaml cannot have such a section.
    """
    try:
        read = Download.model_validate({**section, "encoder": {"source": "path", "path": "any"}})
    except ValidationError as error:
        first = error.errors()[0]
        key = first["loc"][0]
        problem = first["msg"].removeprefix("Value error, ")
        where = "move it into a folder of its own, such as data/mine; " if key == "folder" else ""
        raise UserError(f"{path}: {where}download.{key} {problem}") from None
    return shared_columns(sources_of(read.dataset))


def _as_yaml(params: dict[str, Any]) -> str:
    stream = StringIO()
    yaml = YAML()
    yaml.width = 10**6  # no line break in a value
    yaml.representer.ignore_aliases = lambda *_: True  # equal keys of several sources are written out
    yaml.dump(params, stream)
    return stream.getvalue()
