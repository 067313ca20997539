"""A sweep as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from tagline.tools.comparison.bootstrap import RESAMPLES
from tagline.tools.comparison.differences import LEVEL, SEED, Verdict
from tagline.tools.comparison.formatting import (
    interval_text,
    legend,
    names_text,
    p_text,
    score_text,
    signed,
    significance_test,
)
from tagline.tools.comparison.param_values import value_text
from tagline.tools.comparison.record import difference_record, run_record, scores_record
from tagline.tools.comparison.styles import Terminal
from tagline.tools.comparison.sweeps import Setting, Sweep


def render_sweep(sweep: Sweep, style: Terminal) -> str:
    """Render a sweep: headline, the runs of each setting, notes, and one row per setting."""
    scores = [f"F1 of {split}" for split in sweep.splits]
    headers = [*map(style.safe, sweep.keys), "runs", *scores, "difference", "95 % interval", "p", "verdict"]
    aligned = ["right"] * (len(headers) - 1) + ["left"]
    parts = [
        style.heading(sweep_headline(sweep)),
        style.listed([f"{style.safe(setting.name)}: {names_text(setting.runs, style)}" for setting in sweep.settings]),
        style.listed([f"note: {style.safe(note)}" for note in sweep.notes]),
        tabulate(
            [_row(sweep, setting, style) for setting in sweep.settings],
            headers,
            tablefmt=style.table,
            disable_numparse=True,
            colalign=aligned,
        ),
        style.listed(_legend(sweep)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def sweep_headline(sweep: Sweep) -> str:
    """Describe the best setting, and how many others differ from it, in one line."""
    best, split = sweep.best, sweep.splits[-1]
    verdicts = [setting.difference.verdict for setting in sweep.settings if setting.difference is not None]
    return f"best: {best.name} with F1 of {split} {score_text(best.f1[split])}; {_others(verdicts)}"


def _others(verdicts: Sequence[Verdict]) -> str:
    count = verdicts.count("significant")
    if len(verdicts) == 1:
        return f"the other setting {'differs' if count else 'does not differ'} significantly"
    return f"{count} of {len(verdicts)} other settings differ{'s' * (count == 1)} significantly"


def sweep_record(sweep: Sweep) -> dict[str, Any]:
    """Convert a sweep to plain values, without NaN.

    Returns:
        ``{"by": [key], "best": {key: value}, "rule": {...}, "notes": [...], "settings": [{"values": {key: value},
        "runs": [{"revision", "commit"}], "f1": {split: {"mean", "sd", "runs"}}, "difference": {"difference", "low",
        "high", "p", "verdict"}}]}``, in which the difference of the best setting is null
    """
    return {
        "by": sweep.keys,
        "best": sweep.best.values,
        "rule": {
            "level": LEVEL,
            "best": f"F1 of {sweep.splits[0]}",
            "difference": f"F1 of {sweep.splits[-1]}",
            "p": f"{significance_test(_several(sweep))}, adjusted by Holm",
            "resamples": RESAMPLES,
            "seed": SEED,
        },
        "notes": sweep.notes,
        "settings": [
            {
                "values": setting.values,
                "runs": [run_record(run) for run in setting.runs],
                "f1": {split: scores_record(values) for split, values in setting.f1.items()},
                "difference": None if setting.difference is None else difference_record(setting.difference),
            }
            for setting in sweep.settings
        ],
    }


def _row(sweep: Sweep, setting: Setting, style: Terminal) -> list[str]:
    each = setting.difference
    judged = ["", "", "", "best"] if each is None else [signed(each.difference), interval_text(each), p_text(each.p)]
    return [
        *(style.safe(value_text(setting.values, key)) for key in sweep.keys),
        str(len(setting.runs)),
        *(score_text(setting.f1[split]) for split in sweep.splits),
        *judged,
        *([] if each is None else [each.verdict]),
    ]


def _several(sweep: Sweep) -> bool:
    return any(len(setting.runs) > 1 for setting in sweep.settings)


def _legend(sweep: Sweep) -> list[str]:
    return [
        f"best: highest mean F1 of {sweep.splits[0]}; difference: F1 of {sweep.splits[-1]} minus that of the best",
        *legend(_several(sweep), "adjusted for the number of settings (Holm)"),
    ]
