"""Accept: the lowest score above which the promised share of entities is right, also in later texts.

See `promise` for the tests. The entities with the highest scores are tested: at first as few as a promise needs, then
always more; and again from other numbers on. How many does not depend on which are right, and the promise is exact if
entities with higher scores are not less often right, however scores are calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from tagline.evaluation.evaluate_params import ALL, Accept
from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics, by_split
from tagline.evaluation.promise import Promise, ShareTest, least_step
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import SPLITS, VALIDATION
from tagline.evaluation.targets import of_documents
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten
from tagline.labels.windows import AnyInts, Bools, Doubles, Ints
from tagline.metrics.scores import rounded
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import printable

# Each test has so many times the entities of the one before.
GROWTH = 1.05
# Tests start with all entities, and with 1, 4, 16 ... times as many as a promise needs at least: one error among few
# ends a sequence, however many of the others are right. The sequences share the allowed error (Bonferroni).
SPREAD = 4
# The shares of validation's entities of which the precision is reported.
SHARES = [tenth / 10 for tenth in range(1, 11)]


class PromisedPrecision(Measurement):
    """The lowest scores above which a precision is promised, and what splits reach with them.

    Args:
        params: ``evaluate.accept``.
        labels: the task's label list.

    Raises:
        UserError: a type is not in the label list.
    """

    def __init__(self, params: Mapping[str, Accept] | None, labels: Labels) -> None:
        self.goals = goals_of(params, labels)
        self.needs_documents = bool(self.goals)
        self.points: dict[str, dict[str, Any]] = {}

    def after_labels(self, labelled: Labelled) -> None:
        """Choose the scores on validation."""
        if not self.goals:
            return
        sentences = {name: split.sentences for name, split in labelled.splits.items()}
        self.goals = [goal.decided_by(flatten(sentences[VALIDATION])) for goal in self.goals]
        self.points = reports(sentences, labelled.splits[VALIDATION].documents, self.goals)
        limits = thresholds(self.points[VALIDATION], self.goals)
        labelled.settings = labelled.settings._replace(accept=limits)

    def measure(self, split: ScoredSplit) -> Entries:
        if not self.goals:
            return {}
        return {"accept": self.points[split.name]}


class Goal(NamedTuple):
    """What is promised of which entities.

    Attributes:
        name: a type, or ALL.
        types: of the entities.
        precision, confidence: of the promise.
    """

    name: str
    types: Sequence[str]
    precision: float
    confidence: float

    def decided_by(self, validation: TaggedSentences) -> Goal:
        """The same; a promise for all types is then for those of which validation decides what is right."""
        return self._replace(types=validation.decided_types) if self.name == ALL else self


def goals_of(params: Mapping[str, Accept] | None, labels: Labels) -> list[Goal]:
    """List the promises in ``evaluate.accept``.

    Raises:
        UserError: a type is not in the label list.
    """
    goals = []
    for name, of in (params or {}).items():
        if name not in (ALL, *labels.types):
            raise UserError(
                f"evaluate.accept: the task {labels.task} does not have the type {name}; expected one of "
                f"{', '.join(sorted(labels.types))}, or precision and confidence for all types"
            )
        goals.append(Goal(name, labels.types if name == ALL else [name], of.precision, of.confidence))
    return goals


def thresholds(points: Mapping[str, Mapping[str, Any]], goals: Sequence[Goal]) -> dict[str, float]:
    """The lowest accepted score of each type with a promise, from what `reports` says of a split."""
    scores = {}
    for goal in goals:
        if "score" in points[goal.name]:
            scores.update(dict.fromkeys(goal.types, points[goal.name]["score"]))
    return scores


class Predicted(NamedTuple):
    """The predicted entities of some types, the highest score first.

    Attributes:
        scores: float64 (entities,).
        is_wrong: bool (entities,).
        sentences: int64 (entities,), the index of the sentence of each.
        gold: the number of gold entities of these types.
    """

    scores: Doubles
    is_wrong: Bools
    sentences: AnyInts
    gold: int

    @classmethod
    def of(cls, sentences: Sequence[TaggedSentence], types: Sequence[str]) -> Predicted:
        """Choose the entities of some types."""
        flat = flatten(sentences)
        gold = int(np.count_nonzero(flat.gold_entities.of_types(types)))
        predicted = np.flatnonzero(flat.predicted_entities.of_types(types))
        predicted = predicted[np.argsort(-flat.confidences[predicted], kind="stable")]
        owners = flat.sentences_of(flat.predicted_entities.start[predicted])
        return cls(flat.confidences[predicted], ~flat.correct[1][predicted], owners, gold)

    def of_sentences(self, is_in: Bools) -> Predicted:
        """Choose the entities of some sentences, bool (sentences,); the gold ones are those of all."""
        entities = is_in[self.sentences]
        return Predicted(self.scores[entities], self.is_wrong[entities], self.sentences[entities], self.gold)

    def reached(self, score: float) -> dict[str, float]:
        """The share of the entities with at least a score, their recall and, if there are any, their precision."""
        number = int(np.searchsorted(-self.scores, -score, side="right"))
        right = np.count_nonzero(~self.is_wrong[:number])
        reached = {
            "score": score,
            "share": rounded(number / max(len(self.scores), 1)),
            "recall": rounded(right / max(self.gold, 1)),
        }
        if number:
            reached["precision"] = rounded(right / number)
        return reached


def reports(
    splits: Mapping[str, Sequence[TaggedSentence]], documents: Ints | None, goals: Sequence[Goal]
) -> dict[str, dict[str, Any]]:
    """Choose the scores on validation, and describe what each split reaches with them.

    Args:
        splits: validation and others, with gold labels.
        documents: int64 (sentences,), the number of the document of each sentence of validation, from 0; None if they
            are not known.
        goals: what to promise.

    Returns:
        ``{split: {name: {...}}}`` with the names of goals: target and confidence; statement; number, of predicted
        entities; curve, a list of what some scores reach, see `Predicted.reached`; and if the promise is made, the same
        of the lowest accepted score.
    """
    validation = flatten(splits["validation"])
    # Equal sentences are not independent of each other; documents are, also those that share a sentence.
    is_tested = np.ones(len(validation), bool) if documents is not None else is_first(validation)
    points: dict[str, dict[str, Any]] = {split: {} for split in splits}
    for goal in goals:
        predicted = {split: Predicted.of(sentences, goal.types) for split, sentences in splits.items()}
        tested = predicted["validation"].of_sentences(is_tested)
        if goal.name == ALL:  # types that are annotated in other sentences too would count too much
            tested = tested.of_sentences(validation.is_annotated(goal.types))
        score, promise = find_score(tested, goal, documents)
        sentence = statement(goal, promise, score)
        if goal.name == ALL and len(goal.types) < len(validation.labels.types):
            sentence += f"; only of {', '.join(goal.types)}: validation does not have other types annotated"
        if not is_tested.all():
            sentence += "; equal sentences count once"
        scores = predicted["validation"].scores
        curve_scores = {float(scores[math.ceil(share * len(scores)) - 1]) for share in SHARES if len(scores)}
        if score is not None:
            curve_scores.add(score)
        for split, of_split in predicted.items():
            points[split][goal.name] = {
                "target": goal.precision,
                "confidence": goal.confidence,
                "statement": sentence,
                "number": len(of_split.scores),
                "curve": [of_split.reached(limit) for limit in sorted(curve_scores)],
            }
            if score is not None:
                points[split][goal.name] |= of_split.reached(score)
    return points


def is_first(sentences: Sequence[TaggedSentence]) -> Bools:
    """Whether each sentence is the first one with its words, bool (sentences,)."""
    hashes = [hash(tuple(words)) for words in flatten(sentences).words or ()]
    result = np.zeros(len(sentences), bool)
    result[np.unique(hashes, return_index=True)[1]] = True
    return result


def find_score(predicted: Predicted, goal: Goal, documents: Ints | None = None) -> tuple[float | None, Promise]:
    """Find the lowest score above which the precision can be promised; None if there is none.

    Args:
        predicted: the entities of validation.
        goal: what to promise.
        documents: see `reports`.
    """
    scores = predicted.scores
    # What is independent of each other: each entity, or the entities of a document together.
    units = np.arange(len(scores)) if documents is None else documents[predicted.sentences]
    firsts = np.sort(np.unique(units, return_index=True)[1])
    test = with_sequences(ShareTest(goal.precision, goal.confidence, 1, documents is not None, len(firsts)))
    sizes = np.array([len(scores)])
    if test.sequences > 1:
        sizes = _growing_sizes(scores, int(firsts[test.least_number - 1]) + 1)
    wrong, number = _count_wrong(predicted.is_wrong, units, sizes)
    starts = [0]
    for multiple in SPREAD ** np.arange(test.sequences - 1):
        starts.append(int(np.count_nonzero(number >= multiple * test.least_number)) - 1)
    step = least_step(test.passes(wrong, number), starts)
    if step is None:
        nearest = starts[int(np.argmin(test.p_values(wrong, number)[starts]))]
        return None, test._replace(number=int(number[nearest])).promise(False, float(wrong[nearest]))
    promise = test._replace(number=int(number[step])).promise(True, float(wrong[step]))
    return float(scores[sizes[step] - 1]), promise


def _growing_sizes(scores: Doubles, first: int) -> Ints:
    """How many entities are tested, from all of them down to the first number, with all of the same score."""
    grown = first * GROWTH ** np.arange(math.ceil(math.log(len(scores) / first, GROWTH)))
    sizes = np.unique(np.append(grown.astype(np.int64), len(scores)))[::-1]
    return np.searchsorted(-scores, -scores[sizes - 1], side="right")


def _count_wrong(is_wrong: Bools, units: Ints, sizes: Ints) -> Doubles:
    """Count, of the first entities, the wrong ones and all, or sum their shares of documents: (2, sizes)."""
    sides = np.array([is_wrong, np.ones(len(is_wrong))])
    sums = [of_documents(sides[:, :size], units[:size]).sum(-1) for size in sizes]
    return np.array(sums).T


def with_sequences(test: ShareTest) -> ShareTest:
    """Share the risk among as many sequences as have a start: one with all units, the others with fewer.

    Args:
        test: with one sequence, and the number of units.
    """
    more = test._replace(sequences=test.sequences + 1)
    if more.least_number * SPREAD ** (more.sequences - 2) >= test.number:
        return test
    return with_sequences(more)


def statement(goal: Goal, promise: Promise, score: float | None) -> str:
    """Say what is promised under which assumptions, or what more would be needed.

    Args:
        goal: what to promise.
        promise: whether it can be made, see `find_score`.
        score: the lowest accepted one; None if there is none.
    """
    if score is not None:
        entities = "entities" if goal.name == ALL else f"{goal.name} entities"
        shown = math.ceil(score * 1000) / 1000  # not lower than the score, since nothing is promised below it
        return promise.sentence(goal.precision, entities, f"with a score of at least {shown:g} are right", "wrong")
    if promise.allowed < 0:
        units = "predicted entities" if promise.unit == "entities" else "documents with predicted entities"
        return (
            f"No precision is promised for {goal.name}: validation has {promise.number:,} {units}; expected at least "
            f"{promise.needed:,}, even if all are right; annotate more"
        )
    if promise.needed is None:
        return (
            f"No precision is promised for {goal.name}: {promise.counted} with the highest scores are wrong; expected "
            f"at most {promise.allowed}; lower precision or improve the model"
        )
    return (
        f"No precision is promised for {goal.name}: {promise.counted} with the highest scores are wrong; expected at "
        f"most {promise.allowed}; at least about {promise.needed:,} with as many errors, lower precision or improve "
        "the model"
    )


def notes(metrics: Metrics) -> Iterator[str]:
    """Lay out the share of entities with at least some scores and their precision, for each promised precision."""
    points = by_split(metrics, "accept", SPLITS)
    for name, point in points.get(VALIDATION, {}).items():
        curves = [of_split[name]["curve"] for of_split in points.values()]
        rows = []
        for at_score in zip(*curves, strict=True):  # the same scores in each split
            score = at_score[0]["score"]
            is_lowest = score == point.get("score")
            rows.append([f"{score:.6g} *" if is_lowest else f"{score:.6g}", *map(_reached, at_score)])
        headers = (f"score of {printable(name)}", *(f"{split}, share (precision)" for split in points))
        yield tabulate(rows, headers, tablefmt="simple", disable_numparse=True)
        yield f"evaluate.accept: {printable(point['statement'])}"


def _reached(at_score: Mapping[str, float]) -> str:
    if "precision" not in at_score:
        return "none"
    return f"{at_score['share']:.1%} ({at_score['precision']:.3f})"
