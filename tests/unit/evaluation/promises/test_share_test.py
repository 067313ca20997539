"""Share test: what may be missed, and what it says."""

import numpy as np
import pytest
from scipy.stats import binomtest

from tagline.evaluation.promises.share_test import ShareTest, least_step


def test_entities_that_may_be_missed():
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
    assert test._replace(confidence=None, number=100).passes([5, 6]).tolist() == [True, False]


SEQUENCES = [("011", [2], 1), ("111", [2], 0), ("110", [2], None), ("010110", [1, 4], 1), ("010110", [5], None)]


@pytest.mark.parametrize("passes, starts, expected", SEQUENCES)
def test_sequences_go_down_until_a_step_fails(passes, starts, expected):
    assert least_step(np.array([*passes]) == "1", starts) == expected


STATEMENTS = [
    (
        *(True, 0.9, False, 152, 3),
        "With 90 % confidence, at least 95 % of the X entities of later texts are found, if texts are like those of "
        "validation and entities independent of each other; 3 of 152 entities are missed there",
    ),
    (True, 0.9, True, 152, 1.5, "% of the X entities of a later document, on average, are found, if texts are like"),
    (True, None, False, 152, 3, "On validation, which chose the bias, at least 95 % of the X entities are found; 3 of"),
    (False, None, False, 0, 0, "0 of 0 entities are missed; expected at least 1 entities, none of them missed; annot"),
    (False, None, False, 152, 8, "8 of 152 entities are missed; expected at most 7; annotate more, lower at_least or"),
    (
        *(False, 0.9, False, 30, 0),
        "Validation does not show that at least 95 % of the X entities are found: at best, 0 of 30 entities are missed; "
        "expected at least 45 entities, none of them missed; annotate more, lower at_least or improve the model",
    ),
    (False, 0.9, True, 152, 4.5, "4.5 of 152 documents are missed; expected at most 2; annotate more, "),
    (False, 0.9, False, 152, 2, "are found with a bias with which the other promises hold; leave some of them out"),
]


@pytest.mark.parametrize("kept, confidence, of_documents, number, missed, said", STATEMENTS)
def test_statement_has_the_assumptions_or_what_is_needed(kept, confidence, of_documents, number, missed, said):
    test = ShareTest(0.95, confidence, 1, of_documents, number)
    assert said in test.statement(kept, missed, "X entities", "are found", "missed")
