"""A comparison as text."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean

from tabulate import tabulate

from tagline.comparison.runs import Run
from tagline.comparison.splits import Change, Compared, Comparison
from tagline.metrics.significance import LEVEL, RESAMPLES, Difference, score_text, significance_test
from tagline.terminal import WIDTH, printable, shortened, some, wrapped

COLUMNS = ("old", "new", "diff.", "95 % interval", "p", "verdict")
# Types and parts of the first table, and characters of their names.
TYPES = 8
LABEL = 18
# Maximum number of notes with params, of runs per side, and of kinds of changes.
SHOWN = 5
# Texts of entities that are examples of a kind of change.
EXAMPLES = 3
# Characters of a param's old and new value that are shown.
VALUES = 80


def render(comparison: Comparison, is_whole: bool) -> str:
    """Render a comparison in 80 columns: what matters most on about 40 lines, or all of it."""
    shown = None if is_whole else SHOWN
    *others, last = comparison.splits
    notes = [f"note: {printable(note)}" for note in comparison.notes]
    notes += [f"param {text}" for text in _differing_params(comparison)]
    paragraphs = [headline(last), wrapped("\n".join([*_sides(comparison, shown), *_first(notes, shown)]))]
    if is_whole:
        for split in comparison.splits:
            paragraphs += [_table(split.split, _rows(split, None)), _counted(split), _changed_entities(split)]
        paragraphs.append(wrapped("\n".join(_legend(comparison.several))))
    else:
        rows = [_row(f"{split.split} F1", split.overall["f1"]) for split in others]
        paragraphs += [_table(last.split, [*rows, *_rows(last, TYPES)]), _counted(last), _frequent(last)]
        paragraphs.append("--all: all scores, types and changes, and how they are tested")
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def headline(split: Compared) -> str:
    _, old, new, _, interval, p, verdict = _row("", split.overall["f1"])
    return f"{split.split} F1 {old} → {new}, {verdict} ({interval}, p {p})"


def _sides(comparison: Comparison, most: int | None) -> Iterator[str]:
    f1 = comparison.headline
    for side, runs, scores in (("old", comparison.old, f1.old), ("new", comparison.new, f1.new)):
        names = some([_title(run) for run in runs], most)
        yield f"{side}: {names}" if len(runs) == 1 else f"{side}: {names} (F1 {score_text(scores)})"


def _title(run: Run) -> str:
    return printable(f"{run.name} ({run.commit[:7]})" if run.commit else run.name)


def _differing_params(comparison: Comparison) -> Iterator[str]:
    """Yield lines such as ``train.seed: 1 → 2``; runs of answers have no params."""
    sides = [[run for run in side if run.params] for side in (comparison.old, comparison.new)]
    if not all(sides):
        return
    for key in dict.fromkeys(key for side in sides for run in side for key in run.params):
        old, new = (_values(side, key) for side in sides)
        if old != new:
            yield printable(f"{key}: {shortened(f'{old} → {new}', VALUES)}")


def _values(runs: Sequence[Run], key: str) -> str:
    """The different values of a key; what a run leaves out is null."""
    texts = [json.dumps(run.params.get(key), ensure_ascii=False, default=str) for run in runs]
    return ", ".join(dict.fromkeys(texts))


def _first(texts: Sequence[str], most: int | None) -> list[str]:
    shown = [*texts[:most]]
    more = len(texts) - len(shown)
    return [*shown, f"and {more} more: --all"] if more else shown


def _rows(split: Compared, most: int | None) -> list[list[str]]:
    """The scores of a split, then of types and parts, the clearest first."""
    rows = [_row(name.replace("f1", "F1"), score) for name, score in split.overall.items()]
    details = split.per_type | split.parts
    for name in sorted(details, key=lambda name: details[name].p)[:most]:
        rows.append(_row(f"- {printable(name)}", details[name]))
    return rows


def _row(name: str, score: Difference) -> list[str]:
    verdict = "unclear"
    if score.verdict == "significant":
        verdict = "better" if score.difference > 0 else "worse"
    elif score.low == score.high == 0:
        verdict = "equal"
    return [
        shortened(name, LABEL),
        f"{fmean(score.old):.3f}",
        f"{fmean(score.new):.3f}",
        _signed(score.difference),
        f"{_signed(score.low)} to {_signed(score.high)}",
        "<0.001" if score.p < 0.001 else f"{score.p:.3f}",
        verdict,
    ]


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # + 0.0, since -0.000 would look like a difference


def _table(title: str, rows: list[list[str]]) -> str:
    alignment = ["left", *["right"] * (len(COLUMNS) - 1), "left"]
    return tabulate(rows, (title, *COLUMNS), disable_numparse=True, colalign=alignment)


def _legend(several: bool) -> Iterator[str]:
    yield f"better, worse: p is below {LEVEL} and the interval excludes 0; else unclear"
    yield f"interval: paired bootstrap over sentences{' and runs' if several else ''}, {RESAMPLES:,} resamples"
    yield f"p: {significance_test(several)}; for types and parts adjusted for their number (Holm)"


def _counted(split: Compared) -> str:
    counts = []
    for direction, changes in _directions(split):
        false_positives = sum(change.false_positive for change in changes)
        counts.append(f"{len(changes)} {direction} ({false_positives} false positives)")
    return f"{split.split}: {', '.join(counts)}"


def _frequent(split: Compared) -> str:
    """List changes, such as ``56 x ORG, now PER: Kenya, Uganda``."""
    texts = defaultdict[str, Counter[str]](Counter)
    for direction, changes in _directions(split):
        for change in changes:
            texts[_kind(change, direction)][_text(change)] += 1
    lines = []
    for kind in sorted(texts, key=lambda kind: -texts[kind].total())[:SHOWN]:
        examples = ", ".join(text for text, _ in texts[kind].most_common(EXAMPLES))
        lines.append(shortened(f"  {texts[kind].total()} x {kind}: {examples}", WIDTH))
    return "\n".join(lines)


def _changed_entities(split: Compared) -> str:
    """List all changes by sentence id: ``17  ORG, now PER: Kenya``."""
    lines = []
    for direction, changes in _directions(split):
        for change in changes:
            lines.append(f"  {printable(change.sentence.id)}  {_kind(change, direction)}: {_text(change)}")
    return "\n".join(lines)


def _directions(split: Compared) -> tuple[tuple[str, list[Change]], ...]:
    return ("fixed", split.fixed), ("broken", split.broken)


def _kind(change: Change, direction: str) -> str:
    type_ = printable(change.entity.type)
    if change.false_positive:
        return f"{type_}, {'false positive fixed' if direction == 'fixed' else 'new false positive'}"
    instead = " ".join(dict.fromkeys(printable(entity.type) for entity in change.instead))
    return f"{type_}, {'before' if direction == 'fixed' else 'now'} {instead or 'nothing'}"


def _text(change: Change) -> str:
    return " ".join(map(printable, change.sentence.words[change.entity.start : change.entity.end]))
