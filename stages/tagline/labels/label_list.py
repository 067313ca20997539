"""Label list: the labels of a task, which are ids in arrays and names in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from tagline.core.errors import UserError
from tagline.core.outputs import read_json, write_json
from tagline.core.reading import reading
from tagline.labels import schemes

Kind = Literal["spans", "tags"]
"""spans: IOB2 labels, which mark entities. tags: each word has a tag of its own, such as a part of speech."""


class LabelNames(NamedTuple):
    """Label names without a task, for predictions that are only compared and scored.

    Attributes:
        kind: how the labels are read.
        names: label names, indexed by label id.
    """

    kind: Kind
    names: tuple[str, ...]


@dataclass(frozen=True)
class Labels:
    """The label list of a task.

    Attributes:
        task: the tag column that the labels come from.
        kind: how the labels are read.
        names: label names, indexed by label id.
        fallback: the label of words without sub-words: O, or the most frequent tag of the training split.
    """

    task: str
    kind: Kind
    names: tuple[str, ...]
    fallback: str

    @property
    def id2label(self) -> dict[int, str]:
        return dict(enumerate(self.names))

    @property
    def label2id(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    @property
    def type_of_labels(self) -> list[str]:
        """The type of each label id: X for B-X and I-X, the empty string for O; a plain tag is its own type."""
        return [name[2:] if self.kind == "spans" else name for name in self.names]

    @property
    def types(self) -> list[str]:
        """The types of entities, or the tags, in the order of the labels."""
        return [name for name in dict.fromkeys(self.type_of_labels) if name]

    @property
    def inside(self) -> list[int]:
        """For each label id, the label id of the word's further sub-words: I-X for B-X, else the same."""
        ids = self.label2id
        if self.kind == "tags":
            return list(range(len(self.names)))
        return [ids["I" + name[1:]] if name.startswith("B-") else ids[name] for name in self.names]


def from_counts(task: str, kind: Kind, counts: Mapping[str, Mapping[str, int]]) -> Labels:
    """Build the label list of a task.

    Args:
        task: the tag column.
        kind: how its tags are read; ``spans`` must be in IOB2.
        counts: the number of words with each tag, by split.

    Raises:
        UserError: all words of all splits have the same label.
    """
    seen = sorted({tag for split in counts.values() for tag, count in split.items() if count})
    if len(seen) < 2:
        raise UserError(
            f"the column {task} has one label only ({', '.join(seen)}): expected at least two to learn from"
        )
    if kind == "spans":
        return Labels(task, kind, tuple(schemes.label_names(seen)), schemes.OUTSIDE)
    # On ties the first by name, so that the order of reading does not matter.
    most_frequent = max(seen, key=lambda tag: counts["train"].get(tag, 0))
    return Labels(task, kind, tuple(seen), most_frequent)


def shared_labels(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """The ids of the labels that two lists have in common, in each of them."""
    shared = [name for name in new if name in old]
    return [old.index(name) for name in shared], [new.index(name) for name in shared]


def write(labels: Labels, path: Path) -> None:
    """Write a label list as JSON."""
    write_json(path, asdict(labels))


def read(path: Path) -> Labels:
    """Read a label list that `write` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    content = read_json(path, "tokenize-align")
    with reading(path, "tokenize-align", expected="a label list"):
        return parse(content)


def parse(content: Mapping[str, Any]) -> Labels:
    """Make a label list of the values that `write` wrote, in the block of `reading`.

    Raises:
        KeyError, ValueError: a value is missing or malformed.
    """
    task, kind, names, fallback = (content[name] for name in ("task", "kind", "names", "fallback"))
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in (*names, task, fallback)):
        raise ValueError("task, names and fallback are not all strings")
    if kind not in get_args(Kind):
        raise ValueError(f"kind is {kind!r}")
    if len(names) < 2 or len(set(names)) < len(names) or fallback not in names:
        raise ValueError("names are not at least two different ones with the fallback")
    if kind == "spans" and set(schemes.label_names(names)) != set(names):
        raise ValueError("names are not O with B-TYPE and I-TYPE of each type")
    return Labels(task, kind, tuple(names), fallback)
