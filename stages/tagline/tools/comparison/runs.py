"""Runs: the predictions and metrics that the stage evaluate wrote, of one revision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tagline.artifacts import predictions
from tagline.core.params import PARAMS
from tagline.core.provenance import PROVENANCE
from tagline.core.reading import parse_object, reading
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence

PREDICTIONS = "data/predictions"
EVALUATE = "metrics/evaluate.json"


# Maximum number of names in a list, such as the changed files of a stage.
SHOWN = 3


def some(names: Sequence[str]) -> str:
    """List the first names, and how many more there are."""
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if (more := len(names) - SHOWN) > 0 else "")


@dataclass(frozen=True)
class Run:
    """The results of a revision.

    Attributes:
        name: the revision as the user wrote it.
        commit: its hash; None for the workspace.
        kind: how the labels are read.
        splits: the predictions of each split.
        metrics: metrics/evaluate.json; empty if it does not exist.
        params: the content of params.yaml; None if it does not exist.
        notes: what a reader should know before trusting them.
    """

    name: str
    commit: str | None
    kind: Kind
    splits: dict[str, list[TaggedSentence]]
    metrics: dict[str, Any]
    params: bytes | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name, with the hash if that is not the name itself."""
        if self.commit is None or self.commit.startswith(self.name):
            return self.name
        return f"{self.name} ({self.commit[:7]})"


def make_run(
    name: str,
    commit: str | None,
    tracked: Callable[[str], bytes],
    committed: Callable[[str], bytes | None],
    splits: Sequence[str],
) -> Run:
    """Read the files of a run.

    Args:
        name: the revision as the user wrote it.
        commit: its hash.
        tracked: returns the bytes of a file of data/predictions, or raises a `UserError`.
        committed: returns the bytes of a file in Git, or None if it does not exist.
        splits: the splits to read.

    Raises:
        UserError: a file is missing or damaged.
    """
    where = f"{PREDICTIONS}/{PROVENANCE}"
    kind = predictions.read_kind(tracked(where), f"{name}: {where}")
    files = {split: f"{PREDICTIONS}/{split}.parquet" for split in splits}
    tagged = {split: predictions.read(tracked(path), kind, f"{name}: {path}") for split, path in files.items()}
    with reading(f"{name}: {EVALUATE}", "evaluate", expected="a JSON object"):
        content = committed(EVALUATE)
        metrics = {} if content is None else parse_object(content)
    return Run(name, commit, kind, tagged, metrics, committed(str(PARAMS)))
