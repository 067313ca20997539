"""Promise: how often it is broken on made texts, what it needs, and what it says."""

import numpy as np
import pytest
from helpers.windows import LABELS
from scipy.stats import binomtest

from tagline.evaluation.bias_search import count_at_each_step, promised_biases
from tagline.evaluation.promise import ShareTest, least_step
from tagline.evaluation.targets import TypeTarget
from tagline.model.heads.linear import LinearHead
from tagline.model.prediction import Chunk

RUNS, CONFIDENCE = 300, 0.9


def test_entities_that_may_be_missed() -> None:
    test = ShareTest(0.95, 0.9, sequences=1, of_documents=False, number=152)
    expected = [binomtest(missed, 152, 0.05, "less").pvalue for missed in range(10)]
    np.testing.assert_allclose(test.p_values(np.arange(10), 152), expected)
    assert test.passes([3, 4]).tolist() == [True, False]
    # Shares of documents: the same without a miss, else more cautious.
    of_documents = test._replace(of_documents=True)
    values = of_documents.p_values(np.arange(10), 152)
    assert values[0] == pytest.approx(expected[0])
    assert (values[1:] > expected[1:]).all()
    assert of_documents.passes([2, 3]).tolist() == [True, False]


SEQUENCES = [("011", [2], 1), ("111", [2], 0), ("110", [2], None), ("010110", [1, 4], 1), ("010110", [5], None)]


@pytest.mark.parametrize(("passes", "starts", "expected"), SEQUENCES)
def test_sequences_go_down_until_a_step_fails(passes: str, starts: list[int], expected: int | None) -> None:
    assert least_step(np.array([step == "1" for step in passes]), starts) == expected


@pytest.mark.parametrize("of_documents", [False, True])
def test_share_of_broken_promises(of_documents: bool) -> None:
    """Each document's entities are missed below a bias of its own, so that the true recall of each step is known."""
    generator = np.random.default_rng(7)
    broken = kept = 0
    for _ in range(RUNS):
        # 80 documents of 3 entities that need the same bias, or 240 entities by themselves, in steps of 1 / 16.
        needs = np.repeat(generator.integers(0, 160, 80), 3) if of_documents else generator.integers(0, 160, 240)
        scores = np.zeros((len(needs), 3), np.float32)
        scores[:, 1] = -needs / 16 + 1 / 32
        scores[:, 2] = -20
        size = len(needs)
        chunk = Chunk(scores, np.ones(size, np.int64), np.ones(size, bool))
        documents = np.repeat(np.arange(80), 3) if of_documents else None
        goal = TypeTarget("X", 0.8, "covered", CONFIDENCE)
        counts = count_at_each_step([chunk], np.ones(size, np.int32), LinearHead(LABELS), [goal], documents)
        found = promised_biases(counts, [goal], of_documents)["X"]
        assert found.promise is not None
        assert found.promise.number == (80 if of_documents else 240)
        kept += found.promise.kept
        broken += found.promise.kept and (found.bias * 16 + 1) / 160 < 0.8
    assert kept == RUNS
    assert 0 < broken <= RUNS * (1 - CONFIDENCE)


def test_statement_of_a_promise_has_its_assumptions() -> None:
    assert ShareTest(0.95, 0.9, 1, False, 152).promise(True, 3).statement("PER", 0.95, "covered") == (
        "With 90 % confidence, at least 95 % of the PER entities of later texts are found (each word is in a predicted "
        "entity), if texts are like those of validation and entities independent of each other; 3 of 152 entities are "
        "missed there"
    )


IMPOSSIBLE = [
    (False, 30, 0, "validation has 30 entities; expected at least 45, even if none is missed; annotate 15 more"),
    (True, 1, 0, "validation has 1 document; expected at least 45, even if none is missed; annotate 44 more"),
    (True, 152, 4.5, "the safest bias misses 4.5 of 152 documents of validation; expected at most 2; annotate abo"),
    (False, 152, 8, "the safest bias misses 8 of 152 entities of validation; expected at most 3; lower at_least o"),
    (False, 152, 2, "its own test passes, but not with a bias that keeps the others' promises; leave some of them"),
]


@pytest.mark.parametrize(("of_documents", "number", "missed", "reason"), IMPOSSIBLE)
def test_promise_that_can_not_be_made_says_why(of_documents: bool, number: int, missed: float, reason: str) -> None:
    promise = ShareTest(0.95, 0.9, 1, of_documents, number).promise(False, missed)
    assert promise.statement("PER", 0.95, "covered").startswith(f"No promise for PER: {reason}")
