"""Order: the measurements as they run, and where their numbers are shown. A new measurement is added here."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurement import Entries, Measurement, Metrics
from tagline.evaluation.measurements import altered, basic, calibration, expected, scores, slices
from tagline.evaluation.promises import measurement
from tagline.evaluation.splits import SPLITS, TEST, VALIDATION
from tagline.labels import Labels
from tagline.metrics import doubts

# What a split of some hundred entities supports; more digits would differ between hosts of one precision.
COMPARED_DIGITS = 4


def measurements_of(params: Evaluate, labels: Labels) -> list[Measurement]:
    """List all measurements, in the order of their keys in reports/evaluate.json.

    `Promises` chooses a bias with which words are labelled; `CalibratedScores` corrects the scores of these labels,
    which `ExpectedScores` and `Promises` read.

    Raises:
        UserError: a param does not fit the labels.
    """
    return [
        scores.Scores(),
        basic.Model(),
        basic.Numbers(),
        slices.Slices(),
        calibration.CalibratedScores(),
        expected.ExpectedScores(),
        altered.AlteredForms(),
        measurement.Promises(params.promises or {}, labels),
    ]


# What is said below the table of scores: what they do not cover, then promises.
NOTES = (
    basic.notes,
    altered.notes,
    calibration.notes,
    expected.notes,
    measurement.notes,
)


class Column(NamedTuple):
    """A number of a split, on the page and in metrics/evaluate.json.

    Attributes:
        number: its keys in the entries of a split, or what reads it from them; a dictionary has one per type.
        title: on the page; empty: not shown.
        compared: its name in metrics/evaluate.json; empty: not there.
        digits: after the decimal point, on the page.
        of_reported: whether only the reported split is compared.
    """

    number: str | Callable[[Entries], Any]
    title: str = ""
    compared: str = ""
    digits: int = 3
    of_reported: bool = False

    def read(self, entries: Entries) -> Any:
        """Read it; None: the split does not have it."""
        if not isinstance(self.number, str):
            return self.number(entries)
        value: Any = entries
        for key in self.number.split("."):
            value = value.get(key, {})
        return None if value == {} else value


# Numbers of things are last on the page; metrics/evaluate.json begins with those of both splits.
COLUMNS = (
    Column("overall.precision", "precision", "precision"),
    Column("overall.recall", "recall", "recall"),
    Column("overall.accuracy", "word accuracy", "word_accuracy"),
    Column("loss", compared="loss"),
    Column(doubts.f1_not_in_train, "F1, sentences not in train", "f1_not_in_train"),
    Column("matching.exact.f1", "F1 without types"),
    Column("matching.type.f1", "F1 with overlaps"),
    Column("expected.f1.value", "F1, estimated without labels"),
    Column("matching.exact.number", "entities", digits=0),  # not of plain tags, whose words are counted
    Column("sentences", "sentences", digits=0),
    Column("words", "words", digits=0),
    Column("calibration.ece", compared="calibration_error", of_reported=True),
    Column(scores.f1_of_types, compared="f1", of_reported=True),
    Column("greedy.f1", compared="f1_greedy", of_reported=True),
    Column(altered.lowest_case, compared="f1_lowest_case", of_reported=True),
)


def shown(entries: Entries) -> list[tuple[str, str]]:
    """List the titles and numbers that the page shows beside F1."""
    texts = []
    for column in COLUMNS:
        number = column.read(entries)
        if column.title and number is not None:
            texts.append((column.title, f"{number:,.{column.digits}f}"))
    return texts


def compared(metrics: Metrics, best_epoch: int) -> dict[str, float | int]:
    """Choose the numbers that people compare between commits, for metrics/evaluate.json.

    test.f1 is first, as `dvc exp show` keeps their order; accuracy is called word_accuracy, as `dvc metrics diff` sorts
    them by name. Then validation.f1, train.best_epoch, the F1 of further test sets, and the `COLUMNS`.
    """
    splits = [split for split in (TEST, VALIDATION) if split in metrics]
    numbers: dict[str, float | int] = {f"{split}.f1": metrics[split]["overall"]["f1"] for split in splits}
    numbers["train.best_epoch"] = best_epoch
    for split in metrics:
        if split not in SPLITS:
            numbers[f"{split}.f1"] = metrics[split]["overall"]["f1"]
    of_each = [column for column in COLUMNS if column.compared and not column.of_reported]
    of_reported = [column for column in COLUMNS if column.compared and column.of_reported]
    for split, columns in [*((split, of_each) for split in splits), (splits[0], of_reported)]:
        for column in columns:
            value = column.read(metrics[split])
            name = f"{split}.{column.compared}"
            if isinstance(value, Mapping):
                numbers |= {f"{name}.{key}": number for key, number in value.items()}
            elif value is not None:
                numbers[name] = value
    return {name: round(number, COMPARED_DIGITS) for name, number in numbers.items()}
