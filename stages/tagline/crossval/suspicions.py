"""Suspicions: probable label errors of this repository's data."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from accelerate import PartialState

from tagline.artifacts import predictions, tokenized
from tagline.artifacts.raw_data import COPY
from tagline.artifacts.tokenized import Split
from tagline.core import HASHES, LEARNT, SPLITS, read_json, sha256, verify
from tagline.core.params import read_section
from tagline.crossval.disagreements import Disagreement, disagreements
from tagline.crossval.summary import NAME, leaks
from tagline.evaluation.evaluate_params import Evaluate
from tagline.labels import Entity, Floats, TaggedSentence, TaggedSentences
from tagline.metrics.outcomes import ERRORS
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, memory_errors, workers
from tagline.model.batches import default_size
from tagline.model.heads import load_head
from tagline.model.precision import resolve
from tagline.model.prediction import Predictor, score_split
from tagline.terminal import quiet

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
FINETUNED = Path("models/finetuned")
PREDICTIONS, SCORES = Path("data/crossval/predictions"), Path("reports/crossval.json")
MADE_BY = "crossval/dvc.yaml:crossval"
# Gold labels that are less probable are doubted: a model agrees with most of those that it has learnt.
DOUBTED = 0.9
# Decimals of scores.
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Suspicion:
    """A disagreement, and how much gold is doubted there, from 0 to 1: `Disagreement.score`."""

    score: float
    split: str
    sentence: TaggedSentence
    disagreement: Disagreement

    def as_json(self, rank: int) -> dict[str, Any]:
        return {
            "rank": rank,
            "score": round(self.score, DIGITS),
            "kind": self.disagreement.fault,
            "split": self.split,
            "id": self.sentence.id,
            "words": [*self.sentence.words],
            "gold": [self._entity(entity) for entity in self.disagreement.gold],
            "suggested": [self._entity(entity) for entity in self.disagreement.suggested],
            "labels": self.sentence.gold_names,
            "predicted": self.sentence.predicted_names,
        }

    def _entity(self, entity: Entity) -> dict[str, Any]:
        return entity._asdict() | {"text": " ".join(self.sentence.words[entity.start : entity.end])}


class Doubted(NamedTuple):
    """A sentence of a split with gold and predicted labels, and how much each gold label is doubted, from 0 to 1.

    Attributes:
        doubts: float32 (words,).
    """

    split: str
    sentence: TaggedSentence
    doubts: Floats


@dataclass(frozen=True)
class Ranking:
    """The result of an audit.

    Attributes:
        notes: by what it is ranked, and the number of disagreements of each split.
        suspicions: best first.
    """

    notes: list[str]
    suspicions: list[Suspicion]


def rank(sentences: Iterable[Doubted], splits: Sequence[str], most: int) -> Ranking:
    """Rank the disagreements of gold and predicted labels, at most ``most`` of them.

    Args:
        sentences: of all ``splits``.
    """
    numbers: Counter[tuple[str, str]] = Counter()

    def found() -> Iterator[Suspicion]:
        for split, sentence, doubts in sentences:
            for disagreement in disagreements(sentence):
                numbers[split, disagreement.fault] += 1
                yield Suspicion(disagreement.score(sentence, doubts), split, sentence, disagreement)

    best = heapq.nlargest(most, found(), key=lambda suspicion: suspicion.score)
    lines = []
    for split in splits:
        of_split = {fault: numbers[split, fault] for fault in ERRORS if numbers[split, fault]}
        line = f"{split}: {sum(of_split.values()):,} disagreements"
        if of_split:
            line += f" ({', '.join(f'{number:,} {fault}' for fault, number in of_split.items())})"
        lines.append(line)
    return Ranking(lines, best)


def find(splits: Sequence[str], most: int) -> Ranking:
    """Rank by the cross-validation if these data have one, otherwise by models/finetuned.

    Raises:
        UserError: an artifact is missing or damaged, or the data lack a split.
    """
    splits = [split for split in SPLITS if split in splits]
    verify(TOKENIZED, "tokenize-align")
    verify(TESTS, "tokenize-align")
    if SCORES.is_file():
        verify(PREDICTIONS, MADE_BY, SCORES)
        entries = read_json(SCORES, MADE_BY)[NAME]
        of_data = {path.name: sha256(path / HASHES) for path in (Path("data/raw"), TOKENIZED)}
        if entries["made_of"] == of_data:
            ranking = rank(_of_folds(entries["splits"], splits), splits, most)
            by = f"{PREDICTIONS} and {FINETUNED}" if FINETUNED.is_dir() else str(PREDICTIONS)
            return Ranking([f"ranked by {by}", *leaks(entries), *ranking.notes], ranking.suspicions)
    ranking = rank(_by_model(splits), splits, most)
    said = (
        f"ranked by {FINETUNED}, which has learnt these labels: that it agrees with one says nothing; for models that "
        "have not, run `tagline crossval`, then `dvc repro crossval/dvc.yaml`"
    )
    return Ranking([said, *ranking.notes], ranking.suspicions)


def _of_folds(sizes: Mapping[str, int], splits: Sequence[str]) -> Iterator[Doubted]:
    """Yield the sentences of some splits as the models of the folds label them.

    Labels are doubted if that model is sure of others, and models/finetuned, if there is one, could not learn them.
    """
    kind = tokenized.load_labels(TOKENIZED).kind
    content = (PREDICTIONS / f"{NAME}.parquet").read_bytes()
    sentences = iter(predictions.read_with_altered({NAME: content}, kind, str(PREDICTIONS))[NAME])
    doubted = _label(splits) if FINETUNED.is_dir() else None
    for split, size in sizes.items():
        for sentence in islice(sentences, size):
            if split not in splits:
                continue
            doubts = sentence.scores
            for learnt in doubted or ():  # reads on from where the sentence before was
                if (learnt.sentence.id, learnt.sentence.words) == (sentence.id, sentence.words):
                    doubts = doubts * learnt.doubts
                    break
            yield Doubted(split, sentence, doubts)


def _by_model(splits: Sequence[str]) -> Iterator[Doubted]:
    """Yield the sentences whose labels are known with what models/finetuned suggests."""
    for doubted in _label(splits):
        sentence = doubted.sentence
        if (sentence.known_gold < len(sentence.labels.names)).all() and not COPY.match(sentence.id):
            yield doubted


def _label(splits: Sequence[str]) -> Iterator[Doubted]:
    verify(FINETUNED, "train")
    quiet()
    params = read_section("evaluate", Evaluate)
    device = PartialState().device
    labels = tokenized.load_labels(TOKENIZED)
    precision = resolve(params.precision, device, "evaluate.precision")
    backend = TorchModel.for_inference(classifier.load(FINETUNED, labels), precision)
    head = load_head(FINETUNED, labels, "train")
    size = params.subwords_per_batch or default_size(device.type)
    with workers(device) as threads, memory_errors("evaluate.subwords_per_batch", params.subwords_per_batch):
        predictor = Predictor(backend, head, labels, size, threads)
        for name in splits:
            split = tokenized.load_split(TOKENIZED if name in LEARNT else TESTS, name)
            yield from _label_split(predictor, split, name)


def _label_split(predictor: Predictor, split: Split, name: str) -> Iterator[Doubted]:
    """Yield sentences with gold labels where these are probable, elsewhere the most probable other label."""
    ids, words = split.ids_and_words()
    gold, lengths = split.gold(), split.lengths()
    offsets = np.cumsum([0, *lengths])
    known = len(split.labels.names)
    for rows, _, of_task in predictor.distributions(score_split(predictor, split, name)):
        of_rows = gold[offsets[rows.start] : offsets[rows.stop]]
        index = np.arange(len(of_rows)), np.minimum(of_rows, known - 1)
        # Labels that only test has come last.
        probabilities = np.pad(of_task, [(0, 0), (0, known - of_task.shape[1])])
        of_gold = probabilities[index]
        doubts = np.where(probabilities.any(-1), 1 - of_gold, np.float32(0))  # none of a word without sub-words
        differ = (doubts > 1 - DOUBTED) & (of_rows < known)
        doubts[of_rows >= known] = 1
        probabilities[index] = -1
        predicted = np.where(differ, probabilities.argmax(-1), of_rows)
        scores = np.where(differ, probabilities.max(-1), of_gold)
        sentences = TaggedSentences(split.labels, lengths[rows], predicted, scores, of_rows, ids[rows], words[rows])
        for index_in_rows, sentence in enumerate(sentences):
            yield Doubted(name, sentence, doubts[slice(*sentences.offsets[index_in_rows : index_in_rows + 2])])
