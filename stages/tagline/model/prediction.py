"""Prediction: label each word with any backend and head, one chunk of sentences at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, NamedTuple

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
LabelIds = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

# Sentences that are sorted by length together. A larger chunk has less padding and keeps more scores in memory.
CHUNK = 4096


class Predictions(NamedTuple):
    """Predictions for the words of some sentences, in flat arrays.

    Attributes:
        labels: int32 (words,), label ids; the task's fallback label for words without sub-words.
        greedy: int32 (words,), the label with the highest score of each word alone, as transformers' pipeline chooses.
        scores: float32 (words,), the probability of each label; 0 for words without sub-words.
        without_subwords: the number of words without sub-words, which the model does not see.
        loss: the summed negative log-likelihood of the gold labels of the other words; 0 if no gold labels were given.
    """

    labels: LabelIds
    greedy: LabelIds
    scores: Floats
    without_subwords: int
    loss: float = 0.0


class Distributions(NamedTuple):
    """The probabilities of all labels, for the words of consecutive sentences.

    Attributes:
        sentences: the indices of the sentences.
        labels: int32 (words,), as in `Predictions`.
        probabilities: float32 (words, labels); 0 for words without sub-words.
    """

    sentences: slice
    labels: LabelIds
    probabilities: Floats


class NonFiniteError(UserError):
    """A model produced NaN or infinite logits.

    Attributes:
        sentences: indices of the affected sentences of the first such batch.
    """

    def __init__(self, sentences: Sequence[int]) -> None:
        super().__init__("the model produced NaN or infinite logits; its weights may be damaged: run `dvc repro train`")
        self.sentences = sentences


def predict_split(
    predictor: Predictor,
    split: Split,
    name: str | None,
    gold: LabelIds | None = None,
    progress: Callable[[int], None] | None = None,
) -> Predictions:
    """Label each word of a split of data/tokenized.

    Args:
        predictor: of the model.
        split: sentences and windows.
        name: the title of the progress bar; None: no bar.
        gold: int32 (words,), gold label ids, for the loss.
        progress: called after each batch with its number of words.
    """
    windows = split.windows
    # input_ids and word_ids are read from disk one chunk at a time.
    return predictor.predict(
        split.lengths(), windows["sentence"][:], windows["input_ids"], windows["word_ids"], name, gold, progress
    )


class Predictor:
    """Labels words with a backend and a head.

    Args:
        backend: computes logits.
        head: turns logits into labels.
        labels: the task's label list, in the order of the logits.
        subwords_per_batch: maximum number of sub-words per forward pass, padding included.
        workers: threads that run several batches at once; None: one batch after the other.
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
        gold: LabelIds | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Predictions:
        """Label each word of some sentences.

        Args:
            lengths: the number of words of each sentence.
            sentences: the sentence index of each window, ascending.
            input_ids: the sub-word ids of each window.
            word_ids: the word index of each of those sub-words, as in `tagline.artifacts.tokenized`.
            name: title of the progress bar; None: no bar.
            gold: int32 (words,), gold label ids, to compute the loss.
            progress: called after each batch with its number of words.

        Raises:
            NonFiniteError: the backend returned NaN or infinite logits.
        """
        offsets = np.cumsum([0, *lengths])  # of each sentence's first word
        chunks = []
        for chunk in self._chunks(lengths, sentences, input_ids, word_ids, name, progress):
            known = None
            if gold is not None:
                first = offsets[chunk.first]
                known = gold[first : first + len(chunk.seen)].astype(np.int64)
            chunks.append(self._predict_chunk(chunk, known))
        return _concatenate(chunks)

    def distributions(
        self,
        lengths: Sequence[int],
        sentences: Sequence[int],
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        name: str | None = None,
    ) -> Iterator[Distributions]:
        """Label each word of some sentences and compute the probability of each label, a chunk of sentences at a time.

        Takes the arguments of `predict`.

        Raises:
            NonFiniteError: the backend returned NaN or infinite logits.
        """
        for chunk in self._chunks(lengths, sentences, input_ids, word_ids, name):
            probabilities = self.head.probabilities(chunk.scores, chunk.lengths)
            probabilities[~chunk.seen] = 0.0
            ids = self.head.decode(chunk.scores, chunk.lengths)
            rows = slice(chunk.first, chunk.first + len(chunk.lengths))
            yield Distributions(rows, ids.astype(np.int32), probabilities)

    def _chunks(
        self,
        lengths: Sequence[int],
        sentences: Sequence[int],
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        name: str | None,
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[_Chunk]:
        """Compute the scores of all words, a chunk of sentences at a time."""
        owners = np.asarray(sentences, dtype=np.int64)
        with tqdm(total=sum(lengths), desc=name, unit=" words", disable=True if name is None else None) as bar:

            def advance(words: int) -> None:
                bar.update(words)
                if progress is not None:
                    progress(words)

            for start in range(0, len(lengths), CHUNK):
                end = min(start + CHUNK, len(lengths))
                first, last = np.searchsorted(owners, [start, end])
                of_windows = owners[first:last] - start, input_ids[first:last], word_ids[first:last]
                try:
                    scores, seen = self._scores(lengths[start:end], *of_windows, advance)
                except NonFiniteError as error:
                    raise NonFiniteError([start + sentence for sentence in error.sentences]) from None
                yield _Chunk(start, np.asarray(lengths[start:end], dtype=np.int64), scores, seen)

    def _predict_chunk(self, chunk: _Chunk, gold: Ints | None) -> Predictions:
        _, lengths, scores, seen = chunk
        ids = self.head.decode(scores, lengths)
        probabilities = self.head.probabilities(scores, lengths)[np.arange(len(ids)), ids]
        probabilities[~seen] = 0.0
        return Predictions(
            labels=ids.astype(np.int32),
            greedy=scores.argmax(-1).astype(np.int32),
            scores=probabilities,
            without_subwords=int(np.count_nonzero(~seen)),
            loss=0.0 if gold is None else self.head.negative_log_likelihood(scores, lengths, gold, seen),
        )

    def _scores(
        self,
        lengths: Sequence[int],
        owners: Ints,
        input_ids: Sequence[Sequence[int]],
        word_ids: Sequence[Sequence[int]],
        advance: Callable[[int], None],
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Compute the scores of the words of a chunk, and find the words that have sub-words."""
        windows, positions = (np.concatenate(of_each) for of_each in choose_windows(lengths, owners, word_ids))
        seen = windows != UNSEEN
        scores = np.full((len(windows), len(self.labels.names)), -np.inf, dtype=np.float32)
        # Words without sub-words can only get the fallback label, so that decoding takes it into account.
        scores[~seen, self.labels.label2id[self.labels.fallback]] = 0.0
        for words, logits in self._logits(windows[seen], positions[seen], owners, input_ids):
            scores[np.flatnonzero(seen)[words]] = self.head.scores(logits)
            advance(len(words))
        return scores, seen

    def _logits(
        self, windows: Ints, positions: Ints, owners: Ints, input_ids: Sequence[Sequence[int]]
    ) -> Iterator[tuple[Ints, Floats]]:
        """Compute the logits of words, batch by batch.

        Args:
            windows: the window chosen for each word.
            positions: the position of the word's first sub-word in that window.
            owners: the sentence of each window.
            input_ids: the sub-word ids of each window.

        Yields:
            The indices of some words, and their logits (words, labels).
        """
        # The words of window w are order[offsets[w] : offsets[w + 1]]. For windows [0, 1, 0]: order [0, 2, 1], offsets
        # [0, 2, 3].
        order = np.argsort(windows, kind="stable")
        offsets = np.searchsorted(windows[order], np.arange(len(input_ids) + 1))
        sizes = np.fromiter(map(len, input_ids), dtype=np.int64, count=len(input_ids))
        sizes[np.diff(offsets) == 0] = 0  # windows without chosen words are not computed

        def compute(batch: Ints) -> tuple[Ints, Floats]:
            words = [order[offsets[window] : offsets[window + 1]] for window in batch]
            rows = [np.asarray(input_ids[window]) for window in batch]
            return np.concatenate(words), self.backend.logits(rows, [positions[of_window] for of_window in words])

        for words, logits in self._map(compute, longest_first(sizes, self.subwords_per_batch)):
            finite = np.isfinite(logits).all(-1)
            if not finite.all():
                raise NonFiniteError(np.unique(owners[windows[words[~finite]]]).tolist())
            yield words, logits


class _Chunk(NamedTuple):
    """The scores of the words of consecutive sentences.

    Attributes:
        first: index of the first of these sentences.
        lengths: int64 (sentences,), the number of words of each.
        scores: float32 (words, labels), as `Head.decode` takes them.
        seen: (words,), whether a word has sub-words.
    """

    first: int
    lengths: Ints
    scores: Floats
    seen: npt.NDArray[np.bool_]


def _concatenate(chunks: Sequence[Predictions]) -> Predictions:
    if not chunks:
        return Predictions(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), 0)
    labels, greedy, scores, without_subwords, losses = zip(*chunks, strict=True)
    return Predictions(
        np.concatenate(labels), np.concatenate(greedy), np.concatenate(scores), sum(without_subwords), sum(losses)
    )
