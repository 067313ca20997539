"""Scoring: train without each fold, label what it holds out, and score all labels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import stdev
from typing import NamedTuple

import numpy as np

from tagline.artifacts import predictions, raw_data, tokenized
from tagline.artifacts.predictions import Settings
from tagline.artifacts.raw_data import RawData
from tagline.core import HASHES, read_json, sha256, verify
from tagline.crossval import summary
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folds import Folds
from tagline.crossval.runner import METRICS, PREDICTIONS, SCORES, Runner
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurement import Entries, Measurement
from tagline.evaluation.measurements import basic, scores
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.stage import Evaluation, measure
from tagline.labels import Ints, Labels, TaggedSentence, TaggedSentences, flatten
from tagline.metrics import resampling
from tagline.metrics.scores import rounded
from tagline.model.classifier import published_labels
from tagline.terminal import show


class Result(NamedTuple):
    """What a fold's training came to.

    Attributes:
        learnt: the number of sentences of train that it learnt from.
        words_without_subwords: of what it labelled.
        sentences: by split and index in it; their scores are calibrated.
    """

    learnt: int
    best_epoch: int
    words_without_subwords: int
    sentences: dict[tuple[str, int], TaggedSentence]


class PooledIntervals(Measurement):
    """The bootstrap intervals of the scores, over documents if known, otherwise over sentences."""

    def measure(self, split: ScoredSplit) -> Entries:
        counts = split.counts
        if split.documents is not None:
            counts = resampling.by_document(counts, split.documents)
        return {"intervals": resampling.intervals(counts)}


class OfFolds(Measurement):
    """Each fold's F1, and from how much of train its model learnt."""

    def __init__(self, results: Sequence[Result], fold_of_sentence: Ints, train: int) -> None:
        self.results = results
        self.fold_of_sentence = fold_of_sentence
        self.train = train

    def measure(self, split: ScoredSplit) -> Entries:
        rows = []
        for index, result in enumerate(self.results):
            total = split.counts.of_sentences(self.fold_of_sentence == index).total()
            rows.append(
                {
                    "fold": index + 1,
                    "f1": rounded(total.overall().f1),
                    "number": int(total.gold.sum()),
                    "learnt": result.learnt,
                    "train": self.train,
                    "best_epoch": result.best_epoch,
                }
            )
        resampled = "sentences" if split.documents is None else "documents"
        return {"folds": rows, "f1_sd": rounded(stdev(row["f1"] for row in rows)), "resampled": resampled}


def cross_validate(
    runner: Runner, raw: Path, data: Path, tests: Path, encoder: Path, params: Crossval, evaluate: Evaluate
) -> Evaluation:
    """Train without each fold, and score the labels of all sentences together.

    Args:
        tests: data/tokenized_tests, whose label list has also the types that test alone has.

    Raises:
        UserError: an artifact is missing or damaged, a fold lacks something (see `Folds`), or a training fails.
    """
    verify(data, "tokenize-align")
    verify(tests, "tokenize-align")
    of_task, labels = tokenized.load_labels(data), tokenized.load_labels(tests)
    source = raw_data.load(raw).of_task(of_task.task, of_task.types)
    folds = Folds(source, data, params)
    results = []
    for number in range(1, params.folds + 1):
        results.append(_train(runner, source, folds, number, labels))
    split, fold_of_sentence = _joined(results, folds, labels, of_task)
    measurements = [
        scores.Scores(),
        PooledIntervals(),
        basic.Numbers(),
        OfFolds(results, fold_of_sentence, source.sentences["train"]),
    ]
    entries = measure(split, measurements)
    sizes = [sum(name == key for result in results for key, _ in result.sentences) for name in folds.of]
    entries |= {
        "splits": dict(zip(folds.of, sizes, strict=True)),
        "left_out": sum(1 for name in folds.of for _ in source.left_out(name)) + folds.incomplete,
        "published_tagger": published_labels(encoder, of_task) is not None,
        "made_of": {path.name: sha256(path / HASHES) for path in (raw, data)},
    }
    settings = Settings(evaluate.precision)
    return Evaluation(labels, {summary.NAME: split}, {summary.NAME: entries}, 0, settings)


def _train(runner: Runner, raw: RawData, folds: Folds, number: int, labels: Labels) -> Result:
    learnt, train = int(folds.learnable(number).sum()), raw.sentences["train"]
    count = sum(1 for _ in folds.held_out(number))
    show(
        f"fold {number} of {folds.params.folds}: {count:,} sentences held out; {learnt:,} of {train:,} sentences of "
        f"train ({learnt / train:.0%}) are left to learn from"
    )
    done = runner.run(f"fold-{number}", raw, folds.parts(number), new_head=True)
    content = {"test": (done / PREDICTIONS).read_bytes()}
    read = predictions.read_with_altered(content, labels.kind, str(done))["test"]
    sentences = {}
    for sentence in read:
        split, _, index = sentence.id.rpartition("/")
        sentences[split, int(index)] = sentence.relabelled(labels)
    without_subwords = read_json(done / SCORES, "evaluate")["test"]["words_without_subwords"]
    return Result(learnt, read_json(done / METRICS, "evaluate")["train.best_epoch"], without_subwords, sentences)


def _joined(results: Sequence[Result], folds: Folds, labels: Labels, of_task: Labels) -> tuple[ScoredSplit, Ints]:
    """The sentences of all folds in the order of their splits, with the ids of data/raw, and the fold of each."""
    sentences: list[TaggedSentence] = []
    numbers: list[int] = []
    documents: list[str] = []
    for split, of_split in folds.of.items():
        for index, (row, fold) in enumerate(zip(folds.rows(split), of_split.tolist(), strict=True)):
            sentence = results[fold - 1].sentences.get((split, index))
            if sentence is not None:
                sentences.append(replace(sentence, id=row["id"]))
                numbers.append(fold - 1)
                documents.append(f"{split}/{row['document']}")
    flat = flatten(sentences)
    joined = ScoredSplit(
        kind=labels.kind,
        sentences=flat,
        words_without_subwords=sum(result.words_without_subwords for result in results),
        documents=np.unique(documents, return_inverse=True)[1] if folds.by_document else None,
        name=summary.NAME,
        types=_types_of_test(flat, of_task),
    )
    return joined, np.array(numbers)


def _types_of_test(sentences: TaggedSentences, of_task: Labels) -> dict[str, list[str]] | None:
    """The types that the task has, and those that test alone has, if any; see `ScoredSplit.types`."""
    gold = sentences.gold_entities
    types = {gold.types[index] for index in np.unique(gold.type).tolist()}
    foreign = sorted(types.difference(of_task.types))
    return {"shared": sorted(types.intersection(of_task.types)), "foreign": foreign, "lacking": []} if foreign else None
