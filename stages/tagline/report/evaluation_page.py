"""The page: renders the template of the report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tagline.artifacts import raw_data
from tagline.core import FEW_ENTITIES, PROVENANCE, Rows, read_json
from tagline.core.provenance import read_listed
from tagline.evaluation.measurements.order import shown
from tagline.evaluation.promises.measurement import statements, table
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import VALIDATION
from tagline.evaluation.stage import Evaluation
from tagline.labels import TaggedSentence, type_grounds
from tagline.metrics.columns import SCORES_OF_TYPES
from tagline.metrics.doubts import FEW, doubts
from tagline.metrics.outcomes import ERRORS, NO_TYPE, Outcome, OutcomeKind
from tagline.report import charts, shown_sentences
from tagline.report.html_files import FOLDER, render_file
from tagline.report.shown_sentences import ShownSentence, entity_text, shown_sentence, visible, worst_first
from tagline.terminal import some

# Maximum number of sentences per split, so that browsers stay fast.
SENTENCES = 500
# Maximum number of types with a row and a column of their own in the confusion table, and the name of the others' row.
LARGEST = 30
REST = "all others"
# Examples of a group of equal errors.
EXAMPLES = 5
# The split of confusion and reliability, as in plots/; without it, the first one.
CHARTED = "test"


def render(
    evaluation: Evaluation,
    losses: Rows,
    epochs: Rows,
    made_of: Sequence[str] = (),
    title: str = "Evaluation",
    notes: Sequence[str] = (),
) -> str:
    """Render the page as self-contained HTML.

    Args:
        made_of: what the model was made of, in words.
        notes: printed above the scores.
    """
    kind = evaluation.labels.kind
    names = sorted(evaluation.splits, key=lambda name: name != CHARTED)  # first the split that chose nothing
    splits = {name: evaluation.splits[name] for name in names}
    metrics = {name: evaluation.metrics[name] for name in names}
    name_charted = names[0]
    charted = splits[name_charted]
    unit = evaluation.labels.unit
    scored = "validated" if name_charted == VALIDATION else "tested"
    reliability = None
    if "calibration" in metrics[name_charted] and len(charted.reliability):
        reliability = charts.reliability(charted.reliability, unit)
    errors = {name: count_by_type(split.sentences, split.outcomes) for name, split in splits.items()}
    occurring = {kind_of_error for counts in errors.values() for kind_of_error in counts.kinds}
    sentences = _choose_sentences(splits)
    variables = {
        "title": title,
        "notes": notes,
        "task": evaluation.labels.task,
        "kind": kind,
        "grounds": type_grounds.css_classes(evaluation.labels),
        "unit": unit,
        "made_of": [
            *made_of,
            f"{scored} on {metrics[name_charted]['sentences']:,}",
        ],
        "metrics": metrics,
        "doubts": {name: [*doubts(entries)] for name, entries in metrics.items()},
        "shown": {name: shown(entries) for name, entries in metrics.items()},
        "few": FEW,
        "few_entities": FEW_ENTITIES,
        # The score with a chart comes first.
        "columns": sorted(SCORES_OF_TYPES, key=lambda column: not column.has_interval),
        "promises": table(metrics),
        "statements": statements(metrics),
        "curves": charts.learning_curves(losses, epochs, evaluation.best_epoch),
        "charted": name_charted,
        "confusion": confusion_table(charted.confusion),
        "reliability": reliability,
        "errors": errors,
        "kinds": {name: text for name, text in ERRORS.items() if name in occurring},
        "sentences": sentences,
        "with_errors": {name: len(split.outcomes) for name, split in splits.items()},
        "types": _index_types(sentences),
        "limits": {"sentences": SENTENCES, "words": shown_sentences.WORDS, "errors": shown_sentences.ERRORS},
        "frame": charts,
    }
    return render_file(FOLDER / "page.html", variables, FOLDER / "filter.js", FOLDER / "keys.js")


def origins(dataset: Path, encoder: Path) -> list[str]:
    on_hub, files = raw_data.origins(read_listed(dataset, "download"))
    origin = read_listed(encoder, "download")
    name = origin["package"] if origin["source"] == "package" else origin.get("name", origin.get("path"))
    return [f"data {some([*on_hub, *files])}", f"encoder {name}"]


def made_of(report: Path, finetuned: Path) -> list[str]:
    sentences = read_json(report, "tokenize-align")["train"]["sentences"]
    trained = read_json(finetuned / PROVENANCE, "train")
    config = read_json(finetuned / "config.json", "train")
    encoder = config["model_type"]
    if "num_hidden_layers" in config:
        encoder += f" of {config['num_hidden_layers']} layers"
    if trained["params"]["start_from"]:
        encoder += f" from {trained['params']['start_from']}"
    seed, epoch = trained["params"]["seed"], trained["best_epoch"]
    made = f"{encoder}, trained on {sentences:,} sentences, seed {seed}, epoch {epoch}"
    if "planned_steps" in trained:
        made += f", ended at step {trained['steps']:,} of {trained['planned_steps']:,} by max_steps"
    return [made]


def _choose_sentences(splits: Mapping[str, ScoredSplit]) -> list[ShownSentence]:
    sentences = []
    for name, split in splits.items():
        for index, cost in worst_first(split.sentences, split.outcomes)[:SENTENCES]:
            sentences.append(shown_sentence(split.sentences[index], split.outcomes[index], name, cost))
    return sorted(sentences, key=lambda sentence: -sentence.cost)


def _index_types(sentences: Sequence[ShownSentence]) -> dict[str, int]:
    types = set()
    for sentence in sentences:
        for error in sentence.confidences:
            types |= {entity.type for entity in (error.gold, error.predicted) if entity}
    return {name: index for index, name in enumerate(sorted(types))}


@dataclass(frozen=True)
class Confusion:
    """Words by gold type (rows) and predicted type (columns).

    Attributes:
        names: the types: NO_TYPE first if it occurs, REST last if there is one.
        rows: the number of words of each gold type with each predicted type.
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


class ErrorGroup(NamedTuple):
    """Errors with the same gold and predicted type, of which one may be NO_TYPE.

    Attributes:
        texts: the most frequent entities, of gold where there are any.
        more: whether there are others.
    """

    gold: str
    predicted: str
    number: int
    texts: list[str]
    more: bool


class ErrorCounts(NamedTuple):
    """The number of errors.

    Attributes:
        kinds: those that occur.
        types: the errors of each of these kinds, by gold type, for spurious entities by predicted type; types with most
            errors first.
        groups: the largest first.
    """

    kinds: dict[OutcomeKind, int]
    types: list[tuple[str, list[int]]]
    groups: list[ErrorGroup]


def count_by_type(sentences: Sequence[TaggedSentence], outcomes: Mapping[int, Sequence[Outcome]]) -> ErrorCounts:
    by_type = defaultdict[str, Counter[OutcomeKind]](Counter)
    by_pair = defaultdict[tuple[str, str], Counter[str]](Counter)
    for index, of_sentence in outcomes.items():
        words = [visible(word) for word in sentences[index].words]
        for error in of_sentence:
            entity = error.gold or error.predicted
            if not error.is_error or entity is None:
                continue
            by_type[entity.type][error.kind] += 1
            pair = (error.gold.type if error.gold else NO_TYPE, error.predicted.type if error.predicted else NO_TYPE)
            by_pair[pair][entity_text(words, entity)] += 1
    totals = sum(by_type.values(), Counter[OutcomeKind]())
    kinds = {kind: totals[kind] for kind in ERRORS if totals[kind]}
    types = [(name, [numbers[kind] for kind in kinds]) for name, numbers in sorted(by_type.items())]
    groups = []
    for pair, texts in sorted(by_pair.items(), key=lambda item: (-item[1].total(), item[0])):
        shown_texts = [text for text, _ in texts.most_common(EXAMPLES)]
        groups.append(ErrorGroup(*pair, texts.total(), shown_texts, len(texts) > EXAMPLES))
    return ErrorCounts(kinds, sorted(types, key=lambda row: -sum(row[1])), groups)
