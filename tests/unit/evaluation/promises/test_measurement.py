"""Promises: their params, what a split reaches of a recall, and how both are shown."""

from types import SimpleNamespace

import pytest
from helpers.messages import refused
from helpers.tagged import sentences

from tagline.artifacts.predictions import Settings
from tagline.evaluation.measurement import Labelled
from tagline.evaluation.promises.measurement import Promises, notes
from tagline.evaluation.promises.promises_params import ALL, RecallPromise, TypePromises
from tagline.evaluation.promises.recall import reached
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import Labels
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import count

SPANS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")
TAGS = Labels("pos", "tags", ("X", "Y"), "X")
RECALL = {"recall": {"at_least": 0.9, "found": "covered"}}
test_promises_fit_the_labels = refused(
    lambda _, name, promise, labels: Promises({name: TypePromises.model_validate(promise)}, labels),
    ("B-X", RECALL, SPANS, "B-X: the task ner does not have this type; expected one of X, Y, or for a precision all "),
    (ALL, RECALL, SPANS, "all types: the task ner does not have this type; expected one of X"),
    ("X", RECALL, TAGS, "X.recall.found: the task pos has a tag for each word, so that all words are covered; expect"),
    at="evaluate.promises.",
)


@pytest.mark.parametrize("names", [("X", ALL), (ALL, "X")])
def test_type_with_a_promise_of_its_own_is_not_among_all_types(names):
    """All Y are right; half of the X are wrong, which is refused, so that no X is accepted whatever is promised of Y."""
    words = [[f"{row}", "a", "b"] for row in range(20)]
    half_wrong = sentences(["B-X O B-Y", "O O B-Y"] * 10, ["B-X O B-Y"] * 20, words=words)
    promise = TypePromises.model_validate({"precision": {"at_least": 0.7, "confidence": 0.9}})
    promises = Promises(dict.fromkeys(names, promise), SPANS)
    inputs = SimpleNamespace(document_numbers=lambda _: None)
    labelled = Labelled(inputs, None, {"validation": ScoredSplit("spans", half_wrong, 0)}, Settings("fp32"))
    promises.after_labels(labelled)
    assert promises.scores["X"].score is None
    assert labelled.settings.accept == {"Y": 1.0}
    assert promises.scores[ALL].statement.endswith("; of types without a promise of their own: Y")


def test_recall_of_a_split_has_its_interval():
    only = sentences(["B-X O", "B-X O", "O O"], ["B-X B-X", "O O", "O O"])
    found, lacking = (reached(ScoredSplit("spans", only, 0), type_, RecallPromise(at_least=0.5)) for type_ in "XY")
    # Only X is predicted or in gold: its interval is that of all types together.
    assert found == {"value": 0.5} | intervals(count(only, "spans"))["overall"]["recall"]
    assert lacking == {"value": 0, "low": 0, "high": 0}


def test_recalls_and_precisions_are_one_table():
    recall = {"at_least": 0.95, "found": "covered", "bias": 1.5, "value": 0.951, "low": 0.9, "high": 1.0}
    precision = {"at_least": 0.97, "score": 0.61234, "share": 0.5, "precision": 0.975, "statement": "Yes"}
    of_split = {
        "recall": {"\x1bX": recall | {"statement": "\x1b"}},
        "precision": {"Y": precision, ALL: {"at_least": 0.97, "statement": "No"}},
    }
    table, *said = notes({split: {"promises": of_split} for split in ("validation", "test", "tests.a")})
    assert [" ".join(row.split()) for row in table.splitlines()[2:]] == [
        r"\x1bX covered recall >= 0.95 bias +1.5 0.951 (0.900-1.000) 0.951 (0.900-1.000)",
        "Y precision >= 0.97 score 0.612 0.975 of 50.0% 0.975 of 50.0%",
        "all types precision >= 0.97 none none none",
    ]
    assert said == [r"evaluate.promises: \x1b", "evaluate.promises: Yes", "evaluate.promises: No"]
    assert [*notes({"validation": {}})] == []
