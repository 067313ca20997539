"""The last experiments as a table: scores, and the params in which each differs from the commit that it began with."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from tagline.core.reading import parse_object, reading
from tagline.core.terminal import GAP, printable, shortened
from tagline.tools.comparison.rendering import COLUMNS
from tagline.tools.comparison.revisions import last_experiments, read_small
from tagline.tools.comparison.runs import EVALUATE
from tagline.tools.comparison.sweeps import read_values, value_text

SCORES = {"test.f1": "test F1", "validation.f1": "validation F1", "train.best_epoch": "best epoch"}
# Characters of a name that are shown.
NAME = 24


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
    scores = tabulate([row[:-1] for row in rows], headers[:-1], disable_numparse=True)
    width = COLUMNS - GAP - len(scores.splitlines()[1])
    for row in rows:
        row[-1] = "\n".join(textwrap.wrap(row[-1], width, break_on_hyphens=False))
    content = tabulate(rows, headers, disable_numparse=True)
    return "\n\n".join([content, *found.notes]) + "\n"


def _rows(commits: dict[str, str], folder: Path | None) -> Iterator[list[str]]:
    """The name, scores and differing params of each commit; the first one is what the others are compared with."""
    base = None
    for name, (content, params) in zip(commits, read_small(commits.values(), folder), strict=True):
        with reading(f"{name}: {EVALUATE}", "evaluate", expected="a JSON object"):
            metrics = {} if content is None else parse_object(content)
        values = read_values(name, params)
        base = base or values
        differing = [key for key in {**base, **values} if base.get(key) != values.get(key)]
        scores = (str(metrics.get(score, "-")) for score in SCORES)
        pairs = (printable(f"{key}={value_text(values, key)}") for key in differing)
        yield [shortened(printable(name), NAME), *scores, " ".join(pairs)]
