"""What a data set's file looks like, the section ``download`` that reads it, and what to fill in for the model card."""

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from itertools import chain, combinations, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from tagline.core.params import read_file
from tagline.export.export_params import Card
from tagline.labels.schemes import is_spans, standard_names
from tagline.sources.download_params import Download
from tagline.sources.files import FileSource, NothingDrawn
from tagline.sources.formats.annotated import AnnotatedFiles, loses_much
from tagline.sources.formats.conll_table import SKIP
from tagline.sources.formats.json_lists import Keys as JsonKeys
from tagline.sources.formats.json_objects import first_rows
from tagline.sources.formats.registry import AnyFiles
from tagline.sources.formats.sniffing import Guess
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, shortened
from tagline.text.sentence import Sentence
from tagline.tokenization import conversion
from tagline.tools.inspection.layouts import Layout, find_layouts, read_sample

# Sentences of each split whose tags are shown, and those that are shown themselves.
SENTENCES, SHOWN = 1000, 3
# Guess that are tried, alone and together, if the files cannot be read without them.
POLICIES = {"empty_words": "skip", "overlaps": "longest", "annotators": "majority", "documents": "none"}
SHARES = {"seed": 42, "validation": 0.1, "test": 0.1}


def describe(path: Path) -> str:
    """Describe a file or folder: format, keys, label schemes and first sentences, then a section ``download``.

    Below it, an empty ``export.card``: what params.yaml says there is of other data.

    Raises:
        UserError: see `find_layouts`; a file is malformed.
    """
    layouts = find_layouts(path)
    given = [split for each in layouts for split in each.patterns]
    shares = {key: share for key, share in SHARES.items() if key not in given}
    sources = [_described(path, each, shares if "train" in each.patterns else {}) for each in layouts]
    keys = [keys for _, keys in sources]
    lines = "\n".join(line for lines, _ in sources for line in lines)
    return f"{lines}\n\n{_section(path, layouts[0].folder, keys if len(keys) > 1 else keys[0])}"


def _described(path: Path, layout: Layout, shares: Guess) -> tuple[list[str], Guess]:
    """The description of some files of one format, and their keys."""
    split = {"split": shares} if len(shares) > 1 else {}  # more than the seed
    given = {"source": "files", **layout.keys, **layout.patterns, **split}
    source, keys, sentences, total, undrawn = _read(path, layout, given)
    dataset: Any = source.dataset
    refused = []
    if "overlaps" in keys and loses_much(source.findings):
        keys = {key: value for key, value in keys.items() if key != "overlaps"}
        lost = "overlaps: longest loses more than a quarter of the spans of a type"
        result = "the section below does not choose it and download refuses these data"
        refused = [f"{lost}, so {result}; set overlaps: longest there if that is right"]
    unused = [*layout.unused, *_unused_keys(layout, dataset)]
    several = {split: [each.name for each in paths] for split, paths in source.paths.items() if len(paths) > 1}
    problem = read_sample(layout.sample).problem if "encoding" in keys else None
    not_utf_8 = str(problem or "").partition(";")[0]
    guess = f" (a guess: check the words with letters beyond ASCII; {not_utf_8})" if not_utf_8 else ""
    known = {name: [list(filter(None, each.tags[name])) for each in sentences] for name in dataset.tag_columns}
    lines = [
        f"{path}: {keys['format']}, {keys.get('encoding', 'utf-8')}{guess}",
        *([f"not read: {shortened(', '.join(unused), QUOTED)}"] if unused else []),
        *(f"{name}: {scheme(tags)}" for name, tags in known.items()),
        *(
            [f"offsets: {dataset.unit(layout.sample)}"]
            if isinstance(dataset, AnnotatedFiles) and dataset.unit_key
            else []
        ),
        *(f"{split}: {len(names)} files, {shortened(', '.join(names), QUOTED)}" for split, names in several.items()),
        *(["numbers: replace the names below by those of 0, 1, ..."] if "names" in keys else []),
        *(["splits are drawn by sentence, since these documents are too few"] if "documents" in keys else []),
        *undrawn,
        *filter(None, [source.report()]),
        *refused,
        f"the first of {total:,} sentences that were read:",
        *(f"  {_line(sentence)}" for sentence in sentences[:SHOWN]),
    ]
    return lines, keys


def _unused_keys(layout: Layout, dataset: Any) -> list[str]:
    """The columns that are skipped, and the lists and objects beside words that are not read."""
    if isinstance(dataset, JsonKeys):
        used = {key.partition(".")[0] for key in dataset.row_keys}
        rows = first_rows(read_sample(layout.sample))
        found = dict.fromkeys(key for row in rows for key, value in row.items() if isinstance(value, list | dict))
        return [key for key in found if key not in used]
    columns = enumerate(layout.keys.get("columns", ()), 1)
    return [f"column {number}" for number, name in columns if name == SKIP]


class Inspected(NamedTuple):
    """What was read as the stage does.

    Attributes:
        source: the data set.
        keys: its keys, with those that choose the policies that it needs.
        sentences: the first ones of each split.
        total: the number of all.
        undrawn: why splits have no sentences.
    """

    source: FileSource
    keys: Guess
    sentences: list[Sentence]
    total: int
    undrawn: list[str]


def _read(path: Path, layout: Layout, keys: Guess) -> Inspected:
    """Read all files; if they need policies, with the keys that choose them.

    Raises:
        UserError: a file is malformed.
    """
    problem: UserError | None = None
    with_few: Inspected | None = None
    for policy in chain.from_iterable(combinations(POLICIES.items(), count) for count in range(len(POLICIES) + 1)):
        try:
            found = _read_with({**keys, **dict(policy)}, layout.folder)
        except ValidationError:
            continue  # a format without that key
        except UserError as error:
            problem = error  # the last one is left with all policies that the format has
            continue
        if not found.undrawn:
            return found
        with_few = with_few or found
    if with_few is not None:
        return with_few
    raise UserError(f"{path} looks like {keys['format']}, but is malformed:\n{problem}")


def _read_with(keys: Guess, folder: Path) -> Inspected:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyFiles)
    source = FileSource(folder, adapter.validate_python(keys))
    sentences: list[Sentence] = []
    undrawn = []
    total = 0
    for found in source.splits().values():
        try:
            first = list(islice(found, SENTENCES))
            sentences += first
            total += len(first) + sum(1 for _ in found)
        except NothingDrawn as error:
            undrawn.append(str(error))
    source.report()
    return Inspected(source, keys, sentences, total, undrawn)


def scheme(sentences: Sequence[Sequence[str]]) -> str:
    """Describe the tags of some sentences: their scheme and the most frequent ones."""
    counts = Counter(chain.from_iterable(sentences))
    tags = sorted(counts)
    names = standard_names(tags)
    ids = np.searchsorted(tags, list(chain.from_iterable(sentences)))
    ends = np.cumsum([len(each) for each in sentences], dtype=np.int64)
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
    return shortened(" ".join("/".join(cell or "?" for cell in row) for row in rows), QUOTED)


def _section(path: Path, folder: Path, keys: Guess | list[Guess]) -> str:
    """The section ``download`` as YAML, with the encoder of params.yaml, and an empty ``export.card``."""
    encoder = read_file().get("download", {}).get("encoder")
    section: dict[str, Any] = {"folder": folder.as_posix(), "dataset": keys, "encoder": encoder}
    try:
        Download.model_validate({**section, "encoder": {"source": "path", "path": "any"}})
    except ValidationError as error:
        key, problem = error.errors()[0]["loc"][0], error.errors()[0]["msg"].removeprefix("Value error, ")
        remedy = "move it into a folder of its own, such as data/mine; " if key == "folder" else ""
        raise UserError(f"{path}: {remedy}download.{key} {problem}") from None
    stream = StringIO()
    yaml = YAML()
    yaml.width = 10**6  # no line break in a value
    yaml.representer.ignore_aliases = lambda *_: True  # equal keys of several sources are written out
    card = dict.fromkeys(Card.model_fields)  # all of its keys, since it replaces that of params.yaml
    yaml.dump({"download": section, "export": {"card": card}}, stream)
    return stream.getvalue().rstrip()
