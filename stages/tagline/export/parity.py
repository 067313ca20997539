"""Parity: compares the predictions of an exported backend with those of the trained model, word by word.

And conformance.jsonl, with which an implementation in another language compares its own.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tagline.artifacts.tokenized import Split
from tagline.core.errors import UserError
from tagline.inference import Document, Tagger
from tagline.inference.documents import mentions
from tagline.labels.label_list import NO_BIASES, Biases, Labels
from tagline.labels.tagged import TaggedSentence, TaggedSentences
from tagline.labels.windows import AnyInts, Floats, Ints
from tagline.metrics.scores import count, rounded, score
from tagline.model.backends import Backend
from tagline.model.backends.torch_model import TorchModel
from tagline.model.batches import default_size
from tagline.model.heads.head import Head
from tagline.model.prediction import NonFiniteError, Predictions, Predictor, score_split

CONFORMANCE = "conformance.jsonl"
TEXTS = Path(__file__).with_name("conformance_texts.json")
# Decimals of a score: fewer than processors agree on.
CONFORMANCE_DIGITS = 4


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
        self.split, self.labels, self.head, self.biases = split, labels, head, biases
        self.words = int(np.sum(split.lengths()))
        self.logits = np.empty((self.words, len(labels.names)), np.float32)
        self.record(trained)

    def record(self, trained: Backend) -> None:
        """Compare with this model from now on."""

        def keep(words: slice, logits: Floats) -> None:
            self.logits[words] = logits

        self.expected = self._predict(trained, "trained", keep)
        self.f1 = self._f1(self.expected)

    def report(self, backend: Backend, name: str) -> dict[str, float]:
        """Compare a backend with the trained model.

        Args:
            backend: to compare; it gets the same words in the same order, in batches that suit its device.
            name: of the backend, for the progress bar and messages.

        Returns:
            ``{same_labels, largest_logit_difference, f1}``: the share of words with the same label, the largest
            absolute difference of a logit, and the F1 of the backend.

        Raises:
            UserError: the backend produces NaN or infinite logits.
        """
        differences = [0.0]

        def compare(words: slice, logits: Floats) -> None:
            differences.append(float(np.abs(logits - self.logits[words]).max(initial=0)))

        try:
            predicted = self._predict(backend, name, compare)
        except NonFiniteError:
            raise UserError(
                f"backend {name}: NaN or infinite logits; expected finite ones; float16 may overflow: set export.dtype "
                "to float32 or bfloat16"
            ) from None
        return {
            "same_labels": rounded(np.count_nonzero(predicted.labels == self.expected.labels) / self.words),
            "largest_logit_difference": rounded(max(differences)),
            "f1": self._f1(predicted),
        }

    def _predict(self, backend: Backend, name: str, show: Callable[[slice, Floats], None]) -> Predictions:
        size = default_size(backend.device.type if isinstance(backend, TorchModel) else "cpu")
        predictor = Predictor(_Observed(backend, show), self.head, self.labels, size, biases=self.biases)
        return predictor.label(score_split(predictor, self.split, name))

    def _f1(self, predicted: Predictions) -> float:
        lengths, gold = self.split.lengths(), self.split.gold()
        sentences = TaggedSentences(self.labels, lengths, predicted.labels, predicted.scores, gold)
        return score(count(sentences, self.labels.kind))["overall"]["f1"]


class _Observed:
    """A backend whose logits are shown to a function, with the words that they are of, counted in the order computed.

    That order does not depend on the size of the batches: `longest_first` sorts the windows before it divides them.
    """

    def __init__(self, backend: Backend, show: Callable[[slice, Floats], None]) -> None:
        self.backend, self.show, self.count = backend, show, 0

    def logits(self, rows: Sequence[AnyInts], positions: Sequence[Ints]) -> Floats:
        logits = self.backend.logits(rows, positions)
        self.show(slice(self.count, self.count + len(logits)), logits)
        self.count += len(logits)
        return logits


def write_conformance(folder: Path) -> None:
    """Write conformance.jsonl: a JSON object per text, as the fastest backend of the export answers.

    ``text``; ``sentences``: the start and end of each word, by sentence; ``entities`` with type, text, start, end and
    score. Offsets count code points.

    Args:
        folder: an export with its graphs and tagger.json.

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
    words, sentences = iter(document.spans), document.lengths()
    found = [mention._replace(accepted=None).row() for mention in mentions(document, tagged)]
    return {
        "text": document.text,
        "sentences": [[next(words) for _ in range(length)] for length in sentences],
        "entities": [each | {"score": round(each["score"], CONFORMANCE_DIGITS)} for each in found],
    }
