"""The columns of all tables of scores."""

from typing import NamedTuple


class ScoreColumn(NamedTuple):
    """A column of all tables of scores.

    Attributes:
        key: of the score in reports/evaluate.json.
        short: title where there is little room.
        has_interval: whether each type's score has its 95 % interval.
    """

    key: str
    title: str
    short: str = ""
    has_interval: bool = False


PRECISION = ScoreColumn("precision", "precision", short="prec.")
RECALL = ScoreColumn("recall", "recall")
F1 = ScoreColumn("f1", "F1", has_interval=True)
# What each type has.
SCORES_OF_TYPES = (PRECISION, RECALL, F1)
# What the Hub has a name for, of all types together, with intervals in reports/evaluate.json. Accuracy is of all words.
OVERALL_SCORES = (PRECISION, RECALL, F1, ScoreColumn("accuracy", "accuracy"))
