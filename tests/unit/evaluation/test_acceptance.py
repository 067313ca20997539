"""Acceptance: how often the promise is broken, what it needs, and what is reported of it."""

from itertools import combinations_with_replacement
from math import factorial, prod

import numpy as np
import pytest
from helpers.messages import message_of
from helpers.tagged import sentences
from pydantic import ValidationError

from tagline.evaluation.evaluate_params import ALL, Evaluate
from tagline.evaluation.measurements.accept import (
    Goal,
    Predicted,
    find_score,
    goals_of,
    reports,
    statement,
    thresholds,
    with_sequences,
)
from tagline.evaluation.promise import ShareTest
from tagline.labels.label_list import Labels

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")
HALF = {"precision": 0.5, "confidence": 0.75}


# The shares of three scores, from the highest on, and the precision of each.
BREAKABLE = [((0.2, 0.4, 0.4), (0.49, 0.49, 0.49)), ((0.5, 0.2, 0.3), (0.7, 0.3, 0.0)), ((0.5, 0.4, 0.1), (0.99, 0, 0))]


@pytest.mark.parametrize(("shares", "right"), BREAKABLE, ids=str)
def test_promise_is_broken_at_most_as_often_as_stated(shares: tuple[float, ...], right: tuple[float, ...]) -> None:
    """All outcomes of eight entities are enumerated, each with its probability."""
    cells = [share * each for share, of_score in zip(shares, right, strict=True) for each in (of_score, 1 - of_score)]
    precisions = dict(zip((0.9, 0.8, 0.7), np.cumsum(cells[::2]) / np.cumsum(shares), strict=True))
    broken = total = 0.0
    for outcome in combinations_with_replacement(range(6), 8):
        numbers = np.bincount(outcome, minlength=6).tolist()
        probability = factorial(8) * prod(cell**n / factorial(n) for cell, n in zip(cells, numbers, strict=True))
        scores, is_wrong = np.repeat([*precisions], 2)[[*outcome]], np.array(outcome) % 2 == 1
        score, promise = find_score(Predicted(scores, is_wrong, np.arange(8), 8), Goal(ALL, ["X"], **HALF))
        assert promise.kept == (score is not None)
        total += probability
        broken += probability * (score is not None and precisions[score] < 0.5)
    assert total == pytest.approx(1)
    assert 0 < broken <= 1 - HALF["confidence"]


def test_entities_of_a_type_are_sorted_by_score() -> None:
    split = sentences(["B-X O", "B-X B-Y", "O O"], ["B-X B-X", "O B-Y", "B-X O"], scores=[[0.875, 0.625]] * 3)
    found = Predicted.of(split, ["X"])
    assert [values.tolist() for values in found[:3]] == [[0.875, 0.875, 0.625], [False, True, True], [0, 2, 0]]
    assert found.reached(0.7) == {"score": 0.7, "share": 0.666667, "precision": 0.5, "recall": 0.5}


RIGHT, WRONG = (["B-X O B-Y"] * 4, ["B-X O B-Y"] * 4), (["O O"] * 4, ["B-X O"] * 4)
MANY = HALF | {"precision": 0.86}
DOCUMENT = "of the X entities of a later document, on average, with a score of at least 1 are right, if"
NOBODY = "No precision is promised for all types: validation has 0 predicted entities; expected at least 2, even if"
CASES = [
    (HALF, RIGHT, None, "at least 50 % of the entities of later texts with a score of at least 1 are right, if", "XY"),
    ({"X": HALF}, RIGHT, None, "of the X entities of later texts", "X"),
    ({"X": HALF}, RIGHT, [0, 1, 2, 3], DOCUMENT, "X"),
    (MANY, RIGHT, None, "validation has 8 predicted entities; expected at least 10, even if all are right; ann", ""),
    ({"X": MANY}, RIGHT, [0, 0, 1, 1], "X: validation has 2 documents with predicted entities; expected", ""),
    ({"X": HALF}, WRONG, None, "4 of 4 entities with the highest scores are wrong; expected at most 0; lower", ""),
    (HALF, (["B-X O"], ["O O"]), None, NOBODY, ""),
    (HALF, ([], []), None, NOBODY, ""),
    (None, RIGHT, None, "", ""),
]


@pytest.mark.parametrize(("params", "given", "documents", "said", "accepted"), CASES)
def test_promise_or_what_it_needs_is_reported(params, given, documents: list | None, said: str, accepted: str) -> None:
    goals = goals_of(Evaluate(**SECTION, accept=params).accept, LABELS)
    words = [[f"w{row}-{index}" for index in range(len(labels.split()))] for row, labels in enumerate(given[0])]
    splits = {"validation": sentences(*given, words=words), "test": sentences(["B-X O"], ["O O"])}
    found = reports(splits, None if documents is None else np.array(documents), goals)
    assert thresholds(found["validation"], goals) == dict.fromkeys(accepted, 1.0)
    for goal in goals:
        of_validation, of_test = (found[split][goal.name] for split in splits)
        assert said in of_validation["statement"]
        assert of_test["number"] == 0 and all("precision" not in point for point in of_test["curve"])
        if accepted:
            assert of_validation.items() >= {"score": 1.0, "share": 1.0, "precision": 1.0, "recall": 1.0}.items()
            assert of_test.items() >= {"share": 0.0, "recall": 0.0}.items()


# The highest score is wrong, and others at equal distances.
@pytest.mark.parametrize(("number", "wrong", "precision"), [(152, 6, 0.8), (2_000, 100, 0.9), (20_000, 1600, 0.9)])
def test_errors_among_the_highest_scores_do_not_refuse_what_validation_keeps(number, wrong, precision) -> None:
    is_wrong = np.isin(np.arange(number), np.linspace(0, number - 1, wrong).astype(int))
    predicted = Predicted(np.linspace(1, 0.5, number), is_wrong, np.arange(number), number)
    goal = Goal(ALL, ["X"], precision, 0.9)
    score, promise = find_score(predicted, goal)
    assert score == 0.5
    assert "with a score of at least 0.501 are right" in statement(goal, promise, 0.5001)
    assert promise.counted == f"{wrong} of {number:,} entities"


def test_refusal_shows_the_start_that_is_nearest_to_a_promise() -> None:
    """Of the first 17 entities 5 are wrong, of 69 there are 10, of 272 and all 400 most."""
    is_wrong = np.isin(np.arange(400), [0, 2, 4, 6, 8, 20, 30, 40, 50, 60]) | (np.arange(400) >= 69)
    predicted = Predicted(np.linspace(1, 0.5, 400), is_wrong, np.arange(400), 400)
    goal = Goal(ALL, ["X"], 0.8, 0.9)
    score, promise = find_score(predicted, goal)
    said = (
        "10 of 69 entities with the highest scores are wrong; expected at most 7; at least about 219 with as many "
        "errors, lower precision or improve the model"
    )
    assert score is None
    assert said in statement(goal, promise, score)


@pytest.mark.parametrize("number", [1, 21, 22, 29, 30, 150, 2000, 10**6])
def test_sequences_are_as_many_as_have_a_start(number: int) -> None:
    test = with_sequences(ShareTest(0.9, 0.9, 1, False, number))
    assert test.sequences == 1 or test.least_number * 4 ** (test.sequences - 2) < number
    more = test._replace(sequences=test.sequences + 1)
    assert more.least_number * 4 ** (more.sequences - 2) >= number


def test_equal_sentences_count_once_unless_documents_are_known() -> None:
    words = [["Ada"]] * 6 + [["Bo"], ["Cy"]]
    validation = sentences(["B-X"] * 8, ["B-X"] * 8, words=words)
    goals = [Goal("X", ["X"], 0.5, 0.9)]
    found = reports({"validation": validation}, None, goals)["validation"]["X"]
    assert found["number"] == 8
    assert found["statement"] == (
        "No precision is promised for X: validation has 3 predicted entities; expected at least 4, even if all are "
        "right; annotate more; equal sentences count once"
    )
    of_documents = reports({"validation": validation}, np.arange(8), goals)["validation"]["X"]
    assert "0 of 8 documents are wrong" in of_documents["statement"]


SECTION = {"subwords_per_batch": 9, "precision": "fp32", "decoding": "greedy"}
SECTION |= {"bootstrap": {"resamples": 100, "seed": 1}}


WRONG_PARAMS = [
    ({"precision": 1.0, "confidence": 0.9}, "all types.precision\n  Input should be less than 1"),
    ({"X": {"precision": 0.9, "confidence": 0}}, "X.confidence\n  Input should be greater than 0"),
    *[(wrong, "expected a mapping with precision and conf") for wrong in ({"precision": 0.9}, 0.9, {"X": {}})],
]


@pytest.mark.parametrize(("accept", "message"), WRONG_PARAMS, ids=str)
def test_wrong_params_are_an_error(accept: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Evaluate(**SECTION, accept=accept)


def test_type_that_is_not_there_is_an_error() -> None:
    message = "evaluate.accept: the task ner does not have the type Z; expected one of X, Y, or precision and confid"
    assert message_of(goals_of, Evaluate(**SECTION, accept={"Z": HALF}).accept, LABELS).startswith(message)
