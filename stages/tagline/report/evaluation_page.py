"""The page: renders the template of the report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tagline.core.outputs import Rows
from tagline.evaluation.measurement import by_split
from tagline.evaluation.measurements.order import shown
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.stage import Evaluation
from tagline.labels.label_list import Kind
from tagline.metrics.groups import FEW
from tagline.metrics.outcomes import NO_TYPE, OUTCOMES, Outcome, OutcomeKind
from tagline.metrics.scores import SCORES_OF_TYPES
from tagline.report import charts, shown_sentences
from tagline.report.html_files import FOLDER, render_file
from tagline.report.shown_sentences import ShownSentence, shown_sentence, worst_first

# Maximum number of sentences per split, so that browsers stay fast.
SENTENCES = 500
# Maximum number of types with a row and a column of their own in the confusion table, and the name of the others' row.
LARGEST = 30
REST = "all others"
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
    kind = evaluation.labels.kind
    splits = evaluation.splits
    metrics = evaluation.metrics
    charted = splits[CHARTED]
    unit = "entities" if kind == "spans" else "words"
    reliability = None
    if len(charted.reliability):
        reliability = charts.reliability(charted.reliability, unit, charted.uncalibrated)
    errors = {name: count_errors(split.outcomes.values(), kind) for name, split in splits.items()}
    occurring = {kind_of_error for counts in errors.values() for kind_of_error in counts.kinds}
    sentences = _choose_sentences(splits)
    accepted = by_split(metrics, "accept")
    variables = {
        "task": evaluation.labels.task,
        "kind": kind,
        "unit": unit,
        "metrics": metrics,
        "few": FEW,
        "shown": {name: shown(entries) for name, entries in metrics.items()},
        # The score with a chart comes first.
        "columns": sorted(SCORES_OF_TYPES, key=lambda column: not column.has_interval),
        "points": by_split(metrics, "operating_point"),
        "accepted": accepted,
        "precision_curves": charts.precision_curves(accepted),
        "curves": charts.learning_curves(losses, epochs, evaluation.best_epoch),
        "charted": CHARTED,
        "confusion": confusion_table(charted.confusion),
        "reliability": reliability,
        "errors": errors,
        "kinds": {name: text for name, text in KINDS.items() if name in occurring},
        "sentences": sentences,
        "with_errors": {name: len(split.outcomes) for name, split in splits.items()},
        "types": _index_types(sentences),
        "limits": {"sentences": SENTENCES, "words": shown_sentences.WORDS, "errors": shown_sentences.ERRORS},
        "frame": charts,
    }
    return render_file(FOLDER / "page.html", variables, FOLDER / "filter.js")


def _choose_sentences(splits: Mapping[str, ScoredSplit]) -> list[ShownSentence]:
    """Choose the worst sentences of all splits."""
    sentences = []
    for name, split in splits.items():
        for index, cost in worst_first(split.sentences, split.outcomes)[:SENTENCES]:
            sentences.append(shown_sentence(split.sentences[index], split.outcomes[index], name, cost))
    return sorted(sentences, key=lambda sentence: -sentence.cost)


def _index_types(sentences: Sequence[ShownSentence]) -> dict[str, int]:
    """The index of each type of a listed error, sorted by name."""
    types = set()
    for sentence in sentences:
        for error in sentence.listed:
            types |= {side[0] for side in (error.gold, error.predicted) if side}
    return {name: index for index, name in enumerate(sorted(types))}


@dataclass(frozen=True)
class Confusion:
    """Words by gold type (rows) and predicted type (columns).

    Attributes:
        names: the types: NO_TYPE first if it occurs, REST last if there is one.
        rows: the number of words of each gold type (outer list) with each predicted type.
        folded: the number of types in REST.
    """

    names: list[str]
    rows: list[list[int]]
    folded: int


def confusion_table(counts: Mapping[tuple[str, str], int]) -> Confusion:
    """Build the table from the counts of `tagline.metrics.outcomes`."""
    sizes: Counter[str] = Counter()
    for pair, number in counts.items():
        for name in set(pair):
            sizes[name] += number
    by_size = sorted(sizes, key=lambda name: (-sizes[name], name))
    # REST never has only one type, which would not save a row.
    shown = sorted(by_size[: LARGEST if len(by_size) > LARGEST + 1 else None], key=lambda name: (name != NO_TYPE, name))
    folded = len(by_size) - len(shown)
    index = {name: position for position, name in enumerate(shown)}
    names = [*shown, REST] if folded else shown
    rows = [[0] * len(names) for _ in names]
    for (gold, predicted), number in counts.items():
        rows[index.get(gold, len(shown))][index.get(predicted, len(shown))] += number
    return Confusion(names, rows, folded)


@dataclass(frozen=True)
class ErrorCounts:
    """The number of errors.

    Attributes:
        kinds: by kind, for the kinds that occur.
        types: for each type, the number of errors of each of these kinds. An error belongs to its gold type, a spurious
            entity to its predicted type. Types with most errors first.
        pairs: plain tags only: gold tag, predicted tag and number of words; most frequent first.
    """

    kinds: dict[OutcomeKind, int]
    types: list[tuple[str, list[int]]]
    pairs: list[tuple[str, str, int]]


def count_errors(outcomes: Iterable[Sequence[Outcome]], kind: Kind) -> ErrorCounts:
    """Count errors by kind and type; for plain tags also by pair of tags.

    Args:
        outcomes: the outcomes of each sentence with an error.
        kind: of the labels.
    """
    errors = [outcome for of_sentence in outcomes for outcome in of_sentence if outcome.is_error]
    numbers = Counter(error.kind for error in errors)
    kinds = {name: numbers[name] for name in OUTCOMES if numbers[name]}
    by_type: dict[str, Counter[OutcomeKind]] = {}
    pairs: Counter[tuple[str, str]] = Counter()
    for error in errors:
        entity = error.gold or error.predicted
        if entity:
            by_type.setdefault(entity.type, Counter())[error.kind] += 1
        if kind == "tags" and error.gold and error.predicted:
            pairs[error.gold.type, error.predicted.type] += 1
    types = [(type_, [by_type[type_][name] for name in kinds]) for type_ in sorted(by_type)]
    return ErrorCounts(
        kinds=kinds,
        types=sorted(types, key=lambda row: -sum(row[1])),
        pairs=sorted(((*pair, number) for pair, number in pairs.items()), key=lambda row: (-row[2], row[:2])),
    )
