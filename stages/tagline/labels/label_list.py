"""Label list: the labels of a task, which are ids in arrays and names in files.

And the settings that travel with a model: precision, biases, calibration.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from tagline.core import read_json, reading, write_json
from tagline.labels import schemes
from tagline.labels.windows import AnyInts, Bools, Doubles, Floats, LabelIds
from tagline.terminal import UserError

Kind = Literal["spans", "tags"]
"""spans: IOB2 labels, which mark entities. tags: each word has a tag of its own, such as a part of speech."""
LabelSets = tuple[tuple[str, ...], ...]
"""The labels that are possible for words of unknown label, by name; an empty set: any label. In gold labels of train,
an id is a set's index plus the number of labels; training learns that one of them is right."""
ANY: tuple[str, ...] = ()
Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""Number format in which a model computes; see `tagline.model.precision`."""
PerType = Mapping[str, float]
"""A number of some types, or of some plain tags."""
Biases = PerType
"""What decoding adds to the scores of all labels of a type, or of a plain tag; 0 for those that are not listed."""
HEAD_FILE = "head.safetensors"
"""The weights of a classifier head, beside those of the model."""
# Entries of values per type, which are missing where they are empty.
PER_TYPE = ("biases", "accept")
WHOLE = "whole sentences"
"""The key in ``accept`` of sentences that are exactly right: all their entities, and no other."""
NONE: PerType = MappingProxyType({})
NO_BIASES: Biases = NONE
Curve = Sequence[Sequence[float]]
"""Points, each the log-odds of the model and the share that is right; both rise, with straight lines between points."""
# Probabilities that are nearer to 0 or 1 count as this far from them, since float32 hardly has any between.
LEAST_DOUBT = 1e-7


@dataclass(frozen=True)
class Labels:
    """The label list of a task.

    Attributes:
        task: the tag column; empty for predictions that are only compared and scored.
        names: indexed by label id.
        fallback: the label of words without sub-words: O, or the most frequent tag of train; empty likewise.
        sets: of the gold labels of train, those of words and of their later sub-words.
    """

    task: str
    kind: Kind
    names: tuple[str, ...]
    fallback: str
    sets: LabelSets = ()

    @property
    def id2label(self) -> dict[int, str]:
        return dict(enumerate(self.names))

    @property
    def label2id(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    @property
    def marks(self) -> list[tuple[str, str]]:
        """The prefix and type of each label id; a plain tag begins an entity of one word."""
        if self.kind == "tags":
            return [("B", name) for name in self.names]
        return [schemes.split_tag(name) for name in self.names]

    @property
    def type_of_labels(self) -> list[str]:
        """The type of each label id: X for B-X and I-X, empty for O; a plain tag is its own type."""
        return [type_ for _, type_ in self.marks]

    @property
    def types(self) -> list[str]:
        """The types of entities, or the tags, in the order of the labels."""
        return [name for name in dict.fromkeys(self.type_of_labels) if name]

    @property
    def unit(self) -> str:
        return "entities" if self.kind == "spans" else "words"

    @property
    def inside(self) -> list[int]:
        """For each label id, that of the word's further sub-words: I-X for B-X, else the same."""
        if self.kind == "tags":
            return list(range(len(self.names) + len(self.sets)))
        ids = self.ids
        return [ids[inside(names)] for names in ids]

    @property
    def ids(self) -> dict[tuple[str, ...], int]:
        """The id of each set of possible labels; a set of one is a label."""
        singles = [(name,) for name in self.names]
        return {names: index for index, names in enumerate([*singles, *self.sets])}


def inside(names: Iterable[str]) -> tuple[str, ...]:
    """The labels of a word's further sub-words, given those of the first one: I-X for B-X, else the same."""
    continuing = [re.sub("^B-", "I-", name) for name in names]
    return tuple(dict.fromkeys(continuing))


@cache  # few label lists
def possible(labels: Labels) -> Bools:
    """Which labels are possible for a word with an id: bool (labels + sets, labels)."""
    table = np.empty((len(labels.ids), len(labels.names)), bool)
    for names, index in labels.ids.items():
        table[index] = [names == ANY or name in names for name in labels.names]
    return table


@cache  # few pairs of label lists
def translation(labels: Labels, new: Labels) -> LabelIds:
    """For each id of a label list, the id of the same label in another one, or -1."""
    ids = new.label2id
    return np.array([ids.get(name, -1) for name in labels.names], dtype=np.int32)


def without_types(ids: AnyInts, types: Collection[str], labels: Labels) -> LabelIds:
    """Turn the labels of some types into O.

    Args:
        ids: int (words,), label ids.

    Returns:
        int32 (words,).
    """
    if types:
        goes = np.array([type_ in types for type_ in labels.type_of_labels])
        ids = np.where(goes[ids], labels.label2id[schemes.OUTSIDE], ids)
    return ids.astype(np.int32)


def from_counts(task: str, kind: Kind, counts: Mapping[str, Mapping[str, int]]) -> Labels:
    """Build the label list of a task.

    Args:
        kind: ``spans`` must be in IOB2.
        counts: the number of words with each tag, by split.

    Raises:
        UserError: all words of all splits have the same label.
    """
    used: set[str] = set()
    for split in counts.values():
        used.update(tag for tag, count in split.items() if count)
    tags = sorted(used)
    if len(tags) < 2:
        raise UserError(
            f"the column {task} has one label only ({', '.join(tags)}): expected at least two to learn from"
        )
    if kind == "spans":
        return Labels(task, kind, tuple(schemes.label_names(tags)), schemes.OUTSIDE)
    # On ties the first by name, so that the order of reading does not matter.
    most_frequent = max(tags, key=lambda tag: counts["train"].get(tag, 0))
    return Labels(task, kind, tuple(tags), most_frequent)


def to_json(labels: Labels) -> dict[str, Any]:
    """The values that `parse` reads."""
    values = asdict(labels)
    if not labels.sets:
        del values["sets"]
    return values


def shared_labels(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """The ids of the labels that both lists have, in each of them."""
    shared = [name for name in new if name in old]
    return [old.index(name) for name in shared], [new.index(name) for name in shared]


def write(labels: Labels, path: Path) -> None:
    write_json(path, to_json(labels))


def read(path: Path) -> Labels:
    """Read what `write` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    content = read_json(path, "tokenize-align")
    with reading(path, "tokenize-align", expected="a label list"):
        return parse(content)


def parse(content: Mapping[str, Any]) -> Labels:
    """Make a label list of what `to_json` gave, in the block of `reading`.

    Raises:
        KeyError, ValueError: a value is missing or malformed.
    """
    task = content["task"]
    kind = content["kind"]
    names = content["names"]
    fallback = content["fallback"]
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in (*names, task, fallback)):
        raise ValueError("task, names and fallback are not all strings")
    if kind not in get_args(Kind):
        raise ValueError(f"kind is {kind!r}")
    if len(names) < 2 or len(set(names)) < len(names) or fallback not in names:
        raise ValueError("names are not at least two different ones with the fallback")
    if kind == "spans" and set(schemes.label_names(names)) != set(names):
        raise ValueError("names are not O with B-TYPE and I-TYPE of each type")
    sets = tuple(map(tuple, content.get("sets", ())))
    if not set(names).issuperset(chain(*sets)):
        raise ValueError("sets are not of these names")
    return Labels(task, kind, tuple(names), fallback, sets)


def log_odds(probabilities: Floats) -> Doubles:
    """Compute the log-odds of probabilities, from -16.1 to 16.1."""
    clipped = np.clip(probabilities.astype(np.float64), LEAST_DOUBT, 1 - LEAST_DOUBT)
    return np.log(clipped / (1 - clipped))


class Calibration(NamedTuple):
    """Turns the lowest probability of an entity, or that of a word outside, into how probably it is right.

    Attributes:
        entities: for entities, or words with plain tags; None: the probability stays.
        outside: for words outside entities; None likewise.
    """

    entities: Curve | None = None
    outside: Curve | None = None

    def apply(self, scores: Floats, outside: Bools) -> Floats:
        """Calibrate scores.

        Args:
            scores: float32 (words,), not calibrated; 0, of words without sub-words, stays 0.
            outside: bool (words,), see `is_outside`.
        """
        result = scores.copy()
        for words, curve in ((~outside, self.entities), (outside, self.outside)):
            if curve is not None:
                seen = words & (scores > 0)
                odds, shares = np.array(curve, np.float64).T
                result[seen] = np.interp(log_odds(scores[seen]), odds, shares)
        return result

    def to_json(self) -> dict[str, Curve]:
        return {name: curve for name, curve in self._asdict().items() if curve is not None}


NOT_CALIBRATED = Calibration()
"""The lowest probability of an entity is its score."""


def parse_per_type(content: Mapping[str, Any], name: str, labels: Labels) -> dict[str, float]:
    """Read the entry ``biases`` or ``accept``, if there is one, in the block of `reading`.

    Raises:
        ValueError: it is malformed, or has other types than the labels.
    """
    values = content.get(name, {})
    if not isinstance(values, dict) or not all(map(_is_finite, values.values())):
        raise ValueError(f"{name} is {values!r}")
    unknown = sorted(values.keys() - {*labels.types, WHOLE})
    if unknown:
        raise ValueError(f"{name} of {', '.join(unknown)}, which the labels do not have")
    return values


def _is_finite(value: Any) -> bool:
    return type(value) is float and math.isfinite(value)


def parse_calibration(content: Mapping[str, Any]) -> Calibration | None:
    """Read the entry ``calibration``, which earlier versions did not write, in the block of `reading`.

    Raises:
        ValueError: it is malformed.
    """
    curves = content.get("calibration")
    if curves is None:
        return None
    for curve in curves.values():
        odds, shares = np.array(curve, np.float64).T
        is_rising = (np.diff([odds, shares]) >= 0).all() and np.isfinite(odds).all()
        if not is_rising or not 0 <= shares[0] <= shares[-1] <= 1:
            raise ValueError(f"calibration is {curves!r}")
    return Calibration(**curves)
