"""Prediction: a label for every word, by any backend, a chunk of sentences at a time and no logits kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model.backends import Backend
from tagline.model.batches import longest_first
from tagline.model.decoding import Decoding, decode
from tagline.model.stitching import UNSEEN, choose_windows

if TYPE_CHECKING:  # `datasets` takes longer to import than the exported model takes to answer
    from tagline.artifacts.tokenized import Split

Ints = npt.NDArray[np.int64]

# Sentences that are sorted by length together. More pad less, and hold more words' probabilities at a time.
CHUNK = 4096


@dataclass(frozen=True)
class Predicted:
    """The predictions for some sentences.

    Attributes:
        labels: label names, a list a sentence, one a word.
        scores: for each of them the probability that the model gave it, float32; 0 where no sub-word stands for the
            word, since the model never saw it.
        unseen: how many words those are; they have the task's fallback label.
        loss: the sum of the negative log-likelihoods of the other words' gold labels, 0 where none were given.
    """

    labels: list[list[str]]
    scores: list[npt.NDArray[np.float32]]
    unseen: int
    loss: float = 0.0


class NonFiniteError(UserError):
    """A model's scores are no numbers.

    Attributes:
        sentences: the sentences of its first such batch for which they are not.
    """

    def __init__(self, sentences: Sequence[int]) -> None:
        super().__init__("the model's scores are no numbers: its weights are damaged, run `dvc repro train`")
        self.sentences = sentences


def predict_split(predictor: Predictor, split: Split, name: str) -> Predicted:
    """Label every word of a split of data/tokenized, under a progress bar of that name."""
    windows = split.windows
    # Columns that are read a chunk at a time.
    return predictor.predict(split.lengths(), windows["sentence"][:], windows["input_ids"], windows["word_ids"], name)


class Predictor:
    """Labels words by a backend and a way of decoding.

    Args:
        backend: what gives the logits.
        labels: the task's labels, in the model's order.
        decoding: how labels are chosen.
        subwords_per_batch: most sub-words of a forward pass, padding included.
        workers: threads in which the backend may be asked for several batches at once; None: it is asked for one
            after the other.
    """

    def __init__(
        self,
        backend: Backend,
        labels: Labels,
        decoding: Decoding,
        subwords_per_batch: int,
        workers: Executor | None = None,
    ) -> None:
        self.backend, self.labels, self.decoding = backend, labels, decoding
        self.subwords_per_batch = subwords_per_batch
        self._map = map if workers is None else workers.map

    def predict(
        self,
        lengths: Sequence[int],
        sentences: Sequence[int],
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        name: str | None = None,
        gold: Sequence[Sequence[str]] | None = None,
    ) -> Predicted:
        """Label every word of some sentences.

        Args:
            lengths: the number of words of each sentence.
            sentences: the sentence of each window, ascending.
            input_ids: the sub-words of each window.
            word_ids: the word of each of those sub-words, as in `tagline.artifacts.tokenized`.
            name: what the progress bar says; None: no bar.
            gold: the gold labels of each sentence, for the loss.

        Raises:
            NonFiniteError: a score is no number.
        """
        owners = np.asarray(sentences, dtype=np.int64)
        rows: list[list[str]] = []
        scores: list[npt.NDArray[np.float32]] = []
        unseen, loss = 0, 0.0
        with tqdm(total=sum(lengths), desc=name, unit=" words", disable=True if name is None else None) as bar:
            for begin in range(0, len(lengths), CHUNK):
                end = min(begin + CHUNK, len(lengths))
                first, last = np.searchsorted(owners, [begin, end])
                try:
                    found = self._chunk(
                        lengths[begin:end],
                        owners[first:last] - begin,
                        input_ids[first:last],
                        word_ids[first:last],
                        None if gold is None else gold[begin:end],
                        bar,
                    )
                except NonFiniteError as fault:
                    raise NonFiniteError([begin + sentence for sentence in fault.sentences]) from None
                rows += found.labels
                scores += found.scores
                unseen += found.unseen
                loss += found.loss
        return Predicted(rows, scores, unseen, loss)

    def _chunk(
        self,
        lengths: Sequence[int],
        owners: Ints,
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        gold: Sequence[Sequence[str]] | None,
        bar: tqdm[Any],
    ) -> Predicted:
        windows, places = (np.concatenate(of_each) for of_each in choose_windows(lengths, owners, word_ids))
        seen = windows != UNSEEN
        log_probabilities = np.full((len(windows), len(self.labels.names)), -np.inf, dtype=np.float32)
        # A word that the model never saw has the fallback label for certain, so that what follows it is legal too.
        log_probabilities[~seen, self.labels.label2id[self.labels.fallback]] = 0.0
        log_probabilities[seen] = self._ask(windows[seen], places[seen], owners, input_ids, bar)
        ids = decode(log_probabilities, np.asarray(lengths, dtype=np.int64), self.labels, self.decoding)
        scores = np.exp(log_probabilities[np.arange(len(ids)), ids])
        scores[~seen] = 0.0
        borders = np.cumsum(lengths)[:-1]
        names = np.array(self.labels.names, dtype=object)[ids]
        return Predicted(
            labels=[row.tolist() for row in np.split(names, borders)],
            scores=np.split(scores, borders),
            unseen=int(np.count_nonzero(~seen)),
            loss=0.0 if gold is None else self._loss(log_probabilities, gold, seen),
        )

    def _loss(
        self, log_probabilities: npt.NDArray[np.float32], gold: Sequence[Sequence[str]], seen: npt.NDArray[np.bool_]
    ) -> float:
        """The sum of the negative log-likelihoods of gold labels, over the words that the model saw."""
        number = self.labels.label2id
        ids = np.fromiter((number[name] for row in gold for name in row), dtype=np.int64, count=len(seen))
        return -float(log_probabilities[seen, ids[seen]].sum(dtype=np.float64))

    def _ask(
        self, windows: Ints, places: Ints, owners: Ints, input_ids: Sequence[Sequence[int]], bar: tqdm[Any]
    ) -> npt.NDArray[np.float32]:
        """The log-probabilities of words, each by its window and the place of its first sub-word there."""
        result = np.empty((len(windows), len(self.labels.names)), dtype=np.float32)
        # Words by their window: those of window w are order[borders[w] : borders[w + 1]].
        order = np.argsort(windows, kind="stable")
        borders = np.searchsorted(windows[order], np.arange(len(input_ids) + 1))
        sizes = np.fromiter(map(len, input_ids), dtype=np.int64, count=len(input_ids))
        sizes[np.diff(borders) == 0] = 0  # nothing is asked of it

        def ask(batch: Ints) -> tuple[Ints, npt.NDArray[np.float32]]:
            words = [order[borders[window] : borders[window + 1]] for window in batch]
            rows = [np.asarray(input_ids[window]) for window in batch]
            return np.concatenate(words), self.backend.logits(rows, [places[of_window] for of_window in words])

        for asked, logits in self._map(ask, longest_first(sizes, self.subwords_per_batch)):
            finite = np.isfinite(logits).all(-1)
            if not finite.all():
                raise NonFiniteError(np.unique(owners[windows[asked[~finite]]]).tolist())
            result[asked] = _log_softmax(logits)
            bar.update(len(asked))
        return result


def _log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of each row. scipy has it too, but takes as long to import as a small model takes to answer."""
    shifted = logits - logits.max(-1, keepdims=True)
    normed: npt.NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normed
