"""A comparison as text or Markdown."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

from tabulate import tabulate

from tagline.comparison.runs import Run
from tagline.comparison.splits import Change, Compared, Comparison
from tagline.core.params import PARAMS, dotted, parse
from tagline.labels import Entity
from tagline.metrics.significance import LEVEL, RESAMPLES, Difference, score_text, significance_test
from tagline.terminal import WIDTH, printable, shortened, some, wrapped

Values: TypeAlias = dict[str, Any]
"""Values of params by dotted key, such as ``train.learning_rate``, in the order of the file."""

COLUMNS = ("old", "new", "diff.", "95 % interval", "p", "verdict")
# Types and parts of the first table, and characters of their names.
TYPES = 8
LABEL = 18
# Maximum number of lines of a kind.
SHOWN = 3
# Texts of entities that are examples of a kind of change.
EXAMPLES = 3
# Characters of a param's old and new value that are shown.
VALUES = 80


class Terminal:
    """Plain text."""

    table = "simple"
    strong = "{}"
    item = "  {}"

    def safe(self, text: str) -> str:
        """Escape text so that none of it is markup and all of it is visible."""
        return printable(text)

    def cell(self, text: str) -> str:
        """Escape what separates columns in a cell of a table."""
        return text

    def fit(self, text: str, width: int) -> str:
        """Shorten what must fit a terminal, which markup need not."""
        return shortened(text, width)

    def listed(self, lines: Sequence[str]) -> str:
        return wrapped("\n".join(lines))

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([title, *items])


class Markdown(Terminal):
    """Markdown of GitHub and GitLab."""

    table = "pipe"
    strong = "**{}**"
    item = "- {}"

    def safe(self, text: str) -> str:
        """Quote text as code, in which nothing is markup, a link, a mention (@name) or a reference (#1)."""
        if not text:
            return ""
        longest = max(map(len, re.findall("`+", text)), default=0)
        if not longest:
            return f"`{super().safe(text)}`"
        fence = "`" * (longest + 1)
        return f"{fence} {super().safe(text)} {fence}"

    def cell(self, text: str) -> str:
        """Escape it like an invisible character, since parsers disagree on what a backslash escapes."""
        return text.replace("|", r"\x7c")

    def fit(self, text: str, width: int) -> str:
        return text

    def listed(self, lines: Sequence[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([f"<details><summary>{title}</summary>", "", *items, "", "</details>"])


def _direction(difference: Difference) -> str:
    """Whether the new side is better or worse; empty if the difference is not significant."""
    if difference.verdict == "not significant":
        return ""
    return "better" if difference.difference > 0 else "worse"


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # + 0.0, since -0.000 would look like a difference


def render(comparison: Comparison, style: Terminal, most: int | None, whole: bool) -> str:
    """Render a comparison: what matters most on about 40 lines, and all of it on request, in Markdown folded.

    Args:
        comparison: two sides.
        style: the markup.
        most: maximum number of kinds of changes, and of fixed, and of broken, entities per split; None: all.
        whole: add all names, params, notes, scores, fixed and broken entities.
    """
    shown = None if whole else SHOWN
    last = comparison.splits[-1]
    counted = [f"{last.split}: {_counted(last, direction)}" for direction in ("fixed", "broken")]
    params = [f"param {style.safe(text)}" for text in _differing_params(comparison.old, comparison.new)]
    notes = _first([style.safe(note) for note in comparison.notes], shown)
    paragraphs = [
        headline(comparison, style),
        style.listed([*_sides(comparison, style, shown), *_first(params, shown)]),
        style.listed([f"note: {note}" for note in notes]),
        _table(_clearest_rows(comparison, style), "", style),
        style.listed(counted),
        "\n".join(_frequent(last, style, most)),
    ]
    if whole:
        paragraphs.append(style.fold("All scores, and how they are tested", _tables(comparison, style)))
        for split in comparison.splits:
            paragraphs += changed_entities(split, style, most)
    else:
        paragraphs.append("--all: all scores, types and changes, and how significance is tested")
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def render_metrics(old: Sequence[Run], new: Sequence[Run], style: Terminal, split: str | None) -> str:
    """Render the metrics, or those of a split, that all runs of two sides have; some of these have no predictions."""
    runs = [*old, *new]
    prefix = f"{split}." if split else ""
    rows = []
    for name in new[-1].metrics:
        is_shown = name.startswith(prefix)
        if is_shown and all(isinstance(run.metrics.get(name), int | float) for run in runs):
            before, after = (fmean(run.metrics[name] for run in side) for side in (old, new))
            rows.append([style.cell(style.safe(name)), f"{before:.3f}", f"{after:.3f}", _signed(after - before)])
    lines = [f"param {style.safe(text)}" for text in _differing_params(old, new)]
    lines += [f"note: {style.safe(note)}" for run in runs for note in run.notes]
    if len({run.tests for run in runs}) > 1:
        lines.append("note: test sets, or how they are read, differ in dvc.lock: the scores may be of other sentences")
    table = tabulate(rows, ("", *COLUMNS[:3]), tablefmt=style.table, disable_numparse=True)
    return f"{style.listed(lines)}\n\n{table}\n"


def _sides(comparison: Comparison, style: Terminal, most: int | None) -> Iterator[str]:
    """Name the runs of both sides; of several, with the standard deviation of F1."""
    f1 = comparison.headline
    for side, runs, scores in (("old", comparison.old, f1.old), ("new", comparison.new, f1.new)):
        names = some([style.safe(run.title) for run in runs], most)
        yield f"{side}: {names}" if len(runs) == 1 else f"{side}: {names} (F1 {score_text(scores)})"


def _differing_params(old_runs: Sequence[Run], new_runs: Sequence[Run]) -> Iterator[str]:
    """The params that differ: ``train.seed: 1 → 2``; a section that a side does not have is one of them."""
    old = _params(old_runs)
    new = _params(new_runs)
    if not old or not new:
        return
    keys = list(dict.fromkeys(chain(*old, *new)))
    sections = tuple(f"{key}." for key in keys)
    for key in keys:
        before = _values(old, key)
        after = _values(new, key)
        if key.startswith(sections) or before == after or {before, after} == {"null", "missing"}:
            continue  # of a section that is one line; equal; or the default of a key, which is null
        yield f"{key}: {shortened(f'{before} → {after}', VALUES)}"


def _params(runs: Sequence[Run]) -> list[Values]:
    params = []
    for run in runs:
        if run.params is not None:
            content = parse(run.params.decode("utf-8", "replace"), Path(f"{run.name}:{PARAMS}"))
            params.append(dict(dotted(content)))
    return params


def _values(params: Sequence[Values], key: str) -> str:
    """The different values of a key; of a section, those of its keys."""
    texts = []
    for values in params:
        inside = [name for name in values if name.startswith(f"{key}.")]
        of_keys = [f"{name.removeprefix(f'{key}.')}: {_value(values, name)}" for name in inside]
        texts.append(", ".join(of_keys) or _value(values, key))
    return ", ".join(dict.fromkeys(texts))


def _value(values: Values, key: str) -> str:
    """Format a value as in params.yaml; ``null`` if it is empty, ``missing`` if there is no such key."""
    value = values.get(key, "missing")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _first(texts: Sequence[str], most: int | None) -> list[str]:
    """The first of some texts, and how many more there are."""
    shown = [*texts[:most]]
    more = len(texts) - len(shown)
    return [*shown, f"and {more} more: --all"] if more else shown


def _row(name: str, score: Difference) -> list[str]:
    old, new = (f"{fmean(runs):.3f}" for runs in (score.old, score.new))
    verdict = _direction(score) or ("equal" if score.low == score.high == 0 else "unclear")
    return [name, old, new, _signed(score.difference), _interval(score), _p(score), verdict]


def _interval(score: Difference) -> str:
    return f"{_signed(score.low)} to {_signed(score.high)}"


def _p(score: Difference) -> str:
    return "<0.001" if score.p < 0.001 else f"{score.p:.3f}"


def _clearest_rows(comparison: Comparison, style: Terminal) -> list[list[str]]:
    """The F1 of each split; of the last one also other scores, and the F1 of types and parts with the smallest p."""
    *others, last = comparison.splits
    shown = {f"{split.split} F1": split.overall["f1"] for split in others}
    for name, score in last.overall.items():
        shown[f"{last.split} {name.replace('f1', 'F1')}"] = score
    details = last.per_type | last.parts
    for name in _clearest(details):
        shown[f"- {style.safe(name)}"] = details[name]
    return [_row(style.fit(name, LABEL), score) for name, score in shown.items()]


def _clearest(scores: Mapping[str, Difference]) -> list[str]:
    """Those with the smallest p, in their order."""
    smallest = sorted(scores, key=lambda name: scores[name].p)[:TYPES]
    return [name for name in scores if name in smallest]


def _frequent(split: Compared, style: Terminal, most: int | None) -> Iterator[str]:
    """The most frequent kinds of changes: ``56 x ORG, now PER: Kenya, Uganda``."""
    texts: dict[str, Counter[str]] = {}
    for change in split.changes:
        instead = " ".join(dict.fromkeys(style.safe(entity.type) for entity in change.instead))
        kind = f"{style.safe(change.entity.type)}, {_what(change, instead)}"
        words = split.sentences[change.sentence].words
        texts.setdefault(kind, Counter())[_text(words[change.entity.start : change.entity.end])] += 1
    largest = sorted(texts, key=lambda kind: -texts[kind].total())[:most]
    for kind in largest:
        examples = ", ".join(style.safe(text) for text, _ in texts[kind].most_common(EXAMPLES))
        yield style.fit(style.item.format(f"{texts[kind].total()} x {kind}: {examples}"), WIDTH)


def headline(comparison: Comparison, style: Terminal) -> str:
    """Describe the difference of F1 of the last split in one line."""
    f1 = comparison.headline
    last = comparison.splits[-1]
    direction = _direction(f1)
    verdict = "the same predictions" if last.same else direction or "no clear difference"
    text = f"{fmean(f1.old):.3f} → {fmean(f1.new):.3f}, {verdict}"
    interval = _interval(f1)
    if direction:
        text += f" by {abs(f1.difference):.3f}"
        nearest, farthest = sorted((abs(f1.low), abs(f1.high)))
        interval = f"{nearest:.3f} to {farthest:.3f}"
    p = f"p {_p(f1).replace('<', '< ')}"
    text = f"{last.split} F1 {style.strong.format(text)} ({interval}, {p})"
    return f"types differ: {text}" if last.types_differ else text


def _tables(comparison: Comparison, style: Terminal) -> list[str]:
    """All scores, a table per split, and what their columns mean."""
    tables = []
    for split in comparison.splits:
        rows = [_row(name.replace("f1", "F1"), score) for name, score in split.overall.items()]
        for name, score in (split.per_type | split.parts).items():
            rows.append(_row(style.fit(style.safe(name), LABEL), score))
        tables += [_table(rows, split.split, style), ""]
    resampled = "sentences and runs" if comparison.several else "sentences"
    test = significance_test(comparison.several)
    legend = [
        f"better, worse: p is below {LEVEL} and the interval excludes 0; else unclear",
        f"interval: paired bootstrap over {resampled}, {RESAMPLES:,} resamples",
        f"p: {test}; for types and parts adjusted for their number (Holm)",
    ]
    if comparison.several:
        legend.append("±: standard deviation over runs")
    return [*tables, style.listed(legend)]


def _table(rows: Sequence[Sequence[str]], title: str, style: Terminal) -> str:
    header, *cells = [list(map(style.cell, row)) for row in ((title, *COLUMNS), *rows)]
    aligned = ["left", *["right"] * (len(COLUMNS) - 1), "left"]
    return tabulate(cells, header, tablefmt=style.table, disable_numparse=True, colalign=aligned)


def changed_entities(split: Compared, style: Terminal, most: int | None) -> Iterator[str]:
    """List the fixed entities, then the broken ones, with the ids of their sentences.

    Args:
        split: the comparison of a split.
        style: the markup.
        most: maximum number of each; None: all.
    """
    for direction in ("fixed", "broken"):
        changes = split.changed(direction)
        items = [style.item.format(_entity(change, split, style)) for change in changes[:most]]
        if len(items) < len(changes):
            items.append(style.listed([f"{len(changes) - len(items)} more: --all"]))
        yield style.fold(f"{split.split}: {_counted(split, direction)}", items)


def _counted(split: Compared, direction: str) -> str:
    """Count the changes in one direction: ``1 entity fixed, 2 false positives fixed``."""
    changes = split.changed(direction)
    if split.sentences[0].kind == "tags":
        return f"{len(changes)} {'word' if len(changes) == 1 else 'words'} {direction}"
    false_positives = sum(change.false_positive for change in changes)
    entities = len(changes) - false_positives
    counted = f"{entities} {'entity' if entities == 1 else 'entities'} {direction}"
    noun = "false positive" if false_positives == 1 else "false positives"
    if direction == "fixed":
        return f"{counted}, {false_positives} {noun} fixed"
    return f"{counted}, {false_positives} new {noun}"


def _entity(change: Change, split: Compared, style: Terminal) -> str:
    sentence = split.sentences[change.sentence]
    words = sentence.words
    instead = ", ".join(_name(entity, words, style) for entity in change.instead)
    return f"{style.safe(sentence.id)}  {_name(change.entity, words, style)}, {_what(change, instead)}"


def _what(change: Change, instead: str) -> str:
    """Describe a change, given what the wrong side predicts instead."""
    fixed = change.direction == "fixed"
    if change.false_positive:
        return "false positive fixed" if fixed else "new false positive"
    return f"{'before' if fixed else 'now'} {instead or 'nothing'}"


def _name(entity: Entity, words: Sequence[str], style: Terminal) -> str:
    return style.safe(f"{entity.type} {_text(words[entity.start : entity.end])}")


def _text(words: Sequence[str]) -> str:
    return " ".join(map(printable, words))
