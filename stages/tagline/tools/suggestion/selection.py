"""Selection: the texts of a pool that are worth annotating, with the model's suggestions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.inference.tagger import Tagger
from tagline.labels.tagged import TaggedSentence
from tagline.tools.predict.input_files import Source
from tagline.tools.suggestion.already_annotated import text_key, without
from tagline.tools.suggestion.best import Best
from tagline.tools.suggestion.diversity import choose
from tagline.tools.suggestion.uncertainty import uncertainty

# Words of the uncertain texts that are clustered, as a multiple of the words wanted.
CANDIDATES = 4

Selection = Literal["random", "uncertain"]
Vectors = Callable[[Sequence[Sequence[str]]], npt.NDArray[np.float32]]
"""Gives similar vectors to similar texts, as `mean_vectors` does."""


@dataclass(frozen=True)
class Suggestion:
    """A text to annotate.

    Attributes:
        document: the text.
        tagged: its predicted labels.
        uncertainty: see `uncertainty`.
        selection: why it was chosen.
    """

    document: Document
    tagged: TaggedSentence
    uncertainty: float
    selection: Selection


@dataclass(frozen=True)
class Selector:
    """Selects texts while a pool is read; memory depends on the number of words wanted, not on the pool.

    Args:
        words: most words of all chosen texts.
        random_share: share of the chosen words that is drawn at random, whatever the model says.
        seed: of the random texts and the clustering.
        vectors: of texts, to choose different ones; None: the most uncertain ones.
    """

    words: int
    random_share: float
    seed: int
    vectors: Vectors | None

    def select(self, source: Source, tagger: Tagger, annotated: Collection[bytes] = ()) -> list[Suggestion]:
        """Choose texts: the random ones first, then the uncertain ones, the most useful first.

        Args:
            source: the pool; texts without words, and those that are longer than all words wanted, are passed over.
            tagger: labels it.
            annotated: the keys of texts to pass over (`text_key`).

        Raises:
            UserError: no text is left.
        """
        other_words, too_long = self.words - round(self.words * self.random_share), 0
        random, uncertain = Best[Suggestion](self.words - other_words), Best[Suggestion](CANDIDATES * self.words)
        for labelled in tagger.tag_stream(without(source.documents, annotated)):
            for document, tagged in labelled:
                key, doubt, length = text_key(document.words), uncertainty(tagged), len(document.words)
                if length > self.words:
                    too_long += 1
                    continue
                # A few texts that rarely fit would displace all others, so they come last.
                for best, priority in ((random, self._draw(key)), (uncertain, doubt - (length > other_words))):
                    if best.admits(priority, key):
                        suggestion = Suggestion(document, _apart(tagged), doubt, "uncertain")
                        best.add(priority, key, length, suggestion)
            source.advance(len(labelled))
        # What is kept are all texts, if they are few.
        random_words = round(min(self.words, uncertain.kept) * self.random_share)
        at_random = dict(self._fitting(random, random_words))
        others = [(key, item) for _, key, item in uncertain.items() if key not in at_random]
        chosen = [replace(each, selection="random") for each in at_random.values()]
        chosen += self._different([item for _, item in others], self.words - _count(chosen) if other_words else 0)
        if not chosen:
            raise UserError(
                f"{source.name}: no text of at most {self.words:,} words that is not annotated yet; expected at least "
                "one; check POOL, --words and --exclude"
            )
        if too_long:
            warnings.warn(
                f"{source.name}: texts of more than {self.words:,} words left out: {too_long:,}; raise --words",
                stacklevel=2,
            )
        if uncertain.kept <= self.words:
            warnings.warn(f"{source.name} has only {uncertain.kept:,} words to annotate; all are chosen", stacklevel=2)
        if self.random_share and not at_random:
            warnings.warn(
                f"no text at random: the first one drawn has more than {random_words:,} words; raise --words or "
                "--random-share for texts to test with",
                stacklevel=2,
            )
        return chosen

    def _draw(self, key: bytes) -> float:
        """A number from 0 to 1 that depends on the seed and the text only, so the order of the pool does not matter."""
        digest = blake2b(key, key=self.seed.to_bytes(8, "big"), digest_size=7).digest()
        return int.from_bytes(digest, "big") / 256**7

    def _fitting(self, best: Best[Suggestion], words: int) -> Iterator[tuple[bytes, Suggestion]]:
        """The first items until one does not fit, since passing over long texts would favour short ones."""
        for _, key, item in best.items():
            words -= len(item.document.words)
            if words < 0:
                return
            yield key, item

    def _different(self, candidates: Sequence[Suggestion], words: int) -> list[Suggestion]:
        if not candidates:
            return []
        texts = [each.document.words for each in candidates]
        uncertainties = np.array([each.uncertainty for each in candidates])
        # Equal vectors are one cluster.
        vectors = np.zeros((len(texts), 1), np.float32) if self.vectors is None else self.vectors(texts)
        chosen = choose(vectors, uncertainties, np.array([len(text) for text in texts]), words, self.seed)
        return [candidates[index] for index in chosen]


def _apart(tagged: TaggedSentence) -> TaggedSentence:
    """The same with arrays of its own: slices would keep those of all texts that were labelled together."""
    return replace(tagged, predicted=tagged.predicted.copy(), scores=tagged.scores.copy())


def _count(suggestions: Sequence[Suggestion]) -> int:
    return sum(len(each.document.words) for each in suggestions)


def summary(suggestions: Sequence[Suggestion]) -> str:
    """Count the chosen texts and words for the terminal."""
    lines = []
    for selection in get_args(Selection):
        of_kind = [each for each in suggestions if each.selection == selection]
        mean = f", mean uncertainty {np.mean([each.uncertainty for each in of_kind]):.3f}" if of_kind else ""
        texts = f"{len(of_kind):,} text{'s' * (len(of_kind) != 1)}"
        lines.append(f"{selection}: {texts}, {_count(of_kind):,} words{mean}")
    return "\n".join(lines)
