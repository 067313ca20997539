"""Runs grouped by the values of some params, each setting compared with the best one."""

import difflib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

from tabulate import tabulate

from tagline.core.params import PARAMS, dotted, parse
from tagline.metrics.significance import AGREEING, Difference, RunCounts, f1_differences
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import printable, shortened
from tagline.tools.comparison.revisions import last_experiments, read_small
from tagline.tools.comparison.runs import Run, align, parse_metrics, some

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
    known = list(dict.fromkeys(key for values in params for key in values))
    for key in keys:
        if inside := [other for other in known if other.startswith(f"{key}.")]:  # at least in some runs
            raise UserError(f"--by {key}: a section of {PARAMS}; expected one of its keys: {', '.join(inside)}")
        if key in known:
            continue
        close = _similar(key, known)
        hint = f"; did you mean {' or '.join(close)}?" if close else f"; expected a key such as {some(known)}"
        raise UserError(f"--by {key}: {PARAMS} does not have this key{hint}")


def _similar(key: str, known: Sequence[str]) -> list[str]:
    """List up to three keys that are spelt similarly, as a whole or after the last dot."""
    similar = difflib.get_close_matches(key, known, n=3, cutoff=CUTOFF)
    ends = difflib.get_close_matches(_end(key), [_end(other) for other in known], n=1, cutoff=CUTOFF)
    return similar or [other for other in known if _end(other) in ends][:3]


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
    value = values.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 2, float(value), "", False
    return int(key in values) if value is None else 3, 0, value_text(values, key), isinstance(value, str)


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
        splits: as in `Sweep`.
        notes: on the choice of runs.

    Raises:
        UserError: a key is unknown, all runs have the same values, or as in `align`.
    """
    runs, params, repeated = _distinct(runs)
    check_keys(keys, params)
    groups = group(keys, params)
    if len(groups) == 1:
        only, names = _name(keys, params[0]), some([run.name for run in runs])
        raise UserError(f"--by: all runs ({names}) have {only}; expected runs with different values")
    aligned = {split: align(split, runs) for split in splits}
    f1 = {split: RunCounts.of(each.counts).total()[:, 0].tolist() for split, each in aligned.items()}
    counts = aligned[splits[-1]].counts
    sides = [[counts[index] for index in indices] for indices in groups]
    best = max(range(len(groups)), key=lambda number: fmean(f1[splits[0]][index] for index in groups[number]))
    compared = f1_differences({number: (sides[best], side) for number, side in enumerate(sides) if number != best})
    settings = []
    for number, indices in enumerate(groups):
        of_first, of_setting = params[indices[0]], [runs[index] for index in indices]
        values = {key: of_first[key] for key in keys if key in of_first}
        scores = {split: tuple(of_runs[index] for index in indices) for split, of_runs in f1.items()}
        settings.append(Setting(_name(keys, values), values, of_setting, scores, compared.get(number)))
    notes = [
        *notes,
        *repeated,
        *(note for run in runs for note in run.notes),
        *_confounded(keys, params),
        *_single_runs(settings),
        *(f"{each.name}: {AGREEING}" for each in settings if each.difference and each.difference.pooled),
        *(note for each in aligned.values() for note in each.notes),
    ]
    return Sweep(list(keys), list(splits), settings, list(dict.fromkeys(notes)))


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
        if same := [each for each, theirs in kept if theirs == values and _predictions(each) == _predictions(run)]:
            notes.append(f"{run.name} is left out: same params and predictions as {same[0].name}")
        else:
            kept.append((run, values))
    return [run for run, _ in kept], [values for _, values in kept], notes


def _predictions(run: Run) -> list[tuple[Sequence[str], list[str]]]:
    return [(each.words, each.predicted_names) for sentences in run.splits.values() for each in sentences]


def _confounded(keys: Sequence[str], params: Sequence[Values]) -> Iterator[str]:
    """Report other keys in which the runs differ, except seeds."""
    others = dict.fromkeys(key for values in params for key in values if key not in keys and _end(key) != "seed")
    if differing := [key for key in others if len({_sortable(values, key) for values in params}) > 1]:
        remedy = f"add {'it' if len(differing) == 1 else 'them'} to --by, or choose runs with the same values"
        yield f"the runs also differ in {some(differing)}, which affects means and ±; {remedy}"


def _single_runs(settings: Sequence[Setting]) -> Iterator[str]:
    single = [setting.name for setting in settings if len(setting.runs) == 1]
    if len(single) == len(settings):
        yield "each setting has one run, so p does not cover other seeds; run several, as with -S train.seed=1,2,3"
    elif single:
        unknown = "± is unknown there, and p assumes that of the other side"
        yield f"one run only: {some(single)}; {unknown} (between two single runs, p does not cover other seeds)"


SCORES = {"test.f1": "test F1", "validation.f1": "validation F1", "train.best_epoch": "best epoch"}
# Characters of a name that are shown, and of the widest name and the differences together: the rest of 100 columns.
NAME, NAME_AND_DIFFERENCES = 24, 56


def table(pattern: str, folder: Path | None = None) -> str:
    """Lay out the experiments of the last commit that has any, below that commit, in 100 columns.

    Args:
        pattern: of their names, such as ``lr-*``.
        folder: see `tagline.tools.comparison.revisions.read`.

    Raises:
        UserError: there are none, or a file in one of them is damaged.
    """
    found = last_experiments(pattern, folder)
    rows = list(_rows({found.baseline[:7]: found.baseline, **found.commits}, folder))
    headers = ("experiment", *SCORES.values(), "differs in")
    widest_name = max(12, *(len(row[0]) for row in rows))  # 12 for the header
    widths = [None, *[None] * len(SCORES), NAME_AND_DIFFERENCES - widest_name]
    content = tabulate(rows, headers, disable_numparse=True, maxcolwidths=widths)
    return "\n\n".join([content, *found.notes]) + "\n"


def _rows(commits: dict[str, str], folder: Path | None) -> Iterator[list[str]]:
    """The name, scores and differing params of each commit; the first one is what the others are compared with."""
    base = None
    for name, (content, params) in zip(commits, read_small(commits.values(), folder), strict=True):
        metrics, values = parse_metrics(name, content), read_values(name, params)
        base = base or values
        differing = [key for key in {**base, **values} if base.get(key) != values.get(key)]
        scores = (str(metrics.get(score, "-")) for score in SCORES)
        pairs = (printable(f"{key}={value_text(values, key)}") for key in differing)
        yield [shortened(printable(name), NAME), *scores, " ".join(pairs)]
