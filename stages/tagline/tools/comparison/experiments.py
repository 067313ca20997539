"""The last experiments as a table: scores, and the params in which each differs from the commit that it began with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from tagline.core.reading import parse_object, reading
from tagline.core.terminal import printable, shortened
from tagline.tools.comparison.revisions import last_experiments, read_small
from tagline.tools.comparison.runs import EVALUATE
from tagline.tools.comparison.sweeps import read_values, value_text

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
        with reading(f"{name}: {EVALUATE}", "evaluate", expected="a JSON object"):
            metrics = {} if content is None else parse_object(content)
        values = read_values(name, params)
        base = base or values
        differing = [key for key in {**base, **values} if base.get(key) != values.get(key)]
        scores = (str(metrics.get(score, "-")) for score in SCORES)
        pairs = (printable(f"{key}={value_text(values, key)}") for key in differing)
        yield [shortened(printable(name), NAME), *scores, " ".join(pairs)]
