"""Scores against the course chapter's figures, against seqeval, and against conlleval's rules by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score, classification_report, f1_score, precision_score, recall_score
from seqeval.scheme import IOB2
from sklearn.metrics import classification_report as report_of_tags

from tagline.labels.schemes import split_tag
from tagline.metrics.scores import count_repaired, score, strict

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def corpora(tags: list[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences of words, each with a gold and a predicted label."""
    return st.lists(st.lists(st.tuples(*[st.sampled_from(tags)] * 2), min_size=1, max_size=8), min_size=1, max_size=6)


def sides(rows: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    return [[a for a, _ in row] for row in rows], [[b for _, b in row] for row in rows]


def test_the_chapters_made_up_prediction() -> None:
    gold = ["B-ORG", "O", "B-MISC", "O", "O", "O", "B-MISC", "O", "O"]
    predicted = [*gold]
    predicted[2] = "O"
    scores = score([gold], [predicted], "spans")
    rounded = {
        name: [round(numbers[key], 2) for key in ("precision", "recall", "f1", "number")]
        for name, numbers in scores["per_type"].items()
    }
    assert rounded == {"MISC": [1.0, 0.5, 0.67, 2], "ORG": [1.0, 1.0, 1.0, 1]}
    overall = {key: round(value, 2) for key, value in scores["overall"].items()}
    assert overall == {"precision": 1.0, "recall": 0.67, "f1": 0.8, "accuracy": 0.89, "number": 3}


@pytest.mark.parametrize(
    ("gold", "predicted", "right", "found", "number"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", 1, 1, 1),
        ("B-PER I-PER O", "B-PER O O", 0, 1, 1),  # a wrong end
        ("B-PER I-PER O", "B-LOC I-LOC O", 0, 1, 1),  # a wrong type
        ("B-PER B-PER", "B-PER I-PER", 0, 1, 2),  # two taken for one
        ("B-PER I-PER", "B-PER B-PER", 0, 2, 1),  # one taken for two
        ("O B-PER", "O I-PER", 1, 1, 1),  # I- may start an entity
        ("B-PER I-PER", "B-PER I-LOC", 0, 2, 1),  # a change of type starts another
        ("O O", "B-LOC O", 0, 1, 0),
        ("B-LOC O", "O O", 0, 0, 1),
        ("O O", "O O", 0, 0, 0),
    ],
)
def test_conllevals_rules(gold: str, predicted: str, right: int, found: int, number: int) -> None:
    overall = score([gold.split()], [predicted.split()], "spans")["overall"]
    assert overall["number"] == number
    assert overall["precision"] == pytest.approx(right / found if found else 0)
    assert overall["recall"] == pytest.approx(right / number if number else 0)


@given(corpora(TAGS))
def test_equal_to_seqeval(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    overall = score(gold, predicted, "spans")["overall"]
    reference = {
        "precision": precision_score(gold, predicted, zero_division=0),
        "recall": recall_score(gold, predicted, zero_division=0),
        "f1": f1_score(gold, predicted, zero_division=0),
        "accuracy": accuracy_score(gold, predicted),
    }
    assert {name: overall[name] for name in reference} == pytest.approx(reference, abs=1e-6)


@given(corpora(TAGS))
def test_types_are_equal_to_seqevals(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    each = score(gold, predicted, "spans")["per_type"]
    assert list(each) == sorted({split_tag(tag)[1] for row in rows for pair in row for tag in pair} - {""})
    if each:
        report = classification_report(gold, predicted, output_dict=True, zero_division=0)
        for name, numbers in each.items():
            expected = [report[name][key] for key in ("precision", "recall", "f1-score", "support")]
            assert list(numbers.values()) == pytest.approx(expected, abs=1e-6)


def legal(labels: list[str]) -> bool:
    return all(
        not label.startswith("I-") or before in (label, "B" + label[1:])
        for before, label in zip(["O", *labels], labels, strict=False)
    )


@given(corpora(TAGS))
def test_strict_is_equal_to_seqevals(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    reference = {
        name: of(gold, predicted, mode="strict", scheme=IOB2, zero_division=0)
        for name, of in {"precision": precision_score, "recall": recall_score, "f1": f1_score}.items()
    }
    found = strict(gold, predicted)
    assert {name: found[name] for name in reference} == pytest.approx(reference, abs=1e-6)


@given(corpora(TAGS))
def test_without_repairs_strict_is_the_same(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides([row for row in rows if all(map(legal, zip(*row, strict=True)))])
    if gold:
        assert count_repaired(predicted) == 0
        overall = score(gold, predicted, "spans")["overall"]
        assert strict(gold, predicted) == {name: overall[name] for name in ("precision", "recall", "f1", "number")}


@pytest.mark.parametrize(
    ("labels", "repaired"),
    [
        ("O B-PER I-PER O", 0),
        ("I-PER", 1),
        ("O I-PER I-PER", 1),  # the second one goes on with what the first was repaired to begin
        ("B-PER I-LOC I-LOC", 1),
        ("B-PER O I-PER", 1),
        ("I-PER I-LOC I-PER", 3),
    ],
)
def test_repaired_labels_are_those_that_begin_without_b(labels: str, repaired: int) -> None:
    assert count_repaired([labels.split(), ["O"]]) == repaired


def test_a_sentence_does_not_go_on_with_the_one_before() -> None:
    assert count_repaired([["B-PER"], ["I-PER"]]) == 1


def test_strict_takes_no_entity_that_b_does_not_begin() -> None:
    gold, predicted = [["B-PER", "O", "B-LOC"]], [["I-PER", "O", "B-LOC"]]
    assert score(gold, predicted, "spans")["overall"]["recall"] == 1
    assert strict(gold, predicted) == {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "number": 2}


@pytest.mark.parametrize("name", ["micro avg", "macro avg", "weighted avg", "O", "_", "a-b", "overall"])
def test_types_of_any_name(name: str) -> None:
    gold, predicted = [[f"B-{name}", f"I-{name}", "O", "B-X"]], [[f"B-{name}", f"I-{name}", "O", "O"]]
    scores = score(gold, predicted, "spans")
    assert scores["per_type"] == {
        **{"X": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "number": 1}},
        **{name: {"precision": 1.0, "recall": 1.0, "f1": 1.0, "number": 1}},
    }
    assert scores["overall"]["recall"] == strict(gold, predicted)["recall"] == 0.5
    tagged = score([[name, "X"]], [[name, name]], "tags")
    assert tagged["per_type"][name] == {"precision": 0.5, "recall": 1.0, "f1": 0.666667, "number": 1}


@given(corpora(["NOUN", "VERB", "O", "micro avg"]))
def test_plain_tags_are_equal_to_sklearns(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = sides(rows)
    flat = [[tag for row in side for tag in row] for side in (gold, predicted)]
    scores = score(gold, predicted, "tags")
    assert list(scores["per_type"]) == sorted(set(flat[0]))
    for tag, numbers in scores["per_type"].items():
        expected = report_of_tags(*([one == tag for one in side] for side in flat), output_dict=True, zero_division=0)
        assert list(numbers.values()) == pytest.approx(list(expected["True"].values()), abs=1e-6)
    f1 = [numbers["f1"] for numbers in scores["per_type"].values()]
    assert scores["overall"]["f1"] == pytest.approx(sum(f1) / len(f1), abs=1e-5)
    right = sum(a == b for a, b in zip(*flat, strict=True))
    assert scores["overall"]["accuracy"] == pytest.approx(right / len(flat[0]), abs=1e-6)


def test_plain_tags_keep_their_letters_and_are_averaged_over_tags() -> None:
    scores = score([["NOUN", "VERB"], ["NOUN"]], [["NOUN", "NOUN"], ["NOUN"]], "tags")
    assert scores["per_type"] == {
        "NOUN": {"precision": 0.666667, "recall": 1.0, "f1": 0.8, "number": 2},
        "VERB": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "number": 1},
    }
    assert scores["overall"] == {"precision": 0.333333, "recall": 0.5, "f1": 0.4, "accuracy": 0.666667, "number": 3}


def test_types_come_out_sorted() -> None:
    scores = score([["B-Z", "B-A"]], [["B-Z", "B-M"]], "spans")
    assert list(scores["per_type"]) == ["A", "M", "Z"]
