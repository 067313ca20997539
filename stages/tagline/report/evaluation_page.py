"""The page: renders the template of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tagline.core.outputs import Rows
from tagline.evaluation import operating_point
from tagline.evaluation.evaluation import Evaluation
from tagline.evaluation.scored_split import ScoredSplit
from tagline.report import charts, shown_sentences
from tagline.report.confusion_table import confusion_table
from tagline.report.error_counts import count_errors
from tagline.report.html_files import FOLDER, render_file
from tagline.report.shown_sentences import ShownSentence, shown_sentence, worst_first

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


def render(evaluation: Evaluation, losses: Rows, epochs: Rows) -> str:
    """Render the page as self-contained HTML; see `render_file`.

    Args:
        evaluation: splits and their metrics.
        losses: rows of `charts.LOSSES`.
        epochs: rows of `charts.EPOCHS`.
    """
    kind, splits, metrics = evaluation.labels.kind, evaluation.splits, evaluation.metrics
    charted = splits[CHARTED]
    unit = "entities" if kind == "spans" else "words"
    chosen, with_errors = _choose_sentences(splits)
    errors = {name: count_errors(split.outcomes.values(), kind) for name, split in splits.items()}
    variables = {
        "task": evaluation.labels.task,
        "kind": kind,
        "unit": unit,
        "metrics": metrics,
        "points": operating_point.by_split(metrics),
        "curves": charts.learning_curves(losses, epochs, evaluation.best_epoch),
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
        "limits": {"sentences": SENTENCES, "words": shown_sentences.WORDS, "errors": shown_sentences.ERRORS},
        "frame": charts,
    }
    return render_file(FOLDER / "page.html", variables, FOLDER / "filter.js")


def _choose_sentences(splits: Mapping[str, ScoredSplit]) -> tuple[list[ShownSentence], dict[str, int]]:
    """Choose the worst sentences of all splits, and count the sentences with errors of each split."""
    chosen: list[ShownSentence] = []
    numbers = {}
    for name, split in splits.items():
        ranked = worst_first(split.sentences, split.outcomes)
        numbers[name] = len(ranked)
        chosen += [
            shown_sentence(split.sentences[index], split.outcomes[index], name, cost)
            for index, cost in ranked[:SENTENCES]
        ]
    return sorted(chosen, key=lambda sentence: -sentence.cost), numbers


def _index_types(chosen: Sequence[ShownSentence]) -> dict[str, int]:
    """The index of each type of a listed error, sorted by name."""
    sides = (side for sentence in chosen for error in sentence.listed for side in (error.gold, error.predicted))
    return {name: index for index, name in enumerate(sorted({side[0] for side in sides if side}))}
