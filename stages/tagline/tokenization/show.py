"""What tokenize-align made of one sentence, as columns: words over labels, sub-words over their labels."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from tagline.artifacts import tokenized
from tagline.artifacts.raw_data import SPLITS
from tagline.artifacts.tokenized import Split
from tagline.core.errors import require
from tagline.core.terminal import columns
from tagline.labels.alignment import IGNORED
from tagline.labels.label_list import Labels


class UnknownSentenceError(Exception):
    """What was asked for does not name a sentence; the message says what would."""


def sentence(folder: Path, tokenizer: Path, wanted: str) -> str:
    """Draw a sentence of data/tokenized.

    Args:
        folder: data/tokenized.
        tokenizer: the folder of the tokenizer that made it.
        wanted: ``SPLIT:NUMBER``, counted from 0, or ``SPLIT:ID``.

    Raises:
        NoSuchSentence: the split has none of that number or id, or there is no such split.
        UserError: data/tokenized is missing, or another tokenizer made it.
    """
    name, colon, which = wanted.partition(":")
    if not colon or not which or name not in SPLITS:
        raise UnknownSentenceError(
            f"expected SPLIT:SENTENCE with one of {', '.join(SPLITS)} (like train:4), got {wanted!r}"
        )
    require(folder, "tokenize-align")
    tokenized.check_tokenizer(folder, tokenizer)
    labels = tokenized.load_labels(folder)
    split = tokenized.load_split(folder, name)
    row = _find(split, name, which)
    pieces = Tokenizer.from_file(str(tokenizer / tokenized.TOKENIZER_FILE))
    windows = np.flatnonzero(split.windows.data["sentence"].to_numpy() == row)
    width = shutil.get_terminal_size().columns
    found = split.sentences[row]
    lines = [f"{found['id']}: {len(found['words'])} words", ""]
    lines += columns([found["words"], [labels.names[label] for label in found["labels"]]], width)
    for number, window in enumerate(windows.tolist(), 1):
        lines += ["", f"window {number} of {len(windows)}: {len(split.windows[window]['input_ids'])} sub-words", ""]
        lines += columns(_window(split, window, pieces, labels), width)
    return "\n".join(lines)


def _find(split: Split, name: str, which: str) -> int:
    if which.isdecimal() and int(which) < len(split.sentences):
        return int(which)
    place = split.sentences.data["id"].combine_chunks().index(pa.scalar(which)).as_py()
    if place < 0:
        raise UnknownSentenceError(
            f"{name} has no sentence {which}: expected 0 to {len(split.sentences) - 1}, or an id"
        )
    return int(place)


def _window(split: Split, window: int, tokenizer: Tokenizer, labels: Labels) -> list[list[str]]:
    row = split.windows[window]
    pieces = [tokenizer.id_to_token(number) or str(number) for number in row["input_ids"]]
    return [pieces, [str(label) if label == IGNORED else labels.names[label] for label in row["labels"]]]
