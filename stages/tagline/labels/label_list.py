"""Labels: the names that a task's label ids stand for, and how they behave inside a word and as spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tagline.core.errors import UserError
from tagline.core.outputs import read_json, write_json
from tagline.labels import schemes

Kind = Literal["spans", "tags"]
Decoding = Literal["greedy", "constrained"]
"""greedy: the most likely label of each word. constrained: the most likely sequence of each sentence that IOB2 allows."""


@dataclass(frozen=True)
class Labels:
    """The label list of one task.

    Attributes:
        task: the tag layer that they come from.
        kind: ``spans`` for IOB2 labels, ``tags`` where each word has a tag by itself.
        names: label names; a label's id is its place here.
        fallback: the label of a word that no sub-word stands for: O, or the commonest tag of the training split.
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
        return {name: number for number, name in enumerate(self.names)}

    @property
    def inside(self) -> list[int]:
        """For each label id the id that a word's further sub-words get: I-X for B-X, else the label itself."""
        ids = self.label2id
        if self.kind == "tags":
            return list(range(len(self.names)))
        return [ids["I" + name[1:]] if name.startswith("B-") else ids[name] for name in self.names]


def from_counts(task: str, kind: Kind, counts: Mapping[str, Mapping[str, int]]) -> Labels:
    """The labels of a task.

    Args:
        task: the tag layer.
        kind: what its tags are; of ``spans`` they must be IOB2.
        counts: for each split how many words have each tag.

    Raises:
        UserError: all words of all splits have one and the same label, so that there is nothing to learn.
    """
    seen = sorted({tag for split in counts.values() for tag, count in split.items() if count})
    if len(seen) < 2:
        raise UserError(
            f"the column {task} has one label only ({', '.join(seen)}): expected at least two to learn from"
        )
    if kind == "spans":
        return Labels(task, kind, tuple(schemes.label_names(seen)), schemes.OUTSIDE)
    # Over the sorted names: the commonest of equals must not depend on the order of reading.
    commonest = max(seen, key=lambda tag: counts["train"].get(tag, 0))
    return Labels(task, kind, tuple(seen), commonest)


def write(labels: Labels, path: Path) -> None:
    write_json(path, asdict(labels))


def read(path: Path) -> Labels:
    """Read what `write` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    content = read_json(path, "tokenize-align")
    try:
        return Labels(content["task"], content["kind"], tuple(content["names"]), content["fallback"])
    except (KeyError, TypeError):
        raise UserError(f"{path} is damaged (no label list): run `dvc repro tokenize-align` again") from None
