"""The columns of all tables of scores: in the terminal, on the page, on the card and in plots/per_type.csv."""

from typing import NamedTuple


class ScoreColumn(NamedTuple):
    """A column of all tables of scores.

    Attributes:
        key: of the score in reports/evaluate.json.
        title: its heading.
        short: its heading where there is little room; empty: the title.
        digits: after the decimal point, where people read it.
        has_interval: whether the score of each type has its 95 % interval.
    """

    key: str
    title: str
    short: str = ""
    digits: int = 3
    has_interval: bool = False


# What each type has.
SCORES_OF_TYPES = (
    ScoreColumn("precision", "precision", short="prec."),
    ScoreColumn("recall", "recall"),
    ScoreColumn("f1", "F1", has_interval=True),
)
# What all types together have: each with an interval in reports/evaluate.json, and a name that the Hub knows. Accuracy
# is of all words, so types do not have it.
OVERALL_SCORES = (*SCORES_OF_TYPES, ScoreColumn("accuracy", "accuracy"))
