"""Comparisons and sweeps as text or Markdown."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean

from tabulate import tabulate

from tagline.labels.entities import Entity
from tagline.metrics.significance import LEVEL, RESAMPLES, Difference, score_text, significance_test
from tagline.terminal.escaping import printable, shortened
from tagline.tools.comparison.runs import SHOWN, Run, some
from tagline.tools.comparison.splits import Change, Compared, Comparison
from tagline.tools.comparison.sweeps import Setting, Sweep, read_values, value_text

# What a first screen may take.
COLUMNS = 100
TYPES = 8
LABEL = 21
# Characters of a param's old and new value that are shown.
VALUES = 80


class Terminal:
    """Plain text."""

    table = "simple"
    heading, marked, excerpt = "{}", "[{}]", "  {}\n      {}"

    def safe(self, text: str) -> str:
        """Escape text so that none of it is markup and all of it is visible."""
        return printable(text)

    def listed(self, lines: Sequence[str]) -> str:
        return "\n".join(textwrap.fill(line, COLUMNS, subsequent_indent="  ", break_on_hyphens=False) for line in lines)

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([title, *items])


class Markdown(Terminal):
    """Markdown of GitHub and GitLab."""

    table = "pipe"
    heading, marked, excerpt = "### {}", "**{}**", "- {}<br>{}"

    def safe(self, text: str) -> str:
        """Quote text as code, in which nothing is markup, a link, a mention (@name) or a reference (#1)."""
        fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        space = " " * (len(fence) > 1)
        return text and f"{fence}{space}{super().safe(text)}{space}{fence}"

    def listed(self, lines: Sequence[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)

    def fold(self, title: str, items: Sequence[str]) -> str:
        return "\n".join([f"<details><summary>{title}</summary>", "", *items, "", "</details>"])


_JUDGED = ("difference", "95 % interval", "p", "verdict")


def render_comparison(comparison: Comparison, style: Terminal, most: int | None) -> str:
    """Render a comparison: headline, both sides, notes, scores, fixed and broken entities.

    Args:
        comparison: two sides.
        style: the markup.
        most: maximum number of fixed, and of broken, entities per split; None: all.
    """
    rows = [row for split in comparison.splits for row in _score_rows(split, style)]
    sides = [f"old: {_names(comparison.old, style)}", f"new: {_names(comparison.new, style)}"]
    sides += [f"param {style.safe(text)}" for text in _differing_params(comparison)]
    table = _table(rows, ("split", "score", "old", "new", *_JUDGED), style, left=2)
    legend = style.listed(_legend(comparison.several, "for types and parts adjusted for their number (Holm)"))
    changes = (part for split in comparison.splits for part in excerpts(split, style, most))
    return _joined(style, headline(comparison), sides, comparison.notes, table, legend, *changes)


def _differing_params(comparison: Comparison) -> Iterator[str]:
    """The params that differ between the sides: ``train.seed: 1 → 2``."""
    both = (comparison.old, comparison.new)
    sides = [[read_values(run.name, run.params) for run in side if run.params is not None] for side in both]
    for key in dict.fromkeys(key for side in sides for values in side for key in values) if all(sides) else ():
        old, new = (", ".join(dict.fromkeys(value_text(values, key) for values in side)) for side in sides)
        if old != new:
            yield f"{key}: {shortened(f'{old} → {new}', VALUES)}"


def render_screen(comparison: Comparison, most: int) -> str:
    """Render what matters most on about 40 lines of 100 columns.

    Args:
        comparison: two sides.
        most: maximum number of kinds of changes.
    """
    style, last = Terminal(), comparison.splits[-1]
    sides = {"old": comparison.old, "new": comparison.new}
    shown = [f"{side}: {some([style.safe(run.title) for run in runs])}" for side, runs in sides.items()]
    notes = comparison.notes[:SHOWN]
    if more := len(comparison.notes) - len(notes):
        notes.append(f"and {more} more: --all")
    columns = ("", "old", "new", *_JUDGED[:2], "verdict")
    table = _table(list(_screen_rows(comparison, style)), columns, style, left=1)
    counted = style.listed([f"{last.split}: {'; '.join(_counted(last, each) for each in ('fixed', 'broken'))}"])
    frequent = "\n".join(_frequent(last, style, most))
    hint = "--all: all scores, types and changes, and how significance is tested"
    return _joined(style, headline(comparison), shown, notes, table, counted, frequent, hint)


def _screen_rows(comparison: Comparison, style: Terminal) -> Iterator[tuple[str, ...]]:
    """The F1 of each split; of the last one also other scores, and the F1 of types and parts with the smallest p."""
    *others, last = comparison.splits
    scores = last.per_type | last.parts
    chosen = sorted(scores, key=lambda name: scores[name].p)[:TYPES]
    shown = {f"{split.split} F1": split.overall["f1"] for split in others}
    shown |= {f"{last.split} {name.replace('f1', 'F1')}": each for name, each in last.overall.items()}
    shown |= {f"- {name}": each for name, each in scores.items() if name in chosen}
    for name, each in shown.items():
        label, (difference, interval, _, verdict) = shortened(style.safe(name), LABEL), _judged(each)
        yield label, score_text(each.old), score_text(each.new), difference, interval, verdict


def _frequent(split: Compared, style: Terminal, most: int) -> Iterator[str]:
    """The most frequent kinds of changes, each with its first example."""

    def kind(change: Change) -> str:
        instead = " ".join(dict.fromkeys(style.safe(other.type) for other in change.instead))
        return f"{style.safe(change.entity.type)}, {_what(change, instead)}"

    kinds = Counter(map(kind, split.changes))
    for name, count in kinds.most_common(most):
        change = next(change for change in split.changes if kind(change) == name)
        words = split.sentences[change.sentence].words
        yield shortened(f"  {count}x {name}: {_sentence(change.entity, words, style, 3)}", COLUMNS)


def headline(comparison: Comparison) -> str:
    """Describe the difference of F1 of the last split in one line."""
    each, last = comparison.headline, comparison.splits[-1]
    difference, interval, p, verdict = _judged(each)
    scores = f"F1 of {last.split} from {fmean(each.old):.3f} to {fmean(each.new):.3f}"
    return f"{'types differ: ' * last.types_differ}{scores}, {difference} ({interval}, p {p}): {verdict}"


def _score_rows(split: Compared, style: Terminal) -> Iterator[tuple[str, ...]]:
    overall = {name.replace("f1", "F1"): each for name, each in split.overall.items()}
    parts = {f"F1 of {style.safe(name)}": each for name, each in (split.per_type | split.parts).items()}
    for score, each in (overall | parts).items():
        yield split.split, score, score_text(each.old), score_text(each.new), *_judged(each)


def render_sweep(sweep: Sweep, style: Terminal) -> str:
    """Render a sweep: headline, the runs of each setting, notes, and one row per setting."""
    first, last = sweep.splits[0], sweep.splits[-1]
    best = f"best: highest mean F1 of {first}; difference: F1 of {last} minus that of the best"
    headers = (*map(style.safe, sweep.keys), "runs", *(f"F1 of {split}" for split in sweep.splits), *_JUDGED)
    names = [f"{style.safe(setting.name)}: {_names(setting.runs, style)}" for setting in sweep.settings]
    table = _table([_setting_row(sweep, setting, style) for setting in sweep.settings], headers, style, left=0)
    legend = style.listed([best, *_legend(sweep.several, "adjusted for the number of settings (Holm)")])
    return _joined(style, sweep_headline(sweep, style), names, sweep.notes, table, legend)


def sweep_headline(sweep: Sweep, style: Terminal) -> str:
    """Describe the best setting, and how many others differ from it, in one line."""
    best, split = sweep.best, sweep.splits[-1]
    verdicts = [setting.difference.verdict for setting in sweep.settings if setting.difference is not None]
    count = verdicts.count("significant")
    others = f"{count} of {len(verdicts)} other settings differ{'s' * (count == 1)} significantly"
    if len(verdicts) == 1:
        others = f"the other setting {'differs' if count else 'does not differ'} significantly"
    return f"best: {style.safe(best.name)} with F1 of {split} {score_text(best.f1[split])}; {others}"


def _setting_row(sweep: Sweep, setting: Setting, style: Terminal) -> tuple[str, ...]:
    values = (style.safe(value_text(setting.values, key)) for key in sweep.keys)
    scores = (score_text(setting.f1[split]) for split in sweep.splits)
    judged = ("", "", "", "best") if setting.difference is None else _judged(setting.difference)
    return *values, str(len(setting.runs)), *scores, *judged


def _joined(style: Terminal, head: str, sides: Sequence[str], notes: Sequence[str], *parts: str) -> str:
    noted = style.listed([f"note: {style.safe(note)}" for note in notes])
    whole = [style.heading.format(head), style.listed(sides), noted, *parts]
    return "\n\n".join(filter(None, whole)) + "\n"


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str], style: Terminal, left: int) -> str:
    """Align the first columns, as many as ``left``, and the last one to the left, the others to the right."""
    aligned = ["left"] * left + ["right"] * (len(headers) - left - 1) + ["left"]
    if style.table == "pipe":  # escaped like an invisible character, since parsers disagree on what a backslash escapes
        headers, *rows = [[cell.replace("|", r"\x7c") for cell in row] for row in (headers, *rows)]
    return tabulate(rows, headers, tablefmt=style.table, disable_numparse=True, colalign=aligned)


def _legend(several: bool, adjusted: str) -> list[str]:
    """Explain the columns of a table of differences.

    Args:
        several: whether a side has several runs.
        adjusted: which p-values are adjusted, and how.
    """
    return [
        f"significant: p is below {LEVEL} and the interval excludes 0",
        f"interval: paired bootstrap over {'sentences and runs' if several else 'sentences'}, {RESAMPLES:,} resamples",
        f"p: {significance_test(several)}; {adjusted}",
        *(["±: standard deviation over runs"] if several else []),
    ]


def _names(runs: Sequence[Run], style: Terminal) -> str:
    return ", ".join(style.safe(run.title) for run in runs)


def _judged(each: Difference) -> tuple[str, str, str, str]:
    """Format the cells of `_JUDGED`: the difference, its interval, p and verdict."""
    # + 0.0, since -0.000 would look like a difference
    difference, low, high = (f"{round(value, 3) + 0.0:+.3f}" for value in (each.difference, each.low, each.high))
    return difference, f"{low} to {high}", "<0.001" if each.p < 0.001 else f"{each.p:.3f}", each.verdict


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
        return f"{len(changes)} word{'s' * (len(changes) != 1)} {direction}"
    false_positives = sum(change.false_positive for change in changes)
    entities = len(changes) - false_positives
    counted = f"{entities} {'entity' if entities == 1 else 'entities'} {direction}, {false_positives}"
    noun = f"false positive{'s' * (false_positives != 1)}"
    return f"{counted} {noun} fixed" if direction == "fixed" else f"{counted} new {noun}"


def _excerpt(change: Change, split: Compared, style: Terminal) -> str:
    sentence = split.sentences[change.sentence]
    words = sentence.words
    what = _what(change, ", ".join(_name(other, words, style) for other in change.instead))
    head = f"{style.safe(sentence.id)}  {_name(change.entity, words, style)}, {what}"
    return style.excerpt.format(head, _sentence(change.entity, words, style))


def _what(change: Change, instead: str) -> str:
    """Describe a change, given what the wrong side predicts instead."""
    if change.false_positive:
        return "false positive fixed" if change.direction == "fixed" else "new false positive"
    return f"{'before' if change.direction == 'fixed' else 'now'}: {instead or 'nothing'}"


def _name(entity: Entity, words: Sequence[str], style: Terminal) -> str:
    return style.safe(f"{entity.type} {_text(words[entity.start : entity.end])}")


def _sentence(entity: Entity, words: Sequence[str], style: Terminal, context: int = CONTEXT) -> str:
    first, last = max(0, entity.start - context), entity.end + context
    parts = words[first : entity.start], words[entity.start : entity.end], words[entity.end : last]
    before, inside, after = (style.safe(_text(part)) for part in parts)
    shown = [before, style.marked.format(inside), after]
    return " ".join(filter(None, ["..." * (first > 0), *shown, "..." * (last < len(words))]))


def _text(words: Sequence[str]) -> str:
    return " ".join(map(printable, words))
