"""A sentence of data/tokenized as tables: words, then each window's sub-words, with labels."""

from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from tabulate import tabulate
from tokenizers import Tokenizer

from tagline.artifacts import tokenized
from tagline.core import TOKENIZER_FILE, verify
from tagline.labels import IGNORED
from tagline.terminal import printable, quoted


def sentence(folder: Path, tests: Path, tokenizer: Path, wanted: str) -> str:
    """Format a sentence of data/tokenized or data/tokenized_tests.

    Args:
        wanted: ``SPLIT:NUMBER``, from 0, or ``SPLIT:ID``.

    Raises:
        ArgumentTypeError: there is no such split, number or id.
        UserError: data/tokenized is missing or damaged, or another tokenizer made it.
    """
    name, colon, which = wanted.partition(":")
    folders: dict[str, Path] = {}
    for each in (folder, tests):
        verify(each, "tokenize-align")
        folders |= dict.fromkeys(tokenized.splits(each), each)
    if not colon or not which or name not in folders:
        expected = f"expected SPLIT:SENTENCE with one of {', '.join(folders)} (such as train:4)"
        raise ArgumentTypeError(f"{expected}, got {quoted(wanted)}")
    tokenized.check_tokenizer(folder, tokenizer)
    split = tokenized.load_split(folders[name], name)
    row = row_of(split, name, which)
    words, windows = split.sentences[row], split.windows_of(row)
    vocabulary = Tokenizer.from_file(str(tokenizer / TOKENIZER_FILE))
    names = [" or ".join(possible) or "?" for possible in split.labels.ids]
    tables = [f"{printable(words['id'])}: {len(words['words'])} words"]
    tables.append(table("word", words["words"], [names[label] for label in words["labels"]]))
    for number, index in enumerate(windows.tolist(), 1):
        window = split.windows[index]
        tables.append(f"window {number} of {len(windows)}: {len(window['input_ids'])} sub-words")
        pieces = [vocabulary.id_to_token(subword) or str(subword) for subword in window["input_ids"]]
        labels = [str(label) if label == IGNORED else names[label] for label in window["labels"]]
        tables.append(table("sub-word", pieces, labels))
    return "\n\n".join(tables)


def table(name: str, texts: Sequence[str], labels: Sequence[str]) -> str:
    return tabulate(
        zip(map(printable, texts), map(printable, labels), strict=True), (name, "label"), disable_numparse=True
    )


def row_of(split: tokenized.Split, name: str, which: str) -> int:
    """Find the row of a sentence by number or id.

    Raises:
        ArgumentTypeError: the split has no such sentence.
    """
    if which.isdecimal() and int(which) < len(split.sentences):
        return int(which)
    row = pc.index(tokenized.column(split.sentences, "id"), pa.scalar(which)).as_py()
    if row < 0:
        last = len(split.sentences) - 1
        raise ArgumentTypeError(f"{name} has no sentence {which}: expected 0 to {last}, or an id")
    return int(row)
