"""Scores: the course chapter's example, conlleval's rule by hand, and seqeval and scikit-learn as references."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import pytest
from helpers.tagged import Row, sentences, sides
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score, classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities
from sklearn.metrics import accuracy_score as accuracy_of_tags
from sklearn.metrics import precision_recall_fscore_support

from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag
from tagline.labels.tagged import TaggedSentence
from tagline.metrics import scores
from tagline.metrics.counts import count
from tagline.metrics.scores import count_repaired, strict

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def corpora(tags: list[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences with a gold and a predicted label per word."""
    return st.lists(st.lists(st.tuples(*[st.sampled_from(tags)] * 2), min_size=1, max_size=8), min_size=1, max_size=6)


def score(sentences: Sequence[TaggedSentence], kind: Kind = "spans") -> dict[str, Any]:
    return scores.score(count(sentences, kind))


def predictions(*rows: Row) -> list[TaggedSentence]:
    """Sentences with predicted labels, which are their gold labels too."""
    return sentences(rows, rows)


def test_chapter_example() -> None:
    gold = ["B-ORG", "O", "B-MISC", "O", "O", "O", "B-MISC", "O", "O"]
    predicted = [*gold]
    predicted[2] = "O"
    found = score(sentences([gold], [predicted]))
    rounded = {
        name: [round(numbers[key], 2) for key in ("precision", "recall", "f1", "number")]
        for name, numbers in found["per_type"].items()
    }
    assert rounded == {"MISC": [1.0, 0.5, 0.67, 2], "ORG": [1.0, 1.0, 1.0, 1]}
    overall = {key: round(value, 2) for key, value in found["overall"].items()}
    assert overall == {"precision": 1.0, "recall": 0.67, "f1": 0.8, "accuracy": 0.89, "number": 3}


@pytest.mark.parametrize(
    ("gold", "predicted", "correct", "predicted_number", "gold_number"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", 1, 1, 1),
        ("B-PER I-PER O", "B-PER O O", 0, 1, 1),  # another end
        ("B-PER I-PER O", "B-LOC I-LOC O", 0, 1, 1),  # another type
        ("B-PER B-PER", "B-PER I-PER", 0, 1, 2),  # one entity predicted for two
        ("B-PER I-PER", "B-PER B-PER", 0, 2, 1),  # two entities predicted for one
        ("O B-PER", "O I-PER", 1, 1, 1),  # I- may start an entity
        ("B-PER I-PER", "B-PER I-LOC", 0, 2, 1),  # another type starts an entity
        ("O O", "B-LOC O", 0, 1, 0),
        ("B-LOC O", "O O", 0, 0, 1),
        ("O O", "O O", 0, 0, 0),
    ],
)
def test_conlleval_rule(gold: str, predicted: str, correct: int, predicted_number: int, gold_number: int) -> None:
    overall = score(sentences([gold], [predicted]))["overall"]
    assert overall["number"] == gold_number
    assert overall["precision"] == pytest.approx(correct / predicted_number if predicted_number else 0)
    assert overall["recall"] == pytest.approx(correct / gold_number if gold_number else 0)


@given(corpora(TAGS))
def test_overall_is_equal_to_seqeval(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    overall = score(sentences(gold, predicted))["overall"]
    reference = {
        "precision": precision_score(gold, predicted, zero_division=0),
        "recall": recall_score(gold, predicted, zero_division=0),
        "f1": f1_score(gold, predicted, zero_division=0),
        "accuracy": accuracy_score(gold, predicted),
    }
    assert {name: overall[name] for name in reference} == pytest.approx(reference, abs=1e-6)


@given(corpora(TAGS))
def test_types_are_equal_to_seqeval(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    found = score(sentences(gold, predicted))
    per_type = found["per_type"]
    assert list(per_type) == sorted({split_tag(tag)[1] for row in rows for pair in row for tag in pair} - {""})
    if per_type:
        report = classification_report(gold, predicted, output_dict=True, zero_division=0)
        assert found["overall"]["number"] == report["micro avg"]["support"]
        for name, numbers in per_type.items():
            expected = [report[name][key] for key in ("precision", "recall", "f1-score", "support")]
            assert list(numbers.values()) == pytest.approx(expected, abs=1e-6)


def legal(labels: list[str]) -> bool:
    return all(
        not label.startswith("I-") or before in (label, "B" + label[1:])
        for before, label in zip(["O", *labels], labels, strict=False)
    )


@given(corpora(TAGS))
def test_strict_is_equal_to_seqeval(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    references = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    expected = {
        name: reference(gold, predicted, mode="strict", scheme=IOB2, zero_division=0)
        for name, reference in references.items()
    }
    found = strict(sentences(gold, predicted))
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert found["number"] == sum(map(len, Entities(gold, IOB2).entities))


def repair(labels: list[str]) -> list[str]:
    """Read labels with seqeval's default mode and write them as legal IOB2."""
    repaired = ["O"] * len(labels)
    for type_, start, last in get_entities(labels):
        repaired[start : last + 1] = [f"B-{type_}", *[f"I-{type_}"] * (last - start)]
    return repaired


@given(corpora(TAGS))
def test_repaired_labels_are_those_that_seqeval_reads_as_another(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    changed = [a != b for row in predicted for a, b in zip(row, repair(row), strict=True)]
    assert count_repaired(sentences(gold, predicted)) == sum(changed)


@given(corpora(TAGS))
def test_strict_is_the_default_score_of_legal_labels(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = (list(map(repair, side)) for side in sides(rows))
    legal = sentences(gold, predicted)
    assert count_repaired(legal) == 0
    overall = score(legal)["overall"]
    assert strict(legal) == {name: overall[name] for name in ("precision", "recall", "f1", "number")}


@pytest.mark.parametrize(
    ("labels", "repaired"),
    [
        ("O B-PER I-PER O", 0),
        ("I-PER", 1),
        ("O I-PER I-PER", 1),  # the second one continues the entity that the first one starts
        ("B-PER I-LOC I-LOC", 1),
        ("B-PER O I-PER", 1),
        ("I-PER I-LOC I-PER", 3),
    ],
)
def test_count_repaired(labels: str, repaired: int) -> None:
    assert count_repaired(predictions(labels, "O")) == repaired


def test_sentence_does_not_continue_the_previous_one() -> None:
    assert count_repaired(predictions("B-PER", "I-PER")) == 1


def test_strict_ignores_entities_without_b() -> None:
    found = sentences(["B-PER O B-LOC"], ["I-PER O B-LOC"])
    assert score(found)["overall"]["recall"] == 1
    assert strict(found) == {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "number": 2}


@pytest.mark.parametrize("name", ["micro avg", "macro avg", "weighted avg", "O", "_", "a-b", "overall"])
def test_types_of_any_name(name: str) -> None:
    spans = sentences([[f"B-{name}", f"I-{name}", "O", "B-X"]], [[f"B-{name}", f"I-{name}", "O", "O"]])
    found = score(spans)
    assert found["per_type"] == {
        "X": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "number": 1},
        name: {"precision": 1.0, "recall": 1.0, "f1": 1.0, "number": 1},
    }
    assert found["overall"]["recall"] == strict(spans)["recall"] == 0.5
    tags = score(sentences([[name, "X"]], [[name, name]], "tags"), "tags")
    assert tags["per_type"][name] == {"precision": 0.5, "recall": 1.0, "f1": 0.666667, "number": 1}


@given(corpora(["NOUN", "VERB", "O", "micro avg"]))
def test_plain_tags_are_equal_to_scikit_learn(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    found = score(sentences(gold, predicted, "tags"), "tags")
    flat = list(chain(*gold)), list(chain(*predicted))
    tags = sorted(set(flat[0]))
    assert list(found["per_type"]) == tags
    per_tag = precision_recall_fscore_support(*flat, labels=tags, zero_division=0)
    for numbers, *expected in zip(found["per_type"].values(), *per_tag, strict=True):
        assert list(numbers.values()) == pytest.approx(expected, abs=1e-6)
    macro = precision_recall_fscore_support(*flat, labels=tags, average="macro", zero_division=0)[:3]
    overall = found["overall"]
    assert [overall[name] for name in ("precision", "recall", "f1")] == pytest.approx(macro, abs=1e-6)
    assert overall["accuracy"] == pytest.approx(accuracy_of_tags(*flat), abs=1e-6)
    assert overall["number"] == len(flat[0])


def test_plain_tags_are_whole_names_and_macro_averaged() -> None:
    found = score(sentences(["NOUN VERB", "NOUN"], ["NOUN NOUN", "NOUN"], "tags"), "tags")
    assert found["per_type"] == {
        "NOUN": {"precision": 0.666667, "recall": 1.0, "f1": 0.8, "number": 2},
        "VERB": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "number": 1},
    }
    assert found["overall"] == {"precision": 0.333333, "recall": 0.5, "f1": 0.4, "accuracy": 0.666667, "number": 3}


def test_types_are_sorted() -> None:
    assert list(score(sentences(["B-Z B-A"], ["B-Z B-M"]))["per_type"]) == ["A", "M", "Z"]


def test_nothing_to_score() -> None:
    zeros = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "accuracy": 0.0, "number": 0}
    for kind in ("spans", "tags"):
        assert score([], kind) == {"overall": zeros, "per_type": {}}
    assert strict([]) == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "number": 0}
    assert count_repaired([]) == 0
