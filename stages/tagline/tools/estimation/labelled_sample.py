"""Labelled texts, on which a tagger's scores are measured; needs the extra pipeline."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tagline.inference import Document, Tagger
from tagline.labels import Labels, flatten
from tagline.metrics import scores
from tagline.metrics.expected import Estimate, Sums, count, expected_gold
from tagline.metrics.partly_labelled import Parts, measure
from tagline.sources.inspection import labelled_file
from tagline.sources.inspection.labelled_file import LabelledText, annotated_types
from tagline.terminal import UserError, some
from tagline.tools.estimation.observation import reference_of

# The fewest labelled texts on which scores are measured: of fewer, a bootstrap interval is too narrow.
FEWEST = 20


def read(path: Path, tagger: Tagger) -> tuple[list[LabelledText], list[str] | None]:
    """Read labelled texts, and the types of the tagger that alone are annotated in them; None: all.

    Raises:
        UserError: no format reads the file, or the tagger finds no type that is annotated in all texts.
    """
    texts, _ = labelled_file.read(path, tagger.labels.task, "spans")
    types = annotated_types(path, texts)
    if types is None or {*tagger.types} <= {*types}:
        return texts, None
    shared = [type_ for type_ in tagger.types if type_ in types]
    if not shared:
        raise UserError(
            f"{path}: annotated for {some(types)} alone; expected a type of the model: {some(tagger.types)}"
        )
    return texts, shared


class LabelledSample:
    """Labelled texts: how far what is estimated of them is from what is measured.

    Args:
        tagger: finds the types that are annotated.
        path: their file, for messages.
        texts: drawn at random from all texts.

    Raises:
        UserError: there are too few texts or entities.
    """

    def __init__(self, tagger: Tagger, path: Path, texts: Sequence[LabelledText]) -> None:
        self._constants = reference_of(tagger).constants
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
