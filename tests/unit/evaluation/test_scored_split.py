"""Scored split: seqeval gives the scores of entities, and our counts must agree."""

import pytest
from helpers.evaluations import metrics_of
from helpers.tagged import sentences
from hypothesis import example, given
from hypothesis import strategies as st

from tagline.core.errors import UserError
from tagline.evaluation.scored_split import ScoredSplit, scores_of_record
from tagline.metrics.scores import count, score

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
GOLD = st.sampled_from([*TAGS, "?", "O|B-LOC|I-LOC"])
ROWS = st.lists(st.lists(st.tuples(GOLD, st.sampled_from(TAGS)), min_size=1, max_size=8), max_size=6)


@given(ROWS)
@example([])
def test_seqeval_agrees_with_our_counts_also_where_labels_are_unknown(rows: list[list[tuple[str, str]]]) -> None:
    found = sentences([[gold for gold, _ in row] for row in rows], [[label for _, label in row] for row in rows])
    counts = count(found, "spans")
    record, ours = scores_of_record(found, counts), score(counts)
    assert record.keys() == ours.keys()
    assert record["overall"] == pytest.approx(ours["overall"], abs=1e-6)
    assert record["per_type"] == {name: pytest.approx(of, abs=1e-6) for name, of in ours["per_type"].items()}


@pytest.mark.parametrize(
    ("counted", "numbers"),
    [
        ("B-X O B-Y", "precision of all types is 0.5 by seqeval and 1 by our own counts"),
        ("B-X I-X O", "number of types is 2 by seqeval and 1 by our own counts"),
    ],
)
def test_counts_that_disagree_with_seqeval_fail_with_both_numbers(counted: str, numbers: str) -> None:
    split = ScoredSplit("spans", sentences(["B-X O B-Y"], ["B-X I-X B-Y"]), 0)
    vars(split)["counts"] = count(sentences([counted], [counted]), "spans")
    with pytest.raises(UserError, match=f"^evaluate: {numbers}; expected the same number; report both"):
        metrics_of(split)
