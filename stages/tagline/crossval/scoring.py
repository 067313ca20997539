"""Scoring: the labels of all folds scored as one split, with an interval, and how much the folds differ."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from statistics import stdev

import numpy as np

from tagline.artifacts import raw_data
from tagline.artifacts.predictions import Settings
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.out_of_fold import FoldOutput, read_folds
from tagline.crossval.summary import NAME
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurement import Entries, Measurement
from tagline.evaluation.measurements import basic, scores
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.stage import Evaluation, measure
from tagline.labels import Ints, TaggedSentences, flatten
from tagline.metrics import resampling
from tagline.metrics.scores import rounded


class Intervals(basic.Intervals):
    """The bootstrap intervals of the scores, over documents if they are known, otherwise over sentences."""

    def measure(self, split: ScoredSplit) -> Entries:
        counts = split.counts
        if split.documents is not None:
            counts = resampling.by_document(counts, split.documents)
        return {"intervals": resampling.intervals(counts, self.bootstrap.resamples, self.bootstrap.seed)}


class Folds(Measurement):
    """The F1 of each fold, and from how much of train its model learnt."""

    def __init__(self, folds: Sequence[FoldOutput], of_sentences: Ints) -> None:
        self.folds = folds
        self.of_sentences = of_sentences

    def measure(self, split: ScoredSplit) -> Entries:
        rows = []
        for index, fold in enumerate(self.folds):
            total = split.counts.of_sentences(self.of_sentences == index).total()
            rows.append(
                {
                    "fold": fold.made_of["fold"],
                    "f1": rounded(total.overall().f1),
                    "number": int(total.gold.sum()),
                    "learnt": fold.made_of["sentences"]["learnt"],
                    "train": fold.made_of["sentences"]["train"],
                    "best_epoch": fold.made_of["best_epoch"],
                }
            )
        resampled = "sentences" if split.documents is None else "documents"
        return {"folds": rows, "f1_sd": rounded(stdev(row["f1"] for row in rows)), "resampled": resampled}


def score_folds(folder: Path, tokenized: Path, tests: Path, params: Crossval, evaluate: Evaluate) -> Evaluation:
    """Score the labels of all folds together.

    Args:
        folder: with a folder for each fold.
        tokenized: data/tokenized, of which the folds were made.
        tests: data/tokenized_tests, for documents and the gold labels of test.
        params: the section ``crossval``.
        evaluate: the section ``evaluate``.

    Raises:
        UserError: an artifact is missing or damaged, or a fold was made with other params or other data.
    """
    folds = read_folds(folder, params, tokenized, tests)
    data = raw_data.load(tests / "unlabelled/documents")
    chunks: list[TaggedSentences] = []
    numbers: list[int] = []
    documents: list[int] = []
    unseen = 0
    earlier = 0  # sentences of earlier splits, whose documents can have the same numbers
    for split, size in data.sentences.items():
        document_of = dict(zip(data.ids(split), (data.documents(split) + earlier).tolist(), strict=True))
        earlier += size
        for index, fold in enumerate(folds):
            for sentences, probabilities in fold.chunks(split):
                chunks.append(sentences)
                numbers += [index] * len(sentences)
                documents += [document_of[sentence.id] for sentence in sentences]
                unseen += int(np.count_nonzero(~probabilities.any(-1)))
    labels = folds[0].labels
    scored = ScoredSplit(
        kind=labels.kind,
        sentences=flatten([*chain.from_iterable(chunks)]),
        words_without_subwords=unseen,
        name=NAME,
    )
    if params.group == "document" and data.has_documents():
        scored = replace(scored, documents=np.unique(documents, return_inverse=True)[1])
    measurements = [
        scores.Scores(),
        basic.FBeta(evaluate.beta),
        Intervals(evaluate.bootstrap),
        basic.Matching(),
        basic.Errors(),
        basic.Sizes(),
        Folds(folds, np.array(numbers)),
    ]
    settings = Settings(folds[0].made_of["train"]["precision"])
    return Evaluation(labels, {NAME: scored}, {NAME: measure(scored, measurements)}, 0, settings)
