"""Runs grouped by the values of some params, each setting compared with the best one."""

import difflib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

from tagline.core.params import PARAMS, dotted, parse
from tagline.metrics.scores import Counts
from tagline.metrics.significance import AGREEING, Difference, RunCounts, f1_differences
from tagline.terminal import UserError
from tagline.tools.comparison.runs import Aligned, Run, align, in_all, left_out, some

Values: TypeAlias = dict[str, Any]
"""Values by dotted key, such as ``train.learning_rate``, in the order of the file."""

# Minimum similarity of a suggested key, from 0 to 1.
CUTOFF = 0.8


def read_values(name: str, params: bytes | None) -> Values:
    """Read the params of a run.

    Args:
        name: of the run, for messages.
        params: the content of params.yaml; None if it does not exist.

    Raises:
        UserError: params.yaml is missing or damaged.
    """
    if params is None:
        raise UserError(f"{name}: {PARAMS} is missing; expected a revision of this pipeline")
    return dict(dotted(parse(params.decode("utf-8", "replace"), Path(f"{name}:{PARAMS}"))))


def check_keys(keys: Sequence[str], params: Sequence[Values]) -> None:
    """Check that at least one run has each key.

    Raises:
        UserError: names the most similar keys, or those of the section.
    """
    existing = list(dict.fromkeys(chain.from_iterable(params)))  # at least in some runs
    for key in keys:
        inside = [other for other in existing if other.startswith(f"{key}.")]
        if inside:
            raise UserError(f"--by {key}: a section of {PARAMS}; expected one of its keys: {', '.join(inside)}")
        if key in existing:
            continue
        similar = _similar(key, existing)
        if similar:
            raise UserError(f"--by {key}: {PARAMS} does not have this key; did you mean {' or '.join(similar)}?")
        raise UserError(f"--by {key}: {PARAMS} does not have this key; expected a key such as {some(existing)}")


def _similar(key: str, existing: Sequence[str]) -> list[str]:
    """List up to three keys that are spelt similarly, as a whole or else after the last dot."""
    similar = difflib.get_close_matches(key, existing, n=3, cutoff=CUTOFF)
    if similar:
        return similar
    ends = difflib.get_close_matches(_end(key), map(_end, existing), n=1, cutoff=CUTOFF)
    return [other for other in existing if _end(other) in ends][:3]


def _end(key: str) -> str:
    return key.rpartition(".")[2]


def group(keys: Sequence[str], params: Sequence[Values]) -> list[list[int]]:
    """Group runs by their values of some keys.

    Args:
        keys: the keys.
        params: those of each run.

    Returns:
        The indices of the runs of each group; groups in ascending order of their values.
    """
    groups = defaultdict(list)
    for index, values in enumerate(params):
        groups[tuple(_sortable(values, key) for key in keys)].append(index)
    return [groups[values] for values in sorted(groups)]


def value_text(values: Values, key: str) -> str:
    """Format a value as in params.yaml; ``null`` if it is empty, ``missing`` if there is no such key."""
    if key not in values:
        return "missing"
    value = values[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _sortable(values: Values, key: str) -> tuple[int, float, str, bool]:
    """Return what sorts values: missing, empty, numbers, then text. 1 and 1.0 are equal, true and the text are not."""
    if key not in values:
        return 0, 0, "", False
    value = values[key]
    if value is None:
        return 1, 0, "", False
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 2, float(value), "", False
    return 3, 0, value_text(values, key), isinstance(value, str)


@dataclass(frozen=True)
class Setting:
    """The runs with the same values.

    Attributes:
        name: keys and values as text.
        values: of the keys; a key that the runs do not have is left out.
        runs: one or several.
        f1: of each split, in each run.
        difference: of F1 of the last split from the best setting (old: best, new: this one), with p adjusted for the
            number of settings; None for the best itself.
    """

    name: str
    values: Values
    runs: list[Run]
    f1: dict[str, tuple[float, ...]]
    difference: Difference | None = None


@dataclass(frozen=True)
class Sweep:
    """Settings in ascending order of their values.

    Attributes:
        keys: the params by which the runs are grouped.
        splits: the compared ones. The first decides which setting is the best, the last is that of the differences.
        settings: at least two; exactly one has no difference.
        notes: what a reader should know.
    """

    keys: list[str]
    splits: list[str]
    settings: list[Setting]
    notes: list[str]

    @property
    def best(self) -> Setting:
        return next(setting for setting in self.settings if setting.difference is None)

    @property
    def several(self) -> bool:
        """Whether a setting has several runs."""
        return any(len(setting.runs) > 1 for setting in self.settings)


def sweep(runs: Sequence[Run], keys: Sequence[str], splits: Sequence[str], notes: Sequence[str] = ()) -> Sweep:
    """Group runs by their values of some params, and compare each setting with the best one.

    The best setting has the highest mean F1 of the first split. With validation and test, the difference on test is
    therefore not exaggerated by having chosen the maximum on test.

    Args:
        runs: of one task. The same run, which has equal params and predictions, counts once.
        keys: dotted keys of params.yaml.
        splits: as in `Sweep`; one that a run lacks is left out.
        notes: on the choice of runs.

    Raises:
        UserError: a key is unknown, all runs have the same values, or as in `align`.
    """
    runs, params, repeated = _distinct(runs)
    check_keys(keys, params)
    groups = group(keys, params)
    if len(groups) == 1:
        names = some([run.name for run in runs])
        raise UserError(f"--by: all runs ({names}) have {_name(keys, params[0])}; expected runs with different values")
    splits = in_all(splits, runs)
    aligned = {split: align(split, runs) for split in splits}
    settings = _settings(keys, groups, runs, params, aligned)
    settings = _with_differences(settings, groups, splits[0], aligned[splits[-1]].counts)
    all_notes = [*notes, *repeated, *left_out(runs)]
    for run in runs:
        all_notes += run.notes
    all_notes += _confounded(keys, params)
    all_notes += _single_runs(settings)
    for setting in settings:
        if setting.difference is not None and setting.difference.pooled:
            all_notes.append(f"{setting.name}: {AGREEING}")
    for of_split in aligned.values():
        all_notes += of_split.notes
    return Sweep(list(keys), splits, settings, list(dict.fromkeys(all_notes)))


def _settings(
    keys: Sequence[str],
    groups: Sequence[Sequence[int]],
    runs: Sequence[Run],
    params: Sequence[Values],
    aligned: Mapping[str, Aligned],
) -> list[Setting]:
    """Make a setting of each group of runs, without a difference."""
    f1 = {split: RunCounts.of(of_split.counts).total()[:, 0].tolist() for split, of_split in aligned.items()}
    settings = []
    for indices in groups:
        of_first = params[indices[0]]
        values = {key: of_first[key] for key in keys if key in of_first}
        of_setting = [runs[index] for index in indices]
        scores = {}
        for split, of_runs in f1.items():
            scores[split] = tuple(of_runs[index] for index in indices)
        settings.append(Setting(_name(keys, values), values, of_setting, scores))
    return settings


def _with_differences(
    settings: Sequence[Setting], groups: Sequence[Sequence[int]], split: str, counts: Sequence[Counts]
) -> list[Setting]:
    """Compare each setting with the best one.

    Args:
        settings: without differences.
        groups: the indices of the runs of each.
        split: that whose F1 decides which one is the best.
        counts: of each run, in the split whose F1 is compared.
    """
    means = [fmean(setting.f1[split]) for setting in settings]
    best = means.index(max(means))
    sides = [[counts[index] for index in indices] for indices in groups]
    pairs = {number: (sides[best], side) for number, side in enumerate(sides) if number != best}
    differences = f1_differences(pairs)
    return [replace(setting, difference=differences.get(number)) for number, setting in enumerate(settings)]


def _name(keys: Sequence[str], values: Values) -> str:
    return ", ".join(f"{key}={value_text(values, key)}" for key in keys)


def _distinct(runs: Sequence[Run]) -> tuple[list[Run], list[Values], list[str]]:
    """Leave out repetitions, for instance experiments of another pipeline, in which this one is unchanged.

    Returns:
        The other runs, their params, and notes.
    """
    kept: list[tuple[Run, Values]] = []
    notes = []
    for run in runs:
        values = read_values(run.name, run.params)
        same = [other.name for other, theirs in kept if theirs == values and _predictions(other) == _predictions(run)]
        if same:
            notes.append(f"{run.name} is left out: same params and predictions as {same[0]}")
        else:
            kept.append((run, values))
    return [run for run, _ in kept], [values for _, values in kept], notes


def _predictions(run: Run) -> list[tuple[Sequence[str], list[str]]]:
    sentences = chain.from_iterable(run.splits.values())
    return [(sentence.words, sentence.predicted_names) for sentence in sentences]


def _confounded(keys: Sequence[str], params: Sequence[Values]) -> Iterator[str]:
    """Report other keys in which the runs differ, except seeds."""
    differing = []
    for key in dict.fromkeys(chain.from_iterable(params)):
        is_free = key not in keys and _end(key) != "seed"
        if is_free and len({_sortable(values, key) for values in params}) > 1:
            differing.append(key)
    if differing:
        yield (
            f"the runs also differ in {some(differing)}, which affects means and ±; add "
            f"{'it' if len(differing) == 1 else 'them'} to --by, or choose runs with the same values"
        )


def _single_runs(settings: Sequence[Setting]) -> Iterator[str]:
    single = [setting.name for setting in settings if len(setting.runs) == 1]
    if len(single) == len(settings):
        yield "each setting has one run, so p does not cover other seeds; run several, as with -S train.seed=1,2,3"
    elif single:
        yield (
            f"one run only: {some(single)}; ± is unknown there, and p assumes that of the other side (between two "
            "single runs, p does not cover other seeds)"
        )
