"""Parity: compares the predictions of an exported backend with those of the trained model, word by word.

And conformance.jsonl, with which an implementation in another language compares its own.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tagline.artifacts.tokenized import Split
from tagline.inference import Document, Tagger
from tagline.inference.documents import mentions
from tagline.labels import NO_BIASES, AnyInts, Biases, Floats, Ints, Labels, TaggedSentence, TaggedSentences
from tagline.metrics.scores import count, rounded, score
from tagline.metrics.significance import Difference, differences
from tagline.model.backends import Backend
from tagline.model.backends.torch_model import TorchModel
from tagline.model.batches import default_size
from tagline.model.heads.head import Head
from tagline.model.prediction import NonFiniteError, Predictor, score_split
from tagline.terminal import UserError

CONFORMANCE = "conformance.jsonl"
TEXTS = Path(__file__).with_name("conformance_texts.json")
# Decimals of a score: fewer than processors agree on.
CONFORMANCE_DIGITS = 4


class Measured(NamedTuple):
    """A backend compared with the trained model.

    Attributes:
        report: ``{same_labels, largest_logit_difference, f1}``: the share of words with the same label, the largest
            absolute difference of a logit, and the F1 of the backend.
        tagged: the split with the labels of the backend.
    """

    report: dict[str, float]
    tagged: TaggedSentences


@dataclass(frozen=True)
class Drop:
    """A backend's F1 that is below the trained model's.

    Attributes:
        f1: the difference, with the paired test of `tagline compare`.
        changed: the number of predicted entities that only one of both models has; of plain tags, of words whose
            label differs.
        number: the number of predicted entities that either has; of plain tags, of words.
        unit: what is counted.
    """

    f1: Difference
    changed: int
    number: int
    unit: str

    @property
    def is_significant(self) -> bool:
        return self.f1.verdict == "significant"

    def __str__(self) -> str:
        return (
            f"{self.f1.new[0]:.4f}, {-self.f1.difference:.4f} below the trained model; {self.changed:,} of "
            f"{self.number:,} {self.unit} differ, p = {self.f1.p:.2g}"
        )


class Parity:
    """The trained model's predictions for a split, to compare backends with.

    Its logits are kept in memory, float32 (words, labels).

    Args:
        trained: the trained model.
        split: its sentences and windows.
        labels: in the model's order.
        head: how labels are chosen.
        biases: see `Predictor`.
    """

    def __init__(self, trained: Backend, split: Split, labels: Labels, head: Head, biases: Biases = NO_BIASES) -> None:
        self.split = split
        self.labels = labels
        self.head = head
        self.biases = biases
        self.words = int(np.sum(split.lengths()))
        self.logits = np.empty((self.words, len(labels.names)), np.float32)
        self.record(trained)

    def record(self, trained: Backend) -> None:
        """Compare with this model from now on."""

        def keep(words: slice, logits: Floats) -> None:
            self.logits[words] = logits

        self.expected = self._predict(trained, "trained", keep)
        self.f1 = _f1(self.expected)

    def measure(self, backend: Backend, name: str) -> Measured:
        """Compare a backend with the trained model; it gets the same words in the same order.

        Args:
            backend: to compare.
            name: of the backend, for the progress bar and messages.

        Raises:
            UserError: the backend produces NaN or infinite logits.
        """
        largest = [0.0]

        def compare(words: slice, logits: Floats) -> None:
            largest.append(float(np.abs(logits - self.logits[words]).max(initial=0)))

        try:
            tagged = self._predict(backend, name, compare)
        except NonFiniteError:
            raise UserError(
                f"backend {name}: NaN or infinite logits; expected finite ones; float16 may overflow: set export.dtype "
                "to float32 or bfloat16"
            ) from None
        report = {
            "same_labels": rounded(np.count_nonzero(tagged.predicted == self.expected.predicted) / self.words),
            "largest_logit_difference": rounded(max(largest)),
            "f1": _f1(tagged),
        }
        return Measured(report, tagged)

    def drop(self, tagged: TaggedSentences, at_most: float) -> Drop | None:
        """Test how far the F1 of a backend is below the trained model's; None if not by more than ``at_most``."""
        if self.f1 - _f1(tagged) <= at_most:
            return None
        old = count(self.expected, self.labels.kind)
        new = count(tagged, self.labels.kind)
        overall, _ = differences([old], [new])
        is_kept, is_old = self.expected.predicted_entities.common(tagged.predicted_entities)
        lost = int(np.count_nonzero(~is_kept))
        gained = int(np.count_nonzero(~is_old))
        if self.labels.kind == "tags":  # each word whose label differs is lost and gained
            return Drop(overall["f1"], lost, len(is_kept), "words")
        return Drop(overall["f1"], lost + gained, len(is_kept) + gained, "predicted entities")

    def _predict(self, backend: Backend, name: str, show: Callable[[slice, Floats], None]) -> TaggedSentences:
        size = default_size(backend.device.type if isinstance(backend, TorchModel) else "cpu")
        predictor = Predictor(_Observed(backend, show), self.head, self.labels, size, biases=self.biases)
        predicted = predictor.label(score_split(predictor, self.split, name))
        split = self.split
        return TaggedSentences(split.labels, split.lengths(), predicted.labels, predicted.scores, split.gold())


def _f1(tagged: TaggedSentences) -> float:
    return score(count(tagged, tagged.labels.kind))["overall"]["f1"]


class _Observed:
    """A backend whose logits are shown to a function, with the words that they are of, counted in the order computed.

    That order does not depend on the size of the batches: `longest_first` sorts the windows before it divides them.
    """

    def __init__(self, backend: Backend, show: Callable[[slice, Floats], None]) -> None:
        self.backend = backend
        self.show = show
        self.count = 0

    def logits(self, rows: Sequence[AnyInts], positions: Sequence[Ints]) -> Floats:
        logits = self.backend.logits(rows, positions)
        self.show(slice(self.count, self.count + len(logits)), logits)
        self.count += len(logits)
        return logits


def write_conformance(folder: Path) -> None:
    """Write conformance.jsonl: a JSON object per text, as the fastest backend of an export answers.

    ``text``; ``sentences``: the start and end of each word, by sentence; ``entities``. Offsets count code points.

    Raises:
        UserError: the library that splits words of the model's language is not installed.
    """
    with warnings.catch_warnings(), Tagger(folder, verify=False) as tagger:
        warnings.simplefilter("ignore", UserWarning)  # words that are split otherwise than in training
        documents = [tagger.document(text) for text in json.loads(TEXTS.read_text(encoding="utf-8"))]
        rows = map(_row, documents, tagger.tag(documents))
        lines = [json.dumps(row, allow_nan=False) + "\n" for row in rows]
    (folder / CONFORMANCE).write_text("".join(lines), encoding="utf-8", newline="\n")


def _row(document: Document, tagged: TaggedSentence) -> dict[str, Any]:
    words = iter(document.spans)
    entities = []
    for mention in mentions(document, tagged):
        shown = mention._replace(accepted=None, score=round(mention.score, CONFORMANCE_DIGITS))
        entities.append(shown.row())
    return {
        "text": document.text,
        "sentences": [list(islice(words, length)) for length in document.lengths()],
        "entities": entities,
    }
