"""The page: renders the template of the report."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tagline.artifacts.learning_curves import Rows
from tagline.metrics import operating_point
from tagline.metrics.evaluation import Evaluation
from tagline.metrics.scored_split import ScoredSplit
from tagline.report import charts, curves, scores, sentences
from tagline.report.confusion import confusion_table
from tagline.report.error_counts import count_errors
from tagline.report.ranking import worst_first
from tagline.report.sentences import Sentence, shown_sentence

# Maximum number of sentences per split, so that browsers stay fast.
SENTENCES = 500
# The split of confusion and reliability, as in plots/.
CHARTED = "test"

KINDS = {
    "missed": "a gold entity that was not predicted",
    "spurious": "a predicted entity that is not in gold",
    "type_error": "the same words, but another type",
    "boundary_error": "the same type, but only some of the words",
}
_FOLDER = Path(__file__).parent


def render(evaluation: Evaluation, losses: Rows, epochs: Rows) -> str:
    """Render the page as self-contained HTML, which loads no other file.

    The template engine escapes all text of the data; the content security policy allows only the page's own script.

    Args:
        evaluation: splits and their metrics.
        losses: rows of `curves.LOSSES`.
        epochs: rows of `curves.EPOCHS`.
    """
    kind, splits, metrics = evaluation.labels.kind, evaluation.splits, evaluation.metrics
    charted = splits[CHARTED]
    unit = "entities" if kind == "spans" else "words"
    chosen, with_errors = _choose_sentences(splits)
    errors = {name: count_errors(split.outcomes.values(), kind) for name, split in splits.items()}
    script = _read("filter.js")
    variables = {
        "task": evaluation.labels.task,
        "kind": kind,
        "unit": unit,
        "metrics": metrics,
        "points": operating_point.by_split(metrics),
        "overall": {split: scores.overall(of_split) for split, of_split in metrics.items()},
        "per_type": {split: scores.per_type(of_split) for split, of_split in metrics.items()},
        "slices": {split: scores.slice_groups(of_split) for split, of_split in metrics.items()},
        "curves": curves.learning_curves(losses, epochs),
        "charted": CHARTED,
        "confusion": confusion_table(charted.confusion),
        "reliability": charts.reliability(charted.reliability, unit) if len(charted.reliability) else None,
        "errors": errors,
        "kinds": {
            name: text for name, text in KINDS.items() if any(name in counts.kinds for counts in errors.values())
        },
        "sentences": chosen,
        "with_errors": with_errors,
        "types": _index_types(chosen),
        "limits": {"sentences": SENTENCES, "words": sentences.WORDS, "errors": sentences.ERRORS},
        "frame": charts,
        "style": Markup(_read("style.css")),
        "script": Markup(script),
        "script_hash": "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return _environment().get_template("page.html").render(variables)


def _choose_sentences(splits: Mapping[str, ScoredSplit]) -> tuple[list[Sentence], dict[str, int]]:
    """Choose the worst sentences of all splits, and count the sentences with errors of each split."""
    chosen: list[Sentence] = []
    numbers = {}
    for name, split in splits.items():
        ranked = worst_first(split.sentences, split.outcomes)
        numbers[name] = len(ranked)
        chosen += [
            shown_sentence(split.sentences[index], split.outcomes[index], name, cost)
            for index, cost in ranked[:SENTENCES]
        ]
    return sorted(chosen, key=lambda sentence: -sentence.cost), numbers


def _index_types(chosen: Sequence[Sentence]) -> dict[str, int]:
    """The index of each type of a listed error, sorted by name."""
    sides = (side for sentence in chosen for error in sentence.listed for side in (error.gold, error.predicted))
    return {name: index for index, name in enumerate(sorted({side[0] for side in sides if side}))}


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
