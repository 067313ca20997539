"""Acceptance: the lowest score above which the promised share of entities is right, also in later texts.

See `promise` for the tests. The entities with the highest scores are tested: at first as few as a promise needs, then
always more; and again from other numbers on. How many does not depend on which are right, and the promise is exact if
entities with higher scores are not less often right, however scores are calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tagline.evaluation.evaluate_params import ALL, Accept
from tagline.evaluation.operating_point import of_documents
from tagline.evaluation.promise import Promise, ShareTest, least_step
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.labels.windows import AnyInts, Bools, Doubles, Ints
from tagline.metrics.scores import rounded
from tagline.terminal.errors import UserError

# Each test has so many times the entities of the one before.
GROWTH = 1.05
# Tests start with all entities, and with 1, 4, 16 ... times as many as a promise needs at least: one error among few
# ends a sequence, however many of the others are right. The sequences share the allowed error (Bonferroni).
SPREAD = 4
# The shares of validation's entities of which the precision is reported.
SHARES = [tenth / 10 for tenth in range(1, 11)]


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
    return {name: points[goal.name]["score"] for goal in goals if "score" in points[goal.name] for name in goal.types}


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
        found, gold = (
            np.flatnonzero(np.array([name in types for name in side.types], bool)[side.type])
            for side in (flat.predicted_entities, flat.gold_entities)
        )
        found = found[np.argsort(-flat.confidences[found], kind="stable")]
        owners = flat.sentences_of(flat.predicted_entities.start[found])
        return cls(flat.confidences[found], ~flat.correct[1][found], owners, len(gold))

    def of_sentences(self, chosen: Bools) -> Predicted:
        """Choose the entities of some sentences, bool (sentences,); the gold ones are those of all."""
        own = chosen[self.sentences]
        return Predicted(self.scores[own], self.is_wrong[own], self.sentences[own], self.gold)

    def reached(self, score: float) -> dict[str, float]:
        """The share of the entities with at least a score, their recall and, if there are any, their precision."""
        number = int(np.searchsorted(-self.scores, -score, side="right"))
        right = np.count_nonzero(~self.is_wrong[:number])
        shares = {"share": number / max(len(self.scores), 1), "recall": right / max(self.gold, 1)}
        shares |= {"precision": right / number} if number else {}
        return {"score": score} | {name: rounded(share) for name, share in shares.items()}


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
    validation = splits["validation"]
    # Equal sentences are not independent of each other; documents are, also those that share a sentence.
    is_tested = np.ones(len(validation), bool) if documents is not None else is_first(validation)
    found: dict[str, dict[str, Any]] = {split: {} for split in splits}
    for goal in goals:
        predicted = {split: Predicted.of(sentences, goal.types) for split, sentences in splits.items()}
        score, promise = find_score(predicted["validation"].of_sentences(is_tested), goal, documents)
        chosen = () if score is None else (score,)
        scores = predicted["validation"].scores
        at_shares = [float(scores[math.ceil(share * len(scores)) - 1]) for share in SHARES if len(scores)]
        reason = statement(goal, promise, score) + ("" if is_tested.all() else "; equal sentences count once")
        about = {"target": goal.precision, "confidence": goal.confidence, "statement": reason}
        for split, of_split in predicted.items():
            curve = [of_split.reached(each) for each in sorted({*at_shares, *chosen})]
            found[split][goal.name] = {**about, "number": len(of_split.scores), "curve": curve}
            for each in chosen:
                found[split][goal.name] |= of_split.reached(each)
    return found


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
    scores, last = predicted.scores, len(predicted.scores)
    # What is independent of each other: each entity, or the entities of a document together.
    units = np.arange(last) if documents is None else documents[predicted.sentences]
    firsts = np.sort(np.unique(units, return_index=True)[1])
    test = with_sequences(ShareTest(goal.precision, goal.confidence, 1, documents is not None, len(firsts)))
    numbers = np.array([last])
    if test.sequences > 1:
        first = int(firsts[test.least_number - 1]) + 1
        grown = first * GROWTH ** np.arange(math.ceil(math.log(last / first, GROWTH)))
        numbers = np.unique(np.append(grown.astype(np.int64), last))[::-1]
        numbers = np.searchsorted(-scores, -scores[numbers - 1], side="right")  # with all of the same score
    sides = np.array([predicted.is_wrong, np.ones(last)])
    wrong, number = np.array([of_documents(sides[:, :each], units[:each]).sum(-1) for each in numbers]).T
    multiples = SPREAD ** np.arange(test.sequences - 1)
    starts = [0, *(int(np.count_nonzero(number >= each * test.least_number)) - 1 for each in multiples)]
    step = least_step(test.passes(wrong, number), starts)
    # Without a promise, the start that is nearest to one.
    at = starts[int(np.argmin(test.p_values(wrong, number)[starts]))] if step is None else step
    promise = test._replace(number=int(number[at])).promise(step is not None, float(wrong[at]))
    return None if step is None else float(scores[numbers[step] - 1]), promise


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
        return promise.sentence(goal.precision, entities, f"with a score of at least {score:.6g} are right", "wrong")
    if promise.allowed < 0:
        which = "predicted entities" if promise.unit == "entities" else f"{promise.unit} with predicted entities"
        needed = f"expected at least {promise.needed:,}, even if all are right; annotate more"
        reason = f"validation has {promise.number:,} {which}; {needed}"
    else:
        more = "" if promise.needed is None else f"at least about {promise.needed:,} with as many errors, "
        most = f"expected at most {promise.allowed}"
        reason = (
            f"{promise.counted} with the highest scores are wrong; {most}; {more}lower precision or improve the model"
        )
    return f"No precision is promised for {goal.name}: {reason}"
