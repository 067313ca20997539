"""Parity: compares the predictions of an exported backend with those of the trained model, word by word.

conformance.jsonl is for implementations in other languages to compare their own.
"""

import json
import warnings
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tagline.artifacts.tokenized import Split
from tagline.inference import Document, Tagger
from tagline.inference.documents import mentions
from tagline.labels import NO_BIASES, Biases, Labels, TaggedSentence, TaggedSentences
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
        report: ``{same_labels, f1}``: the share of words with the same label, and the F1 of the backend.
        tagged: the split with its labels.
    """

    report: dict[str, float]
    tagged: TaggedSentences


class Parity:
    """The trained model's predictions for a split, to compare backends with."""

    def __init__(self, trained: Backend, split: Split, labels: Labels, head: Head, biases: Biases = NO_BIASES) -> None:
        self.split = split
        self.labels = labels
        self.head = head
        self.biases = biases
        self.record(trained)

    def record(self, trained: Backend) -> None:
        """Compare with this model from now on."""
        self.expected = self._predict(trained, "trained")
        self.f1 = _f1(self.expected)

    def measure(self, backend: Backend, name: str) -> Measured:
        """Compare a backend with the trained model.

        Raises:
            UserError: the backend produces NaN or infinite logits.
        """
        try:
            tagged = self._predict(backend, name)
        except NonFiniteError:
            raise UserError(
                f"backend {name}: NaN or infinite logits; expected finite ones; float16 may overflow: set export.dtype "
                "to float32 or bfloat16"
            ) from None
        same_labels = rounded(np.mean(tagged.predicted == self.expected.predicted))
        return Measured({"same_labels": same_labels, "f1": _f1(tagged)}, tagged)

    def drop(self, tagged: TaggedSentences, at_most: float) -> Difference | None:
        """Test how far the F1 of a backend is below the trained model's; None if by ``at_most`` or less."""
        if self.f1 - _f1(tagged) <= at_most:
            return None
        kind = self.labels.kind
        overall, _ = differences([count(self.expected, kind)], [count(tagged, kind)])
        return overall["f1"]

    def _predict(self, backend: Backend, name: str) -> TaggedSentences:
        size = default_size(backend.device.type if isinstance(backend, TorchModel) else "cpu")
        predictor = Predictor(backend, self.head, self.labels, size, biases=self.biases)
        predicted = predictor.label(score_split(predictor, self.split, name))
        split = self.split
        return TaggedSentences(split.labels, split.lengths(), predicted.labels, predicted.scores, split.gold())


def _f1(tagged: TaggedSentences) -> float:
    return score(count(tagged, tagged.labels.kind))["overall"]["f1"]


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
