"""Prediction: a label for every word, by any backend, a chunk of sentences at a time and without keeping logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model.backends import Backend
from tagline.model.batches import longest_first
from tagline.model.heads.head import Head
from tagline.model.stitching import UNSEEN, choose_windows

if TYPE_CHECKING:  # `datasets` takes longer to import than the exported model takes to answer
    from tagline.artifacts.tokenized import Split

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

# Sentences that are sorted by length together. More mean less padding, and more probabilities in memory at a time.
CHUNK = 4096


class Predictions(NamedTuple):
    """The predictions for some sentences, one value per word in a row.

    Attributes:
        labels: int64 (words,), label ids.
        scores: float32 (words,), the probability that the model gave each of them; 0 for a word without sub-words,
            which the model never saw and which has the task's fallback label.
        without_subwords: how many such words there are.
        loss: the summed negative log-likelihood of the other words' gold labels; 0 where none were given.
    """

    labels: Ints
    scores: Floats
    without_subwords: int
    loss: float = 0.0


class NonFiniteError(UserError):
    """A model produced NaN or infinite logits.

    Attributes:
        sentences: the affected sentences of the first such batch.
    """

    def __init__(self, sentences: Sequence[int]) -> None:
        super().__init__("the model produced NaN or infinite logits; its weights may be damaged: run `dvc repro train`")
        self.sentences = sentences


def predict_split(predictor: Predictor, split: Split, name: str) -> Predictions:
    """Label every word of a split of data/tokenized, under a progress bar of that name."""
    windows = split.windows
    # Columns that are read a chunk at a time.
    return predictor.predict(split.lengths(), windows["sentence"][:], windows["input_ids"], windows["word_ids"], name)


class Predictor:
    """Labels words by a backend and a head.

    Args:
        backend: computes the logits.
        head: turns them into labels.
        labels: the task's labels, in the model's order.
        subwords_per_batch: at most so many sub-words per forward pass, padding included.
        workers: threads that may run several batches at once; None: one batch after the other.
    """

    def __init__(
        self,
        backend: Backend,
        head: Head,
        labels: Labels,
        subwords_per_batch: int,
        workers: Executor | None = None,
    ) -> None:
        self.backend, self.head, self.labels = backend, head, labels
        self.subwords_per_batch = subwords_per_batch
        self._map = map if workers is None else workers.map

    def predict(
        self,
        lengths: Sequence[int],
        sentences: Sequence[int],
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        name: str | None = None,
        gold: Ints | None = None,
    ) -> Predictions:
        """Label every word of some sentences.

        Args:
            lengths: the number of words of each sentence.
            sentences: the sentence of each window, ascending.
            input_ids: the sub-words of each window.
            word_ids: the word of each of those sub-words, as in `tagline.artifacts.tokenized`.
            name: the title of the progress bar; None: no bar.
            gold: int64 (words,), gold label ids, for the loss.

        Raises:
            NonFiniteError: a logit is NaN or infinite.
        """
        owners = np.asarray(sentences, dtype=np.int64)
        words = np.cumsum([0, *lengths])
        chunks: list[Predictions] = []
        with tqdm(total=int(words[-1]), desc=name, unit=" words", disable=True if name is None else None) as bar:
            for begin in range(0, len(lengths), CHUNK):
                end = min(begin + CHUNK, len(lengths))
                first, last = np.searchsorted(owners, [begin, end])
                try:
                    chunk = self._chunk(
                        lengths[begin:end],
                        owners[first:last] - begin,
                        input_ids[first:last],
                        word_ids[first:last],
                        None if gold is None else gold[words[begin] : words[end]],
                        bar,
                    )
                except NonFiniteError as error:
                    raise NonFiniteError([begin + sentence for sentence in error.sentences]) from None
                chunks.append(chunk)
        return _joined(chunks)

    def _chunk(
        self,
        lengths: Sequence[int],
        owners: Ints,
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        gold: Ints | None,
        bar: tqdm[Any],
    ) -> Predictions:
        windows, positions = (np.concatenate(of_each) for of_each in choose_windows(lengths, owners, word_ids))
        seen = windows != UNSEEN
        scores = np.full((len(windows), len(self.labels.names)), -np.inf, dtype=np.float32)
        # A word that the model never saw has the fallback label for certain, so that what follows it is legal too.
        scores[~seen, self.labels.label2id[self.labels.fallback]] = 0.0
        for words, logits in self._logits(windows[seen], positions[seen], owners, input_ids):
            scores[np.flatnonzero(seen)[words]] = self.head.scores(logits)
            bar.update(len(words))
        sizes = np.asarray(lengths, dtype=np.int64)
        ids = self.head.decode(scores, sizes)
        probabilities = self.head.probabilities(scores, sizes, ids)
        probabilities[~seen] = 0.0
        return Predictions(
            labels=ids,
            scores=probabilities,
            without_subwords=int(np.count_nonzero(~seen)),
            loss=0.0 if gold is None else self.head.negative_log_likelihood(scores, sizes, gold, seen),
        )

    def _logits(
        self, windows: Ints, positions: Ints, owners: Ints, input_ids: Sequence[Sequence[int]]
    ) -> Iterator[tuple[Ints, Floats]]:
        """Compute the logits of words batch by batch.

        Args:
            windows: the window that represents each word.
            positions: of the word's first sub-word in that window.
            owners: the sentence of each window.
            input_ids: the sub-words of each window.

        Yields:
            The indices of some words, and their logits (words, labels).
        """
        # Words by their window: those of window w are order[borders[w] : borders[w + 1]].
        order = np.argsort(windows, kind="stable")
        borders = np.searchsorted(windows[order], np.arange(len(input_ids) + 1))
        sizes = np.fromiter(map(len, input_ids), dtype=np.int64, count=len(input_ids))
        sizes[np.diff(borders) == 0] = 0  # represents no word, so it is not computed

        def compute(batch: Ints) -> tuple[Ints, Floats]:
            words = [order[borders[window] : borders[window + 1]] for window in batch]
            rows = [np.asarray(input_ids[window]) for window in batch]
            return np.concatenate(words), self.backend.logits(rows, [positions[of_window] for of_window in words])

        for words, logits in self._map(compute, longest_first(sizes, self.subwords_per_batch)):
            finite = np.isfinite(logits).all(-1)
            if not finite.all():
                raise NonFiniteError(np.unique(owners[windows[words[~finite]]]).tolist())
            yield words, logits


def _joined(chunks: Sequence[Predictions]) -> Predictions:
    if not chunks:
        return Predictions(np.empty(0, np.int64), np.empty(0, np.float32), 0)
    labels, scores, without_subwords, losses = zip(*chunks, strict=True)
    return Predictions(np.concatenate(labels), np.concatenate(scores), sum(without_subwords), sum(losses))
