"""The last DVC experiments as a table: their scores, and in which params they differ."""

from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from tagline.terminal import printable, shortened
from tagline.tools.comparison.revisions import last_experiments, read_small
from tagline.tools.comparison.runs import parse_metrics
from tagline.tools.comparison.sweeps import read_values, value_text

SCORES = {"test.f1": "test F1", "validation.f1": "validation F1"}
HEADERS = ("experiment", *SCORES.values(), "differs in")
# Characters of a name that are shown, and of the widest name and the differences together: the rest of 80 columns.
NAME = 20
NAME_AND_DIFFERENCES = 50


def table(pattern: str, folder: Path | None = None) -> str:
    """Lay out the experiments of the last commit that has any, below that commit, in 80 columns.

    Args:
        pattern: of their names, such as ``lr-*``.
        folder: see `tagline.tools.comparison.revisions.read`.

    Raises:
        UserError: there are none, or a file in one of them is damaged.
    """
    last = last_experiments(pattern, folder)
    rows = list(_rows({last.baseline[:7]: last.baseline, **last.commits}, folder))
    widest_name = max(12, *(len(name) for name, *_ in rows))  # 12 for the header
    widths = [None] * (len(HEADERS) - 1) + [NAME_AND_DIFFERENCES - widest_name]
    content = tabulate(rows, HEADERS, disable_numparse=True, maxcolwidths=widths)
    return "\n\n".join([content, *last.notes]) + "\n"


def _rows(commits: dict[str, str], folder: Path | None) -> Iterator[list[str]]:
    """The name, scores and differing params of each commit; the first one is what the others are compared with."""
    base = None
    for name, (content, params) in zip(commits, read_small(commits.values(), folder), strict=True):
        metrics = parse_metrics(name, content)
        values = read_values(name, params)
        base = base or values
        row = [shortened(printable(name), NAME)]
        row += [str(metrics.get(score, "-")) for score in SCORES]
        differing = [key for key in {**base, **values} if base.get(key) != values.get(key)]
        row.append(" ".join(printable(f"{key}={value_text(values, key)}") for key in differing))
        yield row
