"""Groups of the reported split: altered forms, slices and further test sets, and the one in which F1 is lowest."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tagline.core import FURTHER, reported_split

# With fewer entities, an F1 is a rough estimate.
FEW = 50


class Group(NamedTuple):
    """A part of the reported split, an altered form of it, or a further test set.

    Attributes:
        name: such as ``lowercase``, ``tests.social`` or ``text: unseen``, as in reports/evaluate.json.
        f1: of its entities.
        number: of its gold entities.
    """

    name: str
    f1: float
    number: int


def worst_group(metrics: Mapping[str, Mapping[str, Any]]) -> Group | None:
    """Find the group of `FEW` or more gold entities with the lowest F1.

    Args:
        metrics: of the splits, in reports/evaluate.json.

    Returns:
        None if there is none, as of plain tags, whose slices have an accuracy.
    """
    groups = list(_groups(metrics.get(reported_split(metrics), {})))
    if groups:
        for split, entries in metrics.items():
            if split.startswith(FURTHER):
                groups.append(Group(split, entries["overall"]["f1"], entries["overall"]["number"]))
    large = [group for group in groups if group.number >= FEW]
    return min(large, key=lambda group: group.f1, default=None)


def _groups(entries: Mapping[str, Any]) -> Iterator[Group]:
    for form, scores in entries.get("altered", {}).items():
        yield Group(form, scores["f1"], scores["number"])
    for title, part in entries.get("slices", {}).items():
        # Of most titles a dictionary of slices; not_in_train is one itself.
        slices = {"": part} if "number" in part else part
        for name, scores in slices.items():
            if "f1" in scores:
                yield Group(f"{title}: {name}" if name else title, scores["f1"], scores["number"])
