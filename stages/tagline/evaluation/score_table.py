"""Score table: reports/evaluate.json laid out for a terminal."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tabulate import tabulate

from tagline.core.outputs import read_json
from tagline.core.reading import committed, parse_object, reading
from tagline.evaluation.altered_forms import FORMS
from tagline.evaluation.operating_point import by_split, measure_of
from tagline.terminal.escaping import printable

HEADERS = ("split", "type", "precision", "recall", "F1", "95 % of F1", "accuracy", "number")


def score_table(metrics: dict[str, Any]) -> str:
    """Lay out the scores of each split: one row per type, the overall row last."""
    rows = []
    for split, scores in metrics.items():
        intervals = scores["intervals"]
        types = [(name, numbers, intervals["per_type"][name]) for name, numbers in scores["per_type"].items()]
        for name, numbers, interval in [*types, ("overall", scores["overall"], intervals["overall"])]:
            ratios = [numbers["precision"], numbers["recall"], numbers["f1"]]
            f1_interval = "{low:.3f}-{high:.3f}".format(**interval["f1"])
            names = [printable(split), printable(name)]
            rows.append([*names, *ratios, f1_interval, numbers.get("accuracy", ""), numbers["number"]])
    table = tabulate(rows, HEADERS, tablefmt="simple", floatfmt=".3f")
    notes = [*_not_scored(metrics), *_altered(metrics), *_not_calibrated(metrics)]
    return "\n\n".join([table, *notes, *_operating_point(metrics), *_acceptance(metrics)])


def _not_scored(metrics: dict[str, Any]) -> Iterator[str]:
    """Say what of each split is not scored, since gold labels are unknown."""
    for split, scores in metrics.items():
        if numbers := scores.get("unknown"):
            yield (
                f"{printable(split)}: not scored: {numbers['words']:,} of {scores['words']:,} words, whose gold label "
                f"is unknown or known in part; {numbers['gold_entities']:,} gold entities and "
                f"{numbers['predicted_entities']:,} predicted ones that it does not decide"
            )


def _not_calibrated(metrics: dict[str, Any]) -> Iterator[str]:
    """Say why scores are not calibrated, if they are not."""
    if reason := metrics.get("validation", {}).get("calibration", {}).get("not_fitted"):
        yield f"validation: scores are not calibrated; it has {reason}"


def _altered(metrics: dict[str, Any]) -> Iterator[str]:
    """Say the F1 of each altered form, and which forms do not differ from the text."""
    for split, scores in metrics.items():
        if (forms := scores.get("altered")) is None:
            continue
        of_forms = (f"{name} {{f1:.3f}} ({{low:.3f}}-{{high:.3f}})".format(**each) for name, each in forms.items())
        if forms:
            yield f"{printable(split)} in altered forms, F1: {', '.join(of_forms)}"
        if same := [name for name in FORMS if name not in forms]:
            yield f"{printable(split)}: not scored in {', '.join(same)}: no word changes"


def _operating_point(metrics: dict[str, Any]) -> Iterator[str]:
    """Lay out what the types of the operating point reach, if there is one; say which targets are not reached."""
    points = by_split(metrics)
    if not points:
        return
    rows = [
        [printable(name), f"{measure_of(point)} >= {point['target']:g}", f"{point['bias']:+g}"]
        + ["{value:.3f} ({low:.3f}-{high:.3f})".format(**points[split][name]) for split in points]
        for name, point in points["validation"].items()
    ]
    yield tabulate(rows, ("type", "target", "bias", *points), tablefmt="simple", disable_numparse=True)
    for name, point in points["validation"].items():
        where = f"evaluate.operating_point.{point['measure']}: "
        if "promise" in point:
            yield f"{where}{printable(point['promise']['statement'])}"
            continue
        if metrics["validation"]["per_type"].get(name, {"number": 0})["number"] == 0:
            yield f"{where}validation does not have {printable(name)}; expected some; annotate it, or remove the target"
            continue
        if "highest_on_validation" in point:
            reason = f"at most {point['highest_on_validation']:.3f} with any bias, so it gets none"
        elif not point["reached"]:
            reason = f"{point['value']:.3f} with the targets of the other types"
        else:
            continue
        yield (
            f"{where}{printable(name)} does not reach {point['target']:g} on validation, but {reason}; lower the "
            "target or improve the model"
        )


def _acceptance(metrics: dict[str, Any]) -> Iterator[str]:
    """Lay out the share of entities with at least some scores and their precision, for each promised precision."""
    points = by_split(metrics, "accept")
    for name, of_name in points.get("validation", {}).items():
        curves = zip(*(of_split[name]["curve"] for of_split in points.values()), strict=True)
        rows = [
            [f"{score:.6g}{' *' * (score == of_name.get('score'))}"]
            + [f"{each['share']:.1%} ({each['precision']:.3f})" if "precision" in each else "none" for each in at_score]
            for at_score in curves
            for score in {each["score"] for each in at_score}
        ]
        headers = (f"score of {printable(name)}", *(f"{split}, share (precision)" for split in points))
        yield tabulate(rows, headers, tablefmt="simple", disable_numparse=True)
        yield f"evaluate.accept: {printable(of_name['statement'])}"


def score_line(path: Path, per_type: Path) -> str:
    """Say the F1 of metrics/evaluate.json, and how it differs from Git's last commit, unless its test set was another.

    Args:
        path: metrics/evaluate.json.
        per_type: plots/per_type.csv, in which test sets have their numbers of gold entities.
    """
    now, content, table = read_json(path, "evaluate"), committed(path), committed(per_type)
    another = table is not None and _gold(table) != _gold(per_type.read_bytes())
    try:
        before = {} if another else parse_object(content or b"{}")
    except ValueError:  # of a version that did not write it
        before = {}

    def said(split: str, since: str) -> str:
        f1, old = now[f"{split}.f1"], before.get(f"{split}.f1")
        return f"{split} {f1:.4f}" + (f" ({f1 - old:+.4f}{since})" if isinstance(old, float | int) else "")

    line = f"F1 of {said('test', ' since the last commit')}, of {said('validation', '')}"
    return line + (" (no difference: the last commit has another test set)" if another else "")


def _gold(table: bytes) -> dict[str | None, str | None]:
    """The number of gold entities of each type that has any, of a plots/per_type.csv."""
    rows = csv.DictReader(io.StringIO(table.decode("utf-8", "replace"), newline=""))
    return {row.get("type"): row.get("number") for row in rows if row.get("number") != "0"}


def score_table_of(path: Path) -> str:
    """Lay out reports/evaluate.json.

    Raises:
        UserError: the file is missing, or another version of the project wrote it.
    """
    with reading(path, "evaluate", expected="scores as this version writes them"):
        return score_table(read_json(path, "evaluate"))
