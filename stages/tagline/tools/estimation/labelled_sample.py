"""Labelled texts, on which a tagger's scores are measured; needs the extra pipeline."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tagline.inference import Document, Tagger
from tagline.labels import Labels, flatten
from tagline.metrics import scores
from tagline.metrics.expected import Estimate, Sums, count, expected_gold
from tagline.metrics.partly_labelled import Parts, measure
from tagline.sources.inspection import labelled_file
from tagline.terminal import UserError
from tagline.tools.estimation.observation import reference_of

# The fewest labelled texts on which scores are measured: of fewer, a bootstrap interval is too narrow.
FEWEST = 20


class LabelledSample:
    """Labelled texts: how far what is estimated of them is from what is measured.

    Raises:
        UserError: no format reads the file, or it has too few texts or entities.
    """

    def __init__(self, tagger: Tagger, path: Path) -> None:
        self._constants = reference_of(tagger).constants
        texts, _ = labelled_file.read(path, tagger.labels.task, "spans")
        tagged = tagger.tag([Document.of_words(text.words) for text in texts])
        names = tuple(sorted({*tagger.labels.names, *(label for text in texts for label in text.labels)}))
        labels = Labels("", "spans", names, "")
        self.sentences = []
        for found, text in zip(tagged, texts, strict=True):
            gold = np.array([names.index(label) for label in text.labels], np.int32)
            self.sentences.append(replace(found.relabelled(labels), gold=gold))
        counts = scores.count(self.sentences, "spans")
        sums = (each.sum(axis=1) for each in (counts.correct, counts.predicted, counts.gold))
        self._measured = Parts(*sums)
        if len(texts) < FEWEST or not self._measured.gold.sum() or not self._measured.predicted.sum():
            raise UserError(
                f"{path}: {len(texts):,} texts, {self._measured.gold.sum():,.0f} entities; expected at least {FEWEST} "
                "texts, drawn at random, with entities that are labelled and some that the model finds"
            )

    def measure(self, of_all: Sums) -> Estimate:
        """Measure the scores of all texts, of which these are a sample."""
        estimated = [self._parts(count(flatten([sentence]), self._constants)) for sentence in self.sentences]
        columns = np.array(estimated).T
        return measure(self._measured, Parts(*columns), Parts(*np.array([self._parts(of_all)]).T))

    def _parts(self, sums: Sums) -> tuple[float, float, float]:
        gold = expected_gold(sums.found, sums.scores, sums.doubt, self._constants)
        return sums.scores, sums.found, gold
