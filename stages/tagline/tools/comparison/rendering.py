"""A comparison as text or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from tabulate import tabulate

from tagline.tools.comparison.excerpts import excerpts
from tagline.tools.comparison.formatting import interval_text, legend, names_text, p_text, score_text, signed
from tagline.tools.comparison.splits import Compared, Comparison
from tagline.tools.comparison.styles import Terminal

_HEADERS = ("split", "score", "old", "new", "difference", "95 % interval", "p", "verdict")
_ALIGNED = ("left", "left", "right", "right", "right", "right", "right", "left")


def render(comparison: Comparison, style: Terminal, most: int | None) -> str:
    """Render a comparison: headline, both sides, notes, scores, fixed and broken entities.

    Args:
        comparison: two sides.
        style: the markup.
        most: maximum number of fixed, and of broken, entities per split; None: all.
    """
    rows = [row for split in comparison.splits for row in _rows(split, style)]
    several = len(comparison.old) + len(comparison.new) > 2
    parts = [
        style.heading(headline(comparison)),
        style.listed([f"old: {names_text(comparison.old, style)}", f"new: {names_text(comparison.new, style)}"]),
        style.listed([f"note: {style.safe(note)}" for note in comparison.notes]),
        tabulate(rows, _HEADERS, tablefmt=style.table, disable_numparse=True, colalign=_ALIGNED),
        style.listed(legend(several, "for types adjusted for their number (Holm)")),
        *(part for split in comparison.splits for part in excerpts(split, style, most)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def headline(comparison: Comparison) -> str:
    """Describe the difference of F1 of the last split in one line."""
    each = comparison.headline
    return (
        f"F1 of {comparison.splits[-1].split} from {fmean(each.old):.3f} to {fmean(each.new):.3f}, "
        f"{signed(each.difference)} ({interval_text(each)}, p {p_text(each.p)}): {each.verdict}"
    )


def _rows(split: Compared, style: Terminal) -> Iterator[tuple[str, ...]]:
    overall, per_type = split.differences.overall.items(), split.differences.per_type.items()
    for name, each in [*overall, *((f"f1 of {name}", each) for name, each in per_type)]:
        score = style.safe(name.replace("f1", "F1", 1))
        yield (
            *(split.split, score, score_text(each.old), score_text(each.new)),
            *(signed(each.difference), interval_text(each), p_text(each.p), each.verdict),
        )
