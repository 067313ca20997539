"""Comparisons and sweeps as text or Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from statistics import fmean
from typing import NamedTuple

from tabulate import tabulate

from tagline.labels.entities import Entity
from tagline.metrics.significance import LEVEL, RESAMPLES, Difference, score_text, significance_test
from tagline.terminal import WIDTH, printable, shortened, wrapped
from tagline.tools.comparison.runs import SHOWN, Run, some
from tagline.tools.comparison.splits import Change, Compared, Comparison
from tagline.tools.comparison.sweeps import Setting, Sweep, Values, read_values, value_text

# What a first screen, or a comment before its folded parts, may take; and a row with p.
TYPES, TYPES_OF_COMMENT = 8, 4
LABEL, LABEL_OF_ALL = 21, 18
# Texts of entities that are examples of a kind of change.
EXAMPLES = 3
# Characters of a param's old and new value that are shown.
VALUES = 80


class Terminal:
    """Plain text."""

    table = "simple"
    strong = "{}"
    marked = "[{}]"
    excerpt = "  {}\n      {}"
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
    marked = "**{}**"
    excerpt = "- {}<br>{}"
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


class Judged(NamedTuple):
    """The cells of a difference."""

    difference: str
    interval: str
    p: str
    verdict: str

    @classmethod
    def of(cls, difference: Difference) -> Judged:
        return cls(
            _signed(difference.difference),
            f"{_signed(difference.low)} to {_signed(difference.high)}",
            "<0.001" if difference.p < 0.001 else f"{difference.p:.3f}",
            _direction(difference) or ("equal" if difference.low == difference.high == 0 else "unclear"),
        )


JUDGED = Judged("diff.", "95 % interval", "p", "verdict")


def _direction(difference: Difference) -> str:
    """Whether the new side is better or worse; empty if the difference is not significant."""
    if difference.verdict == "not significant":
        return ""
    return "better" if difference.difference > 0 else "worse"


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # + 0.0, since -0.000 would look like a difference


def render_comparison(comparison: Comparison, style: Terminal, most: int | None) -> str:
    """Render all of a comparison: headline, both sides, notes, scores, fixed and broken entities.

    Args:
        comparison: two sides.
        style: the markup.
        most: maximum number of fixed, and of broken, entities per split; None: all.
    """
    parts = [*_tables(comparison, style), *_all_excerpts(comparison, style, most)]
    return _joined(style, headline(comparison, style), _sides(comparison, style), comparison.notes, *parts)


def render_comment(comparison: Comparison, most: int | None) -> str:
    """Render a comparison for a reviewer: the scores of the last split and its largest changes, then the rest, folded.

    Args:
        comparison: two sides.
        most: maximum number of kinds of changes, and of fixed, and of broken, entities per split; None: all.
    """
    style = Markdown()
    last = comparison.splits[-1]
    rows = [_row("F1", last.overall["f1"])]
    for name in _clearest(last.per_type, TYPES_OF_COMMENT):
        rows.append(_row(style.safe(name), last.per_type[name]))
    tables = style.fold("All scores, and how they are tested", ["\n\n".join(_tables(comparison, style))])
    return _joined(
        style,
        headline(comparison, style),
        _sides(comparison, style),
        comparison.notes,
        _table(rows, (last.split, *HEADERS), style),
        "\n".join(_frequent(last, style, most)),
        tables,
        *_all_excerpts(comparison, style, most),
    )


def _sides(comparison: Comparison, style: Terminal) -> list[str]:
    """Name the runs of both sides, and the params that differ."""
    sides = [f"old: {_names(comparison.old, style)}", f"new: {_names(comparison.new, style)}"]
    return sides + [f"param {style.safe(text)}" for text in _differing_params(comparison)]


def _differing_params(comparison: Comparison) -> Iterator[str]:
    """The params that differ: ``train.seed: 1 → 2``; a section that a side does not have is one of them."""
    old = _params(comparison.old)
    new = _params(comparison.new)
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
    return [read_values(run.name, run.params) for run in runs if run.params is not None]


def _values(params: Sequence[Values], key: str) -> str:
    """The different values of a key; of a section, those of its keys."""
    texts = []
    for values in params:
        inside = [name for name in values if name.startswith(f"{key}.")]
        of_keys = [f"{name.removeprefix(f'{key}.')}: {value_text(values, name)}" for name in inside]
        texts.append(", ".join(of_keys) or value_text(values, key))
    return ", ".join(dict.fromkeys(texts))


def render_screen(comparison: Comparison, most: int) -> str:
    """Render what matters most on about 40 lines.

    Args:
        comparison: two sides.
        most: maximum number of kinds of changes.
    """
    style = Terminal()
    sides = []
    for side, runs in (("old", comparison.old), ("new", comparison.new)):
        sides.append(f"{side}: {some([style.safe(run.title) for run in runs])}")
    params = [f"param {style.safe(text)}" for text in _differing_params(comparison)]
    last = comparison.splits[-1]
    counted = [f"{last.split}: {_counted(last, direction)}" for direction in ("fixed", "broken")]
    return _joined(
        style,
        headline(comparison, style),
        [*sides, *_first(params)],
        _first(comparison.notes),
        _table(list(_screen_rows(comparison, style)), ("", *HEADERS), style),
        style.listed(counted),
        "\n".join(_frequent(last, style, most)),
        "--all: all scores, types and changes, and how significance is tested",
    )


def _first(texts: Sequence[str]) -> list[str]:
    """The first of some texts, and how many more there are."""
    more = len(texts) - SHOWN
    return [*texts[:SHOWN], f"and {more} more: --all"] if more > 0 else [*texts]


# Of a table without p, after the name of the score.
HEADERS = ("old", "new", JUDGED.difference, JUDGED.interval, JUDGED.verdict)


def _row(name: str, score: Difference) -> tuple[str, ...]:
    judged = Judged.of(score)
    old, new = (f"{fmean(runs):.3f}" for runs in (score.old, score.new))
    verdict = judged.verdict
    if verdict == "unclear" and score.low * score.high > 0:
        verdict = f"unclear, p {judged.p}"  # the interval, without 0, seems to be clear
    return name, old, new, judged.difference, judged.interval, verdict


def _screen_rows(comparison: Comparison, style: Terminal) -> Iterator[tuple[str, ...]]:
    """The F1 of each split; of the last one also other scores, and the F1 of types and parts with the smallest p."""
    *others, last = comparison.splits
    shown = {f"{split.split} F1": split.overall["f1"] for split in others}
    for name, score in last.overall.items():
        shown[f"{last.split} {name.replace('f1', 'F1')}"] = score
    details = last.per_type | last.parts
    for name in _clearest(details, TYPES):
        shown[f"- {name}"] = details[name]
    for name, score in shown.items():
        yield _row(style.fit(style.safe(name), LABEL), score)


def _clearest(scores: Mapping[str, Difference], most: int) -> list[str]:
    """Those with the smallest p, in their order."""
    smallest = sorted(scores, key=lambda name: scores[name].p)[:most]
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
    judged = Judged.of(f1)
    direction = _direction(f1)
    verdict = "the same predictions" if last.same else direction or "no clear difference"
    text = f"{fmean(f1.old):.3f} → {fmean(f1.new):.3f}, {verdict}"
    interval = judged.interval
    if direction:
        text += f" by {abs(f1.difference):.3f}"
        nearest, farthest = sorted((abs(f1.low), abs(f1.high)))
        interval = f"{nearest:.3f} to {farthest:.3f}"
    p = f"p {judged.p.replace('<', '< ')}"
    text = f"{last.split} F1 {style.strong.format(text)} ({interval}, {p})"
    return f"types differ: {text}" if last.types_differ else text


def _tables(comparison: Comparison, style: Terminal) -> list[str]:
    """All scores, a table per split, and what their columns mean."""
    tables = []
    for split in comparison.splits:
        scores = {name.replace("f1", "F1"): score for name, score in split.overall.items()}
        for name, score in (split.per_type | split.parts).items():
            scores[style.fit(style.safe(name), LABEL_OF_ALL)] = score
        rows = [
            (name, score_text(score.old), score_text(score.new), *Judged.of(score)) for name, score in scores.items()
        ]
        tables.append(_table(rows, (split.split, "old", "new", *JUDGED), style))
    legend = _legend(comparison.several, "for types and parts adjusted for their number (Holm)")
    return [*tables, style.listed(legend)]


def _all_excerpts(comparison: Comparison, style: Terminal, most: int | None) -> list[str]:
    return [text for split in comparison.splits for text in excerpts(split, style, most)]


def render_sweep(sweep: Sweep, style: Terminal) -> str:
    """Render a sweep: headline, the runs of each setting, notes, and one row per setting."""
    names = [f"{style.safe(setting.name)}: {_names(setting.runs, style)}" for setting in sweep.settings]
    headers = [*map(style.safe, sweep.keys), "runs", *(f"F1 of {split}" for split in sweep.splits), *JUDGED]
    rows = [_setting_row(sweep, setting, style) for setting in sweep.settings]
    legend = [
        f"best: highest mean F1 of {sweep.splits[0]}; diff.: F1 of {sweep.splits[-1]} minus that of the best",
        *_legend(sweep.several, "adjusted for the number of settings (Holm)"),
    ]
    table = _table(rows, headers, style, left=0)
    return _joined(style, sweep_headline(sweep, style), names, sweep.notes, table, style.listed(legend))


def sweep_headline(sweep: Sweep, style: Terminal) -> str:
    """Describe the best setting, and how many others differ from it, in one line."""
    split = sweep.splits[-1]
    verdicts = [setting.difference.verdict for setting in sweep.settings if setting.difference is not None]
    count = verdicts.count("significant")
    if len(verdicts) > 1:
        others = f"{count} of {len(verdicts)} other settings {'differs' if count == 1 else 'differ'} significantly"
    elif count:
        others = "the other setting differs significantly"
    else:
        others = "the other setting does not differ significantly"
    return f"best: {style.safe(sweep.best.name)} with F1 of {split} {score_text(sweep.best.f1[split])}; {others}"


def _setting_row(sweep: Sweep, setting: Setting, style: Terminal) -> list[str]:
    row = [style.safe(value_text(setting.values, key)) for key in sweep.keys]
    row.append(str(len(setting.runs)))
    row += [score_text(setting.f1[split]) for split in sweep.splits]
    row += Judged("", "", "", "best") if setting.difference is None else Judged.of(setting.difference)
    return row


def _joined(style: Terminal, head: str, sides: Sequence[str], notes: Sequence[str], *parts: str) -> str:
    noted = style.listed([f"note: {style.safe(note)}" for note in notes])
    paragraphs = [head, style.listed(sides), noted, *parts]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str], style: Terminal, left: int = 1) -> str:
    """Align the first columns, as many as ``left``, and the last one to the left, the others to the right."""
    aligned = ["left"] * left + ["right"] * (len(headers) - left - 1) + ["left"]
    header, *cells = [list(map(style.cell, row)) for row in (headers, *rows)]
    return tabulate(cells, header, tablefmt=style.table, disable_numparse=True, colalign=aligned)


def _legend(several: bool, adjusted: str) -> list[str]:
    """Explain the columns of a table of differences.

    Args:
        several: whether a side has several runs.
        adjusted: which p-values are adjusted, and how.
    """
    lines = [
        f"better, worse: p is below {LEVEL} and the interval excludes 0; else unclear",
        f"interval: paired bootstrap over {'sentences and runs' if several else 'sentences'}, {RESAMPLES:,} resamples",
        f"p: {significance_test(several)}; {adjusted}",
    ]
    if several:
        lines.append("±: standard deviation over runs")
    return lines


def _names(runs: Sequence[Run], style: Terminal) -> str:
    return ", ".join(style.safe(run.title) for run in runs)


# Words shown on each side of an entity.
CONTEXT = 15


def excerpts(split: Compared, style: Terminal, most: int | None) -> Iterator[str]:
    """Render the fixed entities, then the broken ones.

    Args:
        split: the comparison of a split.
        style: the markup.
        most: maximum number of each; None: all.
    """
    for direction in ("fixed", "broken"):
        changes = split.changed(direction)
        items = [_excerpt(change, split, style) for change in changes[:most]]
        if len(items) < len(changes):
            items.append(style.listed([f"{len(changes) - len(items)} more: --all"]))
        yield style.fold(f"{split.split}: {_counted(split, direction)}", items)


def _counted(split: Compared, direction: str) -> str:
    """Count the changes in one direction: ``1 entity fixed, 2 false positives fixed``."""
    changes = split.changed(direction)
    if split.kind == "tags":
        return f"{len(changes)} {'word' if len(changes) == 1 else 'words'} {direction}"
    false_positives = sum(change.false_positive for change in changes)
    entities = len(changes) - false_positives
    counted = f"{entities} {'entity' if entities == 1 else 'entities'} {direction}"
    noun = "false positive" if false_positives == 1 else "false positives"
    if direction == "fixed":
        return f"{counted}, {false_positives} {noun} fixed"
    return f"{counted}, {false_positives} new {noun}"


def _excerpt(change: Change, split: Compared, style: Terminal) -> str:
    sentence = split.sentences[change.sentence]
    words = sentence.words
    instead = ", ".join(_name(entity, words, style) for entity in change.instead)
    head = f"{style.safe(sentence.id)}  {_name(change.entity, words, style)}, {_what(change, instead)}"
    return style.excerpt.format(head, _sentence(change.entity, words, style))


def _what(change: Change, instead: str) -> str:
    """Describe a change, given what the wrong side predicts instead."""
    fixed = change.direction == "fixed"
    if change.false_positive:
        return "false positive fixed" if fixed else "new false positive"
    return f"{'before' if fixed else 'now'} {instead or 'nothing'}"


def _name(entity: Entity, words: Sequence[str], style: Terminal) -> str:
    return style.safe(f"{entity.type} {_text(words[entity.start : entity.end])}")


def _sentence(entity: Entity, words: Sequence[str], style: Terminal) -> str:
    first = max(0, entity.start - CONTEXT)
    last = entity.end + CONTEXT
    shown = [
        "..." if first > 0 else "",
        style.safe(_text(words[first : entity.start])),
        style.marked.format(style.safe(_text(words[entity.start : entity.end]))),
        style.safe(_text(words[entity.end : last])),
        "..." if last < len(words) else "",
    ]
    return " ".join(filter(None, shown))


def _text(words: Sequence[str]) -> str:
    return " ".join(map(printable, words))
