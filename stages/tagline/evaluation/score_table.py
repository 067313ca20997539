"""Score table: reports/evaluate.json laid out for a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

from tagline.core import FEW_ENTITIES, FEW_OF_TEST, FURTHER, read_json, reading
from tagline.evaluation.measurement import Entries, Metrics
from tagline.evaluation.measurements.order import NOTES
from tagline.evaluation.splits import TEST, VALIDATION
from tagline.metrics.columns import SCORES_OF_TYPES
from tagline.metrics.doubts import doubts, unit
from tagline.terminal import printable, shortened, wrapped

# Characters of a type's name, so that a row fits a terminal.
NAME = 21


def score_table(metrics: Metrics) -> str:
    return wrapped("\n\n".join([*score_tables(metrics), *score_notes(metrics)]))


def score_tables(metrics: Metrics) -> list[str]:
    """Lay out a table per split, one row per type, the overall row last, and one of further test sets."""
    parts = []
    further = []
    for split, entries in metrics.items():
        if split.startswith(FURTHER):
            further.append(_row(split, entries["overall"], entries["intervals"]["overall"]))
        else:
            parts.append(_table(split, entries))
    if further:
        parts.append(_laid_out("further test sets", further, unit(entries)))
    return parts


def score_notes(metrics: Metrics) -> list[str]:
    """What measurements note, and which scores are of few entities or chose the epoch."""
    parts: list[str] = []
    for notes in NOTES:
        parts += notes(metrics)
    for split, entries in metrics.items():
        name = printable(split)
        parts += [f"{name}: {line}" for line in doubts(entries)]
        number = entries["overall"]["number"]
        if split == TEST and FEW_ENTITIES <= number < FEW_OF_TEST:
            parts.append(
                f"{name}: F1 {entries['overall']['f1']:.3f} is of {number} {unit(entries)}; with fewer than about "
                f"{FEW_OF_TEST}, it shows little; `tagline crossval` scores all sentences"
            )
        if split == VALIDATION and TEST not in metrics and number >= FEW_ENTITIES:
            parts.append(
                "there is no test split: scores are of validation, which chose the epoch, so they are too high"
            )
    return parts


def _table(split: str, entries: Entries) -> str:
    of_types = entries["intervals"]["per_type"]
    rows = [_row(name, scores, of_types[name]) for name, scores in entries["per_type"].items()]
    rows.append(_row("overall", entries["overall"], entries["intervals"]["overall"]))
    return _laid_out(split, rows, unit(entries))


def _laid_out(title: str, rows: Sequence[Sequence[str]], unit: str) -> str:
    headers = [printable(title)]
    for column in SCORES_OF_TYPES:
        headers.append(column.title)
        if column.has_interval:
            headers.append("95 % interval")
    headers.append(unit)
    aligned = ["left"] + ["right"] * (len(headers) - 1)
    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True, colalign=aligned)


def _row(name: str, scores: Mapping[str, float], intervals: Mapping[str, Mapping[str, float]]) -> list[str]:
    cells = [shortened(printable(name), NAME)]
    for column in SCORES_OF_TYPES:
        cells.append(f"{scores[column.key]:.3f}")
        if column.has_interval:
            ends = intervals[column.key]
            cells.append(f"{ends['low']:.3f}-{ends['high']:.3f}")
    return [*cells, f"{scores['number']:,}"]


def read_scores(path: Path, made_by: str = "evaluate") -> tuple[Metrics, list[str], list[str]]:
    """Read a file such as reports/evaluate.json, with its `score_tables` and `score_notes`.

    Raises:
        UserError: the file is missing, or another version of the project wrote it.
    """
    with reading(path, made_by, expected="scores as this version writes them"):
        metrics = read_json(path, made_by)
        return metrics, score_tables(metrics), score_notes(metrics)
