"""Prediction: label each word with any backend and head, one chunk of sentences at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from tqdm import tqdm

from tagline.labels import (
    NO_WORD,
    Biases,
    Bools,
    Calibration,
    Floats,
    Ints,
    LabelIds,
    Labels,
    Windows,
    entity_arrays,
    is_outside,
    ranges,
    without_types,
)
from tagline.model.backends import Backend
from tagline.model.batches import longest_first
from tagline.model.heads.head import Head
from tagline.terminal import UserError

if TYPE_CHECKING:  # `datasets` takes longer to import than the exported model takes to answer
    from tagline.artifacts.tokenized import Split

# The number of words of each sentence.
Lengths = Sequence[int] | Ints
# Called after each batch with its number of words.
Progress = Callable[[int], None] | None

# Sentences that are sorted by length together. A larger chunk has less padding and keeps more scores in memory.
CHUNK = 4096
# Maximum number of scores of a chunk, words times labels, unless a single sentence has more: 16 MiB.
CHUNK_SCORES = 2**22
# The window of a word that no window has, because the word has no sub-words.
UNSEEN = -1


class Chunk(NamedTuple):
    """Scores of the words of some sentences, before labels are chosen.

    Attributes:
        scores: float32 (words, labels), as `Head.decode` reads them.
        lengths: int64, the number of words of each sentence.
        seen: bool (words,), whether the word has sub-words.
    """

    scores: Floats
    lengths: Ints
    seen: Bools


class Predictions(NamedTuple):
    """Predictions for the words of some sentences, in flat arrays.

    Attributes:
        labels: int32 (words,), label ids; the task's fallback label for words without sub-words.
        greedy: int32 (words,), the label with each word's highest score, without biases, as transformers' pipeline
            chooses.
        scores: float32 (words,), the probability of each label, without biases; with a calibration, for words of an
            entity, that of the entity; 0 for words without sub-words.
        without_subwords: the number of words without sub-words, which the model does not see.
        loss: the summed negative log-likelihood of the gold labels of the other words; 0 without gold labels.
        known: the number of these words whose gold label the model has.
    """

    labels: LabelIds
    greedy: LabelIds
    scores: Floats
    without_subwords: int
    loss: float = 0.0
    known: int = 0

    @property
    def mean_loss(self) -> float:
        return self.loss / max(1, self.known)


class Distributions(NamedTuple):
    """The probabilities of all labels, for the words of consecutive sentences.

    Attributes:
        labels: int32 (words,), as in `Predictions`.
        probabilities: float32 (words, labels), without biases; 0 for words without sub-words.
    """

    sentences: slice
    labels: LabelIds
    probabilities: Floats


class NonFiniteError(UserError):
    """A model produced NaN or infinite logits.

    Attributes:
        sentences: indices of the affected ones in the first such batch.
    """

    def __init__(self, sentences: Sequence[int]) -> None:
        super().__init__("the model produced NaN or infinite logits; its weights may be damaged: run `dvc repro train`")
        self.sentences = sentences


def score_split(predictor: Predictor, split: Split, name: str | None, progress: Progress = None) -> Iterator[Chunk]:
    """Compute the scores of a split of data/tokenized by `Predictor.score`."""
    return predictor.score(split.lengths(), split.mapped_windows, name, progress)


def bias_of_labels(labels: Labels, biases: Biases) -> Floats:
    """The bias of each label id, float32: that of its type."""
    return np.array([biases.get(name, 0.0) for name in labels.type_of_labels], np.float32)


@dataclass(eq=False)
class Predictor:
    """Labels words with a backend and a head.

    Attributes:
        labels: in the order of the logits.
        subwords_per_batch: maximum number of sub-words per forward pass, padding included.
        biases: added to the scores of some types when labels are chosen.
        calibration: of the scores of entities; None: each word has the probability of its label.
        left_out: types whose entities become O, with the score of the entity.
    """

    backend: Backend
    head: Head
    labels: Labels
    subwords_per_batch: int
    workers: Executor | None = None
    biases: Biases = field(default_factory=dict)
    calibration: Calibration | None = None
    left_out: Sequence[str] = ()

    def predict(
        self, lengths: Lengths, windows: Windows, gold: LabelIds | None = None, progress: Progress = None
    ) -> Predictions:
        """Run `score`, then `label`."""
        return self.label(self.score(lengths, windows, progress=progress), gold)

    def score(
        self, lengths: Lengths, windows: Windows, name: str | None = None, progress: Progress = None
    ) -> Iterator[Chunk]:
        """Compute the scores of the words of some sentences, one chunk of sentences at a time.

        Args:
            name: title of the progress bar; None: no bar.
            progress: called after each batch with its number of words.

        Raises:
            NonFiniteError: the backend returned NaN or infinite logits.
        """
        with tqdm(total=int(np.sum(lengths)), desc=name, unit=" words", disable=True if name is None else None) as bar:

            def advance(words: int) -> None:
                bar.update(words)
                if progress is not None:
                    progress(words)

            for start, end in pairwise(self._chunk_borders(lengths)):
                try:
                    yield self._score_chunk(lengths[start:end], windows.of_sentences(start, end), advance)
                except NonFiniteError as error:
                    raise NonFiniteError([start + sentence for sentence in error.sentences]) from None

    def label(self, chunks: Iterable[Chunk], gold: LabelIds | None = None) -> Predictions:
        """Choose the labels of words from their scores, with the biases.

        Args:
            chunks: from `score`.
            gold: int32 (words,), to compute the loss; -1 for labels that the model does not have.
        """
        labelled: list[Predictions] = []
        first = 0  # the first word of the chunk
        for chunk in chunks:
            last = first + len(chunk.seen)
            gold_of_chunk = None if gold is None else gold[first:last].astype(np.int64)
            labelled.append(self._label_chunk(chunk, gold_of_chunk))
            first = last
        return _concatenate(labelled)

    def distributions(self, chunks: Iterable[Chunk]) -> Iterator[Distributions]:
        """Choose labels as `label` does, and yield the probabilities of all labels, chunk by chunk."""
        first = 0  # the first sentence of the chunk
        for chunk in chunks:
            last = first + len(chunk.lengths)
            labels, probabilities = self._decode(chunk)
            yield Distributions(slice(first, last), without_types(labels, self.left_out, self.labels), probabilities)
            first = last

    def _chunk_borders(self, lengths: Lengths) -> list[int]:
        words = np.cumsum([0, *lengths])
        most = CHUNK_SCORES // len(self.labels.names)
        borders = [0]
        while borders[-1] < len(lengths):
            start = borders[-1]
            end = int(np.searchsorted(words, words[start] + most, side="right")) - 1
            borders.append(min(max(end, start + 1), start + CHUNK))
        return borders

    def _score_chunk(self, lengths: Lengths, windows: Windows, advance: Callable[[int], None]) -> Chunk:
        window_of_words, positions = choose_windows(lengths, windows)
        seen = window_of_words != UNSEEN
        scores = np.full((len(seen), len(self.labels.names)), -np.inf, dtype=np.float32)
        # Words without sub-words can only get the fallback label, so that decoding takes it into account.
        scores[~seen, self.labels.label2id[self.labels.fallback]] = 0.0
        indices = np.flatnonzero(seen)
        for words, logits in self._logits(windows, window_of_words[seen], positions[seen]):
            scores[indices[words]] = self.head.scores(logits)
            advance(len(words))
        return Chunk(scores, np.asarray(lengths, dtype=np.int64), seen)

    def _label_chunk(self, chunk: Chunk, gold: Ints | None) -> Predictions:
        scores, lengths, seen = chunk
        ids, probabilities = self._decode(chunk)
        predictions = Predictions(
            labels=without_types(ids, self.left_out, self.labels),
            greedy=without_types(scores.argmax(-1), self.left_out, self.labels),
            scores=self._score_labels(ids, probabilities, lengths),
            without_subwords=int(np.count_nonzero(~seen)),
        )
        if gold is None:
            return predictions
        is_known = seen & (gold >= 0)
        return predictions._replace(
            loss=self.head.negative_log_likelihood(scores, lengths, gold, is_known),
            known=int(np.count_nonzero(is_known)),
        )

    def _decode(self, chunk: Chunk) -> tuple[LabelIds, Floats]:
        scores, lengths, seen = chunk
        biased = scores + bias_of_labels(self.labels, self.biases) if self.biases else scores
        probabilities = self.head.probabilities(scores, lengths)
        probabilities[~seen] = 0.0
        return self.head.decode(biased, lengths).astype(np.int32), probabilities

    def _score_labels(self, ids: LabelIds, probabilities: Floats, lengths: Ints) -> Floats:
        """Score the label of each word; with a calibration, the words of an entity have the entity's score.

        It is the least of the probabilities of its labels and of the next word not continuing it. Their product would
        be too low, since the words of an entity are wrong together.
        """
        scores: Floats = probabilities[np.arange(len(ids)), ids]
        if self.calibration is None:
            return scores
        offsets = np.cumsum([0, *lengths])
        entities = entity_arrays(ids, offsets, self.labels)
        borders = np.column_stack([entities.start, entities.end]).ravel()
        lowest = np.minimum.reduceat(np.append(scores, np.float32(1)), borders)[::2]
        continuing = np.array([self.labels.label2id.get(f"I-{name}", -1) for name in entities.types], np.int64)
        inside = continuing[entities.type]
        followed = ~np.isin(entities.end, offsets) & (inside >= 0) & (self.labels.kind == "spans")
        others = 1 - probabilities[entities.end[followed], inside[followed]]
        lowest[followed] = np.minimum(lowest[followed], others)
        sizes = entities.end - entities.start
        scores[ranges(entities.start, sizes)] = np.repeat(lowest, sizes)
        return self.calibration.apply(scores, is_outside(ids, self.labels))

    def _logits(self, windows: Windows, chosen: Ints, positions: Ints) -> Iterator[tuple[Ints, Floats]]:
        """Yield the indices of some words and their logits (words, labels), batch by batch."""
        # The words of window w are order[offsets[w] : offsets[w + 1]]. For windows [0, 1, 0]: order [0, 2, 1], offsets
        # [0, 2, 3].
        order = np.argsort(chosen, kind="stable")
        offsets = np.searchsorted(chosen[order], np.arange(len(windows) + 1))
        sizes = np.where(np.diff(offsets) > 0, windows.lengths, 0)  # windows without chosen words are not computed

        def compute(batch: Ints) -> tuple[Ints, Floats]:
            words = [order[offsets[window] : offsets[window + 1]] for window in batch]
            rows = windows.values(windows.input_ids, batch)
            return np.concatenate(words), self.backend.logits(rows, [positions[of_window] for of_window in words])

        in_order = map if self.workers is None else self.workers.map
        for words, logits in in_order(compute, longest_first(sizes, self.subwords_per_batch)):
            finite = np.isfinite(logits).all(-1)
            if not finite.all():
                raise NonFiniteError(np.unique(windows.sentence[chosen[words[~finite]]]).tolist())
            yield words, logits


def _concatenate(chunks: Sequence[Predictions]) -> Predictions:
    if not chunks:
        return Predictions(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), 0)
    return Predictions(
        labels=np.concatenate([chunk.labels for chunk in chunks]),
        greedy=np.concatenate([chunk.greedy for chunk in chunks]),
        scores=np.concatenate([chunk.scores for chunk in chunks]),
        without_subwords=sum(chunk.without_subwords for chunk in chunks),
        loss=sum(chunk.loss for chunk in chunks),
        known=sum(chunk.known for chunk in chunks),
    )


def choose_windows(lengths: Lengths, windows: Windows) -> tuple[Ints, Ints]:
    """Choose, for each word, the window with the largest minimum context, and the word's first sub-word in it.

    The smaller of the contexts to its left and right counts. Of equal windows the first is chosen.

    Returns:
        Two int64 arrays (words,): the window of each word, `UNSEEN` for a word without sub-words, and the position of
        its first sub-word there.
    """
    starts = np.cumsum([0, *lengths])
    window, position, word = _subwords_of_words(starts, windows)
    is_other_word = np.diff(word, prepend=-1) != 0
    is_other_window = np.diff(window, prepend=-1) != 0
    begins = np.flatnonzero(is_other_word | is_other_window)
    context = _context(window, position, len(windows.sentence))
    # Sort by word, then by context, and keep the first of each word; equals stay in the order of their windows.
    best = begins[np.lexsort((-context[begins], word[begins]))]
    best = best[np.diff(word[best], prepend=-1) != 0]
    window_of = np.full(starts[-1], UNSEEN, dtype=np.int64)
    position_of = np.zeros(starts[-1], dtype=np.int64)
    window_of[word[best]] = window[best]
    position_of[word[best]] = position[best]
    return window_of, position_of


def _subwords_of_words(starts: Ints, windows: Windows) -> tuple[Ints, Ints, Ints]:
    """For each sub-word of a word: its window, its position there, and the index of the word among all words.

    Windows of sizes 3 and 2: window 0 0 0 1 1, position 0 1 2 0 1. ``starts`` has the index of each sentence's first
    word.
    """
    sizes = windows.lengths
    (words,) = windows.word_ids
    window = np.repeat(np.arange(len(sizes)), sizes)
    position = np.arange(len(words)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    inside = np.flatnonzero(words != NO_WORD)
    window = window[inside]
    return window, position[inside], starts[windows.sentence[window]] + words[inside]


def _context(window: Ints, position: Ints, number: int) -> Ints:
    """The smaller context of each sub-word in its window, of so many windows."""
    # The sub-words of window w are those from offsets[w] to offsets[w + 1].
    offsets = np.searchsorted(window, np.arange(number + 1))
    first = position[offsets[window]]
    last = position[offsets[window + 1] - 1]
    return np.minimum(position - first, last - position)
