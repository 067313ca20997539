"""Precision: how often the promise is broken, what it needs, and what is reported of it."""

from dataclasses import replace
from itertools import combinations_with_replacement
from math import factorial, prod

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.evaluation.promises.precision import ChosenScore, Predicted, choose_score, find_score
from tagline.evaluation.promises.promises_params import ALL, PrecisionPromise
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import WHOLE, flatten

HALF = PrecisionPromise(at_least=0.5, confidence=0.75)


# The shares of three scores, from the highest on, and the precision of each.
BREAKABLE = [((0.2, 0.4, 0.4), (0.49, 0.49, 0.49)), ((0.5, 0.2, 0.3), (0.7, 0.3, 0.0)), ((0.5, 0.4, 0.1), (0.99, 0, 0))]


@pytest.mark.parametrize("shares, right", BREAKABLE, ids=str)
def test_promise_is_broken_at_most_as_often_as_stated(shares, right):
    """All outcomes of eight entities are enumerated, each with its probability."""
    cells = [share * each for share, of_score in zip(shares, right, strict=True) for each in (of_score, 1 - of_score)]
    precisions = dict(zip((0.9, 0.8, 0.7), np.cumsum(cells[::2]) / np.cumsum(shares), strict=True))
    broken = total = 0.0
    for outcome in combinations_with_replacement(range(6), 8):
        numbers = np.bincount(outcome, minlength=6).tolist()
        probability = factorial(8) * prod(cell**n / factorial(n) for cell, n in zip(cells, numbers, strict=True))
        scores, is_wrong = np.repeat([*precisions], 2)[[*outcome]], np.array(outcome) % 2 == 1
        score, _ = find_score(Predicted(scores, is_wrong, np.arange(8), 8), "entities", HALF)
        total += probability
        broken += probability * (score is not None and precisions[score] < 0.5)
    assert total == pytest.approx(1)
    assert 0 < broken <= 1 - HALF.confidence


def test_entities_of_a_type_are_sorted_by_score():
    split = sentences(["B-X O", "B-X B-Y", "O O"], ["B-X B-X", "O B-Y", "B-X O"], scores=[[0.875, 0.625]] * 3)
    found = Predicted.of(flatten(split), ["X"])
    assert [values.tolist() for values in found[:3]] == [[0.875, 0.875, 0.625], [False, True, True], [0, 2, 0]]
    reached = ChosenScore(["X"], 0.7, "").reached(ScoredSplit("spans", split, 0))
    assert reached == {"number": 3, "score": 0.7, "share": 0.666667, "precision": 0.5, "recall": 0.5}


def test_sentences_are_right_with_all_their_entities_and_have_the_lowest_score():
    gold, predicted = ["B-X O", "B-X B-Y", "O O", "B-X O"], ["B-X O", "B-X B-X", "O B-Y", "B-X O"]
    split = sentences(gold, predicted, scores=[[0.9, 0.5], [0.9, 0.8], [0.7, 0.75], [0.9, 0]])
    found = Predicted.of(flatten(split), [WHOLE])
    assert found.scores.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.5])
    assert found.sentences.tolist() == [3, 1, 2, 0]
    assert found.is_wrong.tolist() == [False, True, True, False]
    assert ChosenScore([WHOLE], 0.85, "").reached(ScoredSplit("spans", split, 0))["precision"] == 1
    whole = [replace(each, accept={WHOLE: 0.6}) for each in split]
    assert [each.is_promised for each in whole] == [False, True, True, True]
    assert whole[0].is_accepted(split[0].predicted_entities[0]) is None
    assert split[0].is_promised is None and replace(split[0], accept={"X": 0.6}).is_promised is None


def test_statement_of_whole_sentences_counts_sentences():
    words = [[str(row), "a", "b"] for row in range(4)]
    split = ScoredSplit("spans", sentences(*RIGHT, words=words), 0)
    choice, many = (choose_score(split, WHOLE, promise) for promise in (HALF, MANY))
    assert choice.score == 1 and "50 % of the sentences of later texts with a score of at least 1" in choice.statement
    assert many.score is None and "0 of 4 sentences are wrong; expected at least 10 sentences" in many.statement


RIGHT, WRONG = (["B-X O B-Y"] * 4, ["B-X O B-Y"] * 4), (["O O"] * 4, ["B-X O"] * 4)
MANY = PrecisionPromise(at_least=0.86, confidence=0.75)
DOCUMENT = "of the X entities of a later document, on average, with a score of at least 1 are right, if"
NOBODY = "at best, 0 of 0 entities are wrong; expected at least 2 entities, none of them wrong; annotate more"
CASES = [
    (ALL, HALF, RIGHT, None, "50 % of the entities of later texts with a score of at least 1 are right, if", True),
    ("X", HALF, RIGHT, None, "of the X entities of later texts", True),
    ("X", HALF, RIGHT, [0, 1, 2, 3], DOCUMENT, True),
    (ALL, MANY, RIGHT, None, "0 of 8 entities are wrong; expected at least 10 entities, none of them wrong", False),
    ("X", MANY, RIGHT, [0, 0, 1, 1], "at best, 0 of 2 documents are wrong; expected", False),
    ("X", HALF, WRONG, None, "at best, 4 of 4 entities are wrong; expected at most 0; annot", False),
    (ALL, HALF, (["B-X O"], ["O O"]), None, NOBODY, False),
]


@pytest.mark.parametrize("name, promise, given, documents, said, kept", CASES)
def test_promise_or_what_it_needs_is_reported(name, promise, given, documents, said, kept):
    words = [[f"w{row}-{index}" for index in range(len(labels.split()))] for row, labels in enumerate(given[0])]
    validation = ScoredSplit("spans", sentences(*given, words=words), 0)
    if documents:
        validation = replace(validation, documents=np.array(documents))
    choice = choose_score(validation, name, promise)
    assert said in choice.statement
    assert (choice.score == 1) == kept
    of_test = choice.reached(ScoredSplit("spans", sentences(["B-X O"], ["O O"]), 0))
    assert of_test["number"] == 0 and "precision" not in of_test
    if kept:
        assert [choice.reached(validation)[key] for key in ("score", "share", "precision", "recall")] == [1] * 4
        assert [of_test[key] for key in ("share", "recall")] == [0, 0]


def found(wrong, number, precision):
    """The score for entities of falling scores, of which some are wrong by their index."""
    predicted = Predicted(np.linspace(1, 0.5, number), np.isin(np.arange(number), wrong), np.arange(number), number)
    return find_score(predicted, "X entities", PrecisionPromise(at_least=precision, confidence=0.9))


# The highest score is wrong, and others at equal distances.
@pytest.mark.parametrize("number, wrong, precision", [(152, 6, 0.8), (20_000, 1600, 0.9)])
def test_errors_among_the_highest_scores_do_not_refuse_what_validation_keeps(number, wrong, precision):
    score, said = found(np.linspace(0, number - 1, wrong).astype(int), number, precision)
    assert score == 0.5
    assert "of the X entities of later texts with a score of at least 0.5 are right, if" in said
    assert said.endswith(f"; {wrong} of {number:,} entities are wrong there")


def test_refusal_shows_the_start_that_is_nearest_to_a_promise():
    """Of the first 17 entities 5 are wrong, of 69 there are 10, of 272 and all 400 most."""
    score, said = found([0, 2, 4, 6, 8, 20, 30, 40, 50, 60, *range(69, 400)], 400, 0.8)
    assert score is None
    assert "with the highest scores are right: at best, 10 of 69 entities are wrong; expected at most 7; annot" in said


def test_equal_sentences_count_once_unless_documents_are_known():
    tagged = sentences(["B-X"] * 8, ["B-X"] * 8, words=["Ada"] * 6 + ["Bo", "Cy"])
    validation = ScoredSplit("spans", tagged, 0)
    promise = PrecisionPromise(at_least=0.5, confidence=0.9)
    choice = choose_score(validation, "X", promise)
    assert choice.reached(validation)["number"] == 8
    assert "at best, 0 of 3 entities are wrong; expected at least 4 entities, none" in choice.statement
    assert choice.statement.endswith("; equal sentences count once")
    of_documents = choose_score(replace(validation, documents=np.arange(8)), "X", promise).statement
    assert of_documents.endswith("0 of 8 documents are wrong there")
