"""The page: everything that the report shows, given to its template."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tagline.artifacts.learning_curves import Rows
from tagline.metrics.evaluation import ScoredSplit
from tagline.metrics.run import Evaluation
from tagline.report import charts, curves, scores, sentences, tables
from tagline.report.outcomes import worst_first
from tagline.report.sentences import Sentence

# Sentences of a split that are shown at most: a browser stays quick with them.
SENTENCES = 500
# The split of the pictures that show one only, as in plots/.
PICTURED = "test"

KINDS = {
    "missed": "a gold entity that was not predicted",
    "spurious": "a predicted entity that is not in gold",
    "type_error": "the words agree, the types do not",
    "boundary_error": "the types agree, and of the words only some",
}
_FOLDER = Path(__file__).parent


def render(evaluation: Evaluation, losses: Rows, epochs: Rows) -> str:
    """Render the page as self-contained HTML, which loads no other file and needs no network.

    The template engine escapes every text of the data; a policy in the page's head forbids all scripts but its own.

    Args:
        evaluation: splits and their metrics.
        losses: rows of `curves.LOSSES`.
        epochs: rows of `curves.EPOCHS`.
    """
    kind, splits, metrics = evaluation.labels.kind, evaluation.splits, evaluation.metrics
    pictured = splits[PICTURED]
    unit = "entities" if kind == "spans" else "words"
    chosen, with_errors = _sentences(splits)
    errors = {name: tables.errors(split.outcomes, kind) for name, split in splits.items()}
    script = _read("filter.js")
    shown = {
        "task": evaluation.labels.task,
        "kind": kind,
        "unit": unit,
        "metrics": metrics,
        "overall": {split: scores.overall(of_split) for split, of_split in metrics.items()},
        "per_type": {split: scores.per_type(of_split) for split, of_split in metrics.items()},
        "parts": {split: scores.parts(of_split) for split, of_split in metrics.items()},
        "curves": curves.drawn(losses, epochs),
        "pictured": PICTURED,
        "confusion": tables.confusion(pictured.sentences, kind),
        "reliability": charts.reliability(pictured.reliability, unit) if len(pictured.reliability) else None,
        "errors": errors,
        "kinds": {name: text for name, text in KINDS.items() if any(name in found.kinds for found in errors.values())},
        "sentences": chosen,
        "with_errors": with_errors,
        "types": _types(chosen),
        "limits": {"sentences": SENTENCES, "words": sentences.WORDS, "mistakes": sentences.MISTAKES},
        "frame": charts,
        "style": Markup(_read("style.css")),
        "script": Markup(script),
        "script_hash": "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return _environment().get_template("page.html").render(shown)


def _sentences(splits: Mapping[str, ScoredSplit]) -> tuple[list[Sentence], dict[str, int]]:
    """Choose the sentences to show of all splits together, worst first, and count those with errors per split."""
    chosen: list[Sentence] = []
    numbers = {}
    for name, split in splits.items():
        ranked = worst_first(split.sentences, split.outcomes)
        numbers[name] = len(ranked)
        chosen += [
            sentences.shown(split.sentences[index], split.outcomes[index], name, cost)
            for index, cost in ranked[:SENTENCES]
        ]
    return sorted(chosen, key=lambda sentence: -sentence.cost), numbers


def _types(chosen: Sequence[Sentence]) -> dict[str, int]:
    """The types that the mistakes of the sentences are about, numbered by name."""
    sides = (side for sentence in chosen for mistake in sentence.mistakes for side in (mistake.gold, mistake.predicted))
    return {name: number for number, name in enumerate(sorted({side[0] for side in sides if side}))}


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["score"] = "{:.3f}".format
    environment.filters["percent"] = lambda share: f"{100 * share:.1f}%"
    environment.filters["count"] = "{:,}".format
    environment.filters["words"] = lambda name: name.replace("_", " ")
    return environment


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
