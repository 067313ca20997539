"""What a data set's file looks like, the section ``download`` that reads it, and what to fill in for the model card."""

import glob
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
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
from tagline.labels import conversion
from tagline.labels.schemes import is_spans, standard_names
from tagline.sources.download_params import Download, shared_columns, sources_of
from tagline.sources.files import FileSource, NothingDrawn
from tagline.sources.formats.annotated import LONG, MISALIGNED, loses_much
from tagline.sources.formats.base import Files
from tagline.sources.formats.conll_table import SKIP
from tagline.sources.formats.json_lists import Keys as JsonKeys
from tagline.sources.formats.json_objects import first_rows
from tagline.sources.formats.registry import AnyFiles
from tagline.sources.formats.sniffing import Guess
from tagline.sources.inspection.encoder_row import encoder_row
from tagline.sources.inspection.layouts import Layout, find_layouts, read_sample
from tagline.sources.letters import count_letters
from tagline.sources.tag_names import EntityCounts
from tagline.terminal import QUOTED, UserError, shortened
from tagline.text.sentence import Sentence

# Sentences of each split whose tags are shown, and those that are shown themselves.
SENTENCES, SHOWN = 1000, 3
# Guess that are tried, alone and together, if the files cannot be read without them.
POLICIES = {"empty_words": "skip", "overlaps": "longest", "annotators": "majority", "documents": "none"}
MOST_SHARED = 0.1
# Share of texts that are too long for one sentence, above which texts are split into sentences.
MOST_LONG = 0.1
SHARES = {"seed": 42, "validation": 0.1, "test": 0.1}
SCORE_ALL = "for a score of all sentences, run `tagline crossval create`, then `dvc repro crossval/dvc.yaml`"


class Description(NamedTuple):
    """What a file or folder holds.

    Attributes:
        lines: format, keys, label schemes, what to know, and first sentences.
        tag_columns: in the order of the files.
        params: the section ``download``, and an empty ``export.card``: what params.yaml says there is of other data.
    """

    lines: list[str]
    tag_columns: list[str]
    params: dict[str, Any]

    @property
    def sections(self) -> str:
        """The params as YAML."""
        stream = StringIO()
        yaml = YAML()
        yaml.width = 10**6  # no line break in a value
        yaml.representer.ignore_aliases = lambda *_: True  # equal keys of several sources are written out
        yaml.dump(self.params, stream)
        return stream.getvalue()


def describe(path: Path, card: Collection[str]) -> Description:
    """Describe a file or folder, with params that read it.

    Args:
        path: of the file or folder.
        card: the keys of ``export.card``.

    Raises:
        UserError: see `find_layouts`; a file is malformed.
    """
    layouts = find_layouts(path)
    given = list(chain.from_iterable(layout.patterns for layout in layouts))
    shares = {key: share for key, share in SHARES.items() if key not in given}
    lines: list[str] = []
    keys: list[Guess] = []
    for layout in layouts:
        of_layout, keys_of_layout = _described(path, layout, shares if "train" in layout.patterns else {})
        lines += of_layout
        keys.append(keys_of_layout)
    section, tag_columns = _section(path, layouts[0].folder, keys if len(keys) > 1 else keys[0])
    return Description(lines, tag_columns, {"download": section, "export": {"card": dict.fromkeys(card)}})


def _described(path: Path, layout: Layout, shares: Guess) -> tuple[list[str], Guess]:
    """The description of some files of one format, and their keys."""
    layout, inspected, notes = _of_one_version(path, layout, shares)
    source, keys = inspected.source, inspected.keys
    lines = [f"{path}: {keys['format']}, {_encoding(layout, keys)}"]
    unused = [*layout.unused, *_unused_keys(layout, source.dataset)]
    if unused:
        lines.append(f"not read: {shortened(', '.join(unused), QUOTED)}")
    lines += _columns(source.dataset.tag_columns, inspected.sentences)
    lines.append(encoder_row(count_letters(chain.from_iterable(row.words for row in inspected.sentences))))
    for split_name, paths in source.paths.items():
        if len(paths) > 1:
            names = ", ".join(file.name for file in paths)
            lines.append(f"{split_name}: {len(paths)} files, {shortened(names, QUOTED)}")
    if "names" in keys:
        lines.append("numbers: replace the names below by those of 0, 1, ...")
    if "documents" in keys:
        lines.append("splits are drawn by sentence, since these documents are too few")
    lines += [*layout.notes, *notes, *inspected.undrawn, *inspected.lacking_in_test]
    if inspected.few_in_test:
        lines.append(
            f"test has few entities ({inspected.few_in_test}); with fewer than about {FEW_OF_TEST}, its scores show "
            f"little; {SCORE_ALL}"
        )
    lines += source.report().splitlines()
    if not any(findings.counts.get(MISALIGNED) for findings in source.findings.values()):
        keys = {key: value for key, value in keys.items() if key != MISALIGNED}
    if "overlaps" in keys and loses_much(source.findings):
        keys = {key: value for key, value in keys.items() if key != "overlaps"}
        lines.append(
            "overlaps: longest loses more than a quarter of the spans of a type, so the section below does not choose "
            "it and download refuses these data; set overlaps: longest there if that is right"
        )
    lines.append(f"the first of {inspected.numbers.total():,} sentences that were read:")
    lines += [f"  {_line(sentence)}" for sentence in inspected.sentences[:SHOWN]]
    return lines, keys


def _columns(names: Collection[str], sentences: Sequence[Sentence]) -> list[str]:
    """The scheme of each tag column; and which can be the task, if that is not clear."""
    lines = []
    for name in names:
        tags = [list(filter(None, sentence.tags[name])) for sentence in sentences]
        lines.append(f"{name}: {scheme(tags)}")
    if len(names) == 1 and "ner" not in names:
        lines.append(f"task: set tokenize_align.tag_column to {', '.join(names)}")
    elif sum(name.rstrip("0123456789") == "ner" for name in names) != 1:
        lines.append(f"task: choose one of {', '.join(names)} as tokenize_align.tag_column in params.yaml")
    return lines


def _encoding(layout: Layout, keys: Guess) -> str:
    """The encoding, and why it is a guess if it is one."""
    if "encoding" not in keys:
        return "utf-8"
    problem = str(read_sample(layout.sample).problem or "").partition(";")[0]
    if not problem:
        return str(keys["encoding"])
    return f"{keys['encoding']} (a guess: check the words with letters beyond ASCII; {problem})"


def _unused_keys(layout: Layout, dataset: Files) -> list[str]:
    """The columns that are skipped, and the lists and objects beside words that are not read."""
    if isinstance(dataset, JsonKeys):
        used = {key.partition(".")[0] for key in dataset.row_keys}
        rows = first_rows(read_sample(layout.sample))
        unused: dict[str, None] = {}
        for row in rows:
            for key, value in row.items():
                if isinstance(value, list | dict) and key not in used:
                    unused[key] = None
        return list(unused)
    columns = enumerate(layout.keys.get("columns", ()), 1)
    return [f"column {number}" for number, name in columns if name == SKIP]


class Inspected(NamedTuple):
    """What was read as the stage does.

    Attributes:
        source: the data set.
        keys: its keys, with those that choose the policies that it needs.
        sentences: the first ones of each split.
        numbers: how many sentences each split has.
        undrawn: why splits have no sentences.
        entities: of each split.
    """

    source: FileSource
    keys: Guess
    sentences: list[Sentence]
    numbers: Counter[str]
    undrawn: list[str]
    entities: EntityCounts

    @property
    def has_long_texts(self) -> bool:
        """Whether many texts are too long for one sentence."""
        long = sum(findings.counts.get(LONG, 0) for findings in self.source.findings.values())
        return long > MOST_LONG * self.numbers.total()

    @property
    def lacking_in_test(self) -> list[str]:
        """A line for each column of which a test has no entity of a type that train has often."""
        lines = []
        for name in self.source.dataset.tag_columns if {"train", "test"} <= self.entities.splits else ():
            train, test = (self.entities.types(name, split) for split in ("train", "test"))
            lacking = lacking_types(train, test, self.numbers["test"] / self.numbers["train"])
            if lacking:
                lines.append(f"{name}: {LACKING.format(split='test', types=', '.join(lacking))}")
        return lines

    @property
    def few_in_test(self) -> str:
        """The numbers of entities of test that are few, in words; columns of plain tags have none anywhere."""
        if "test" not in self.entities.splits:
            return ""
        marking = filter(self.entities.types, self.source.dataset.tag_columns)
        numbers = {name: self.entities.types(name, "test").total() for name in marking}
        return ", ".join(f"{number} in {name}" for name, number in numbers.items() if number < FEW_OF_TEST)


def _of_one_version(path: Path, layout: Layout, shares: Guess) -> tuple[Layout, Inspected, list[str]]:
    """Read some files, of versions or folds of one corpus the first ones, and note what looks wrong."""
    inspected, notes = _drawn(path, layout, shares)
    if _are_versions(inspected.source):
        layout = _first_of_each(layout, inspected.source)
        inspected, notes = _drawn(path, layout, shares)
        notes.append("files of train share more than a tenth of their sentences: one of each split is read; choose it")
    if inspected.has_long_texts:
        layout = replace(layout, keys={**layout.keys, "sentences": "split"})
        inspected, notes = _drawn(path, layout, shares)
        notes.append("texts are long, so that they are split into sentences; each text is a document")
    if all(len(sentence.words) == 1 for sentence in inspected.sentences):
        notes.append("all sentences have one word: expected an empty line after each sentence only")
    return layout, inspected, notes


def _are_versions(source: FileSource) -> bool:
    """Whether the files of train are versions or folds of one corpus, by the sentences that they share."""
    paths = source.paths.get("train", ())
    seen: set[int] = set()
    shared = total = 0
    for path in paths if len(paths) > 1 else ():
        of_file = {hash(tuple(sentence.words)) for sentence in source.dataset.read(path)}
        shared += len(of_file & seen)
        total += len(of_file)
        seen |= of_file
    return shared > MOST_SHARED * total


def _first_of_each(layout: Layout, source: FileSource) -> Layout:
    """The layout with the first file of each split; the others are not read."""
    patterns = {}
    unused = list(layout.unused)
    for split, (first, *others) in source.paths.items():
        patterns[split] = glob.escape(first.relative_to(layout.folder).as_posix())
        unused += [other.relative_to(layout.folder).as_posix() for other in others]
    return replace(layout, patterns=patterns, unused=unused)


def _drawn(path: Path, layout: Layout, shares: Guess) -> tuple[Inspected, list[str]]:
    """Read some files, with shares of train for other splits; no share for test if it would have few entities."""
    split = {"split": shares} if len(shares) > 1 else {}  # more than the seed
    inspected = _read(path, layout, {"source": "files", **layout.keys, **layout.paths, **split})
    if "test" not in shares or not inspected.few_in_test:
        return inspected, []
    policies = {key: value for key, value in inspected.keys.items() if key in POLICIES}
    layout = replace(layout, keys={**layout.keys, **policies})
    without, _ = _drawn(path, layout, {key: share for key, share in shares.items() if key != "test"})
    return without, [f"no share for test, which would have few entities ({inspected.few_in_test}); {SCORE_ALL}"]


def _read(path: Path, layout: Layout, keys: Guess) -> Inspected:
    """Read all files; if they need policies, with the keys that choose them.

    Raises:
        UserError: a file is malformed.
    """
    problem: UserError | None = None
    with_few: Inspected | None = None
    for policy in chain.from_iterable(combinations(POLICIES.items(), count) for count in range(len(POLICIES) + 1)):
        try:
            inspected = _read_with({**keys, **dict(policy)}, layout.folder)
        except ValidationError:
            continue  # a format without that key
        except UserError as error:
            problem = error  # the last one is left with all policies that the format has
            continue
        if not inspected.undrawn:
            return inspected
        with_few = with_few or inspected
    if with_few is not None:
        return with_few
    raise UserError(f"{path} looks like {keys['format']}, but is malformed:\n{problem}")


def _read_with(keys: Guess, folder: Path) -> Inspected:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyFiles)
    source = FileSource(folder, adapter.validate_python(keys))
    sentences: list[Sentence] = []
    undrawn = []
    numbers = Counter[str]()
    entities = EntityCounts()
    for split, of_split in source.splits().items():
        try:
            for number, sentence in enumerate(of_split):
                if number < SENTENCES:
                    sentences.append(sentence)
                numbers[split] += 1
                entities.add(split, sentence)
        except NothingDrawn as error:
            undrawn.append(str(error))
    source.report()
    return Inspected(source, keys, sentences, numbers, undrawn, entities)


def scheme(sentences: Sequence[Sequence[str]]) -> str:
    """Describe the tags of some sentences: their scheme and the most frequent ones."""
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


def _section(path: Path, folder: Path, keys: Guess | list[Guess]) -> tuple[dict[str, Any], list[str]]:
    """The section ``download``, with the encoder of params.yaml, and the tag columns that it reads."""
    encoder = read_file().get("download", {}).get("encoder")
    section: dict[str, Any] = {"folder": folder.as_posix(), "dataset": keys, "encoder": encoder}
    try:
        read = Download.model_validate({**section, "encoder": {"source": "path", "path": "any"}})
    except ValidationError as error:
        first = error.errors()[0]
        key = first["loc"][0]
        problem = first["msg"].removeprefix("Value error, ")
        if key == "folder":
            raise UserError(
                f"{path}: move it into a folder of its own, such as data/mine; download.folder {problem}"
            ) from None
        raise UserError(f"{path}: download.{key} {problem}") from None
    return section, shared_columns(sources_of(read.dataset))
