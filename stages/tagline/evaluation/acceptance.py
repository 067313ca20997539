"""Acceptance: the lowest score above which the promised share of entities is right, also in later texts.

See `promise` for the tests. Scores are tried from the highest one on with so many entities above it that a promise is
possible, which depends on their number alone. The promise is exact if entities with higher scores are not less often
right: then the first false promise is as improbable as a single one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tagline.core.errors import UserError
from tagline.evaluation.evaluate_params import ALL, Accept
from tagline.evaluation.operating_point import of_documents
from tagline.evaluation.promise import Promise, ShareTest, least_step
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten
from tagline.labels.windows import Doubles, Ints
from tagline.metrics.counts import divide
from tagline.metrics.scores import rounded

# The scores that are tried, fixed in advance: 0, then 1 - score halves in 8 steps, up to the resolution of float32.
SCORES = 1 - 2.0 ** -(np.arange(24 * 8 + 1) / 8)
# The shares of validation's entities at whose scores the precision is reported.
SHARES = np.arange(10, 0, -1) / 10


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


def goals_of(params: Mapping[str, Accept] | None, labels: Labels) -> list[Goal]:
    """List the promises in ``evaluate.accept``.

    Raises:
        UserError: a type is not in the label list.
    """
    for name in params or {}:
        if name not in (ALL, *labels.types):
            raise UserError(
                f"evaluate.accept: the task {labels.task} does not have the type {name}; expected one of "
                f"{', '.join(sorted(labels.types))}, or precision and confidence for all types"
            )
    return [
        Goal(name, labels.types if name == ALL else [name], of.precision, of.confidence)
        for name, of in (params or {}).items()
    ]


def by_split(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Choose what `reports` says of each split from the metrics of all splits; empty without a goal."""
    return {split: scores["accept"] for split, scores in metrics.items() if "accept" in scores}


def thresholds(points: Mapping[str, Mapping[str, Any]], goals: Sequence[Goal]) -> dict[str, float]:
    """The lowest accepted score of each type with a promise, from what `reports` says of a split."""
    return {name: points[goal.name]["score"] for goal in goals if "score" in points[goal.name] for name in goal.types}


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
        entities; if the promise is made, the lowest accepted score, and the share of entities above it, their precision
        and recall; curve, a list of {score, share, precision} by score. Without entities above a score, it has no
        precision.
    """
    found: dict[str, dict[str, Any]] = {split: {} for split in splits}
    for goal in goals:
        counted = {split: count_wrong(flatten(sentences), goal.types) for split, sentences in splits.items()}
        number = counted["validation"][1]
        tested = count_wrong(flatten(splits["validation"]), goal.types, documents)
        step, promise = find_step(*tested, goal, documents is not None)
        said = statement(goal, promise, None if step is None else float(SCORES[step]))
        at_shares = [int(np.flatnonzero(number >= share * number[0])[-1]) for share in SHARES if number[0]]
        steps = sorted({*at_shares, *([] if step is None else [step])})
        for split, sentences in splits.items():
            wrong, accepted = counted[split]
            points = [_point(wrong[each], accepted[each], accepted[0], float(SCORES[each])) for each in steps]
            about = {"target": goal.precision, "confidence": goal.confidence, "statement": said}
            about |= {"number": int(accepted[0]), "curve": points}
            if step is not None:
                gold = flatten(sentences).gold_entities
                all_gold = np.count_nonzero(_is_of_type(gold.types, goal.types)[gold.type])
                right = accepted[step] - wrong[step]
                about |= points[steps.index(step)] | {"recall": rounded(float(divide(right, np.array(all_gold))))}
            found[split][goal.name] = about
    return found


def count_wrong(sentences: TaggedSentences, types: Sequence[str], documents: Ints | None = None) -> Doubles:
    """Count the predicted entities with each of SCORES or a higher one.

    Args:
        sentences: with gold labels.
        types: of the entities.
        documents: int64 (sentences,), the number of the document of each sentence, from 0, to count documents instead.

    Returns:
        (2, scores): those that are wrong, and all; of documents the sum of the shares of their entities that are wrong,
        and the number of documents with entities.
    """
    entities, scores = sentences.predicted_entities, sentences.confidences
    is_wrong = np.ones(len(scores), bool)
    is_wrong[sentences.correct[1]] = False
    owners, of_type = sentences.sentences_of(entities.start), _is_of_type(entities.types, types)[entities.type]
    rows = []
    for least in SCORES:
        accepted = of_type & (scores >= least)
        sides = owners[accepted & is_wrong], owners[accepted]
        counted = np.array([np.bincount(side, minlength=len(sentences)) for side in sides], np.float64)
        rows.append((counted if documents is None else of_documents(counted, documents)).sum(-1))
    return np.array(rows).T


def find_step(wrong: Doubles, number: Doubles, goal: Goal, are_documents: bool) -> tuple[int | None, Promise]:
    """Find the lowest of SCORES above which the precision can be promised; None if there is none.

    Args:
        wrong: (scores,), see `count_wrong`.
        number: (scores,), likewise.
        goal: what to promise.
        are_documents: whether documents are counted.
    """
    test = ShareTest(goal.precision, goal.confidence, 1, are_documents, int(number[0]))
    start = int(np.count_nonzero(number >= test.least_number)) - 1
    step = None if start < 0 else least_step(test.passes(wrong, number), [start])
    at = max(0, start) if step is None else step
    return step, test._replace(number=int(number[at])).promise(step is not None, float(wrong[at]))


def statement(goal: Goal, promise: Promise, score: float | None) -> str:
    """Say what is promised under which assumptions, or what more would be needed; ``score`` is the lowest accepted."""
    named = "entities" if goal.name == ALL else f"{goal.name} entities"
    unit = promise.unit if promise.number != 1 else {"entities": "entity", "documents": "document"}[promise.unit]
    wrong = f"{promise.missed:.4g} of {promise.number:,} {unit}"
    if score is not None:
        where = "later texts" if promise.unit == "entities" else "a later document, on average,"
        return (
            f"With {100 * goal.confidence:.4g} % confidence, at least {100 * goal.precision:.4g} % of the {named} of "
            f"{where} with a score of at least {score:.6g} are right, if texts are like those of validation and "
            f"{promise.unit} independent of each other; {wrong} are wrong there."
        )
    if promise.allowed < 0:
        which = "predicted entities" if promise.unit == "entities" else f"{promise.unit} with predicted entities"
        needed = f"expected at least {promise.needed:,}, even if all are right; annotate more"
        reason = f"validation has {promise.number:,} {which}; {needed}"
    else:
        more = (
            "" if promise.needed is None else f"with as many errors, at least about {promise.needed:,}; annotate more, "
        )
        reason = (
            f"with the highest scores, {wrong} are wrong; expected at most {promise.allowed}; {more}lower precision or "
            "improve the model"
        )
    return f"No precision is promised for {goal.name}: {reason}"


def _is_of_type(types: Sequence[str], wanted: Sequence[str]) -> Any:
    return np.array([name in wanted for name in types], bool)


def _point(wrong: float, accepted: float, number: float, score: float) -> dict[str, float]:
    share = {"score": score, "share": rounded(float(accepted / max(number, 1)))}
    return share | ({"precision": rounded(float(1 - wrong / accepted))} if accepted else {})
