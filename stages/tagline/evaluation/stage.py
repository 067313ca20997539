"""Evaluation: label validation and test with the fine-tuned model and compute their metrics."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import PartialState

from tagline.artifacts import tokenized
from tagline.artifacts.predictions import Settings
from tagline.core import shards
from tagline.core.names import DOCUMENT
from tagline.core.provenance import read_sealed, verify
from tagline.core.reading import reading
from tagline.evaluation import acceptance, operating_point
from tagline.evaluation.altered_forms import FORMS
from tagline.evaluation.bias_search import count_at_each_step, find_biases, promised_biases
from tagline.evaluation.evaluate_params import Bootstrap, Evaluate
from tagline.evaluation.summary import ScoredSplit, all_metrics
from tagline.labels.label_list import NO_BIASES, NOT_CALIBRATED, Calibration, Labels, PerType, Precision
from tagline.labels.tagged import TaggedSentences, flatten
from tagline.labels.windows import AnyInts, Ints, Windows
from tagline.metrics.calibration import fit, not_fitted
from tagline.metrics.scores import count, score
from tagline.metrics.slices import TrainingIndex
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, memory_errors, workers
from tagline.model.batches import default_size
from tagline.model.heads import load_head
from tagline.model.precision import resolve
from tagline.model.prediction import Chunk, Predictor, score_split
from tagline.terminal.errors import UserError
from tagline.terminal.printing import show
from tagline.tokenization import subwords
from tagline.tokenization.subword_windows import WindowCutter

SPLITS = ("validation", "test")
# Words that are altered at a time.
ALTERED_WORDS = 2**18


@dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        labels: the task's label list.
        splits: the scored splits by name.
        metrics: the metrics of each split, see `summary.all_metrics`.
        best_epoch: the epoch whose weights were evaluated.
        settings: how the labels were chosen.
    """

    labels: Labels
    splits: dict[str, ScoredSplit]
    metrics: dict[str, dict[str, Any]]
    best_epoch: int
    settings: Settings


def evaluate(
    raw: Path, data: Path, report: Path, finetuned: Path, curves: Sequence[Path], params: Evaluate
) -> Evaluation:
    """Label and score validation and test.

    Args:
        raw: data/raw, whose documents are read for promises, and for context in altered forms.
        data: data/tokenized.
        report: reports/data.json.
        finetuned: models/finetuned.
        curves: the learning curves, which the caller reads.
        params: the section ``evaluate``.

    Raises:
        UserError: an artifact is missing or damaged, the model does not match the data, the operating point or a
            promised precision has a type that the data does not have, or the model produces NaN or infinite logits.
    """
    verify(data, "tokenize-align")
    verify(finetuned, "train", *curves)
    words = words_with_subwords(report)
    labels = tokenized.load_labels(data)
    if labels.kind == "tags":
        show(f"test is not labelled in altered forms: the task {labels.task} has plain tags, and they are for entities")
    targets = operating_point.targets_of(params.operating_point, labels)
    goals = acceptance.goals_of(params.accept, labels)
    loaded = {name: tokenized.load_split(data, name) for name in ("train", *SPLITS)}
    promised = any(target.confidence for target in targets)
    needed = promised or bool(goals)
    documents = {name: _documents(raw, name, len(loaded[name].sentences)) if needed else None for name in SPLITS}
    backend = _load_backend(data, finetuned, params.precision, labels)
    with workers(backend.device) as threads, memory_errors("evaluate.subwords_per_batch", params.subwords_per_batch):
        head = load_head(finetuned, labels, params.decoding, "train")
        size = params.subwords_per_batch or default_size(backend.device.type)
        predictor = Predictor(backend, head, labels, size, threads)
        biases = NO_BIASES
        chunks: dict[str, Iterable[Chunk]] = {name: score_split(predictor, loaded[name], name) for name in SPLITS}
        if targets:
            # Decoded again for each bias that is tried, so the scores are computed once, 4 bytes per word and label.
            validation = list(chunks["validation"])
            known = validation, loaded["validation"].gold(), head, targets
            if promised:
                of = documents["validation"]
                found = promised_biases(count_at_each_step(*known, of), targets, of_documents=of is not None)
            else:
                found = find_biases(*known)
            biases = {name: of_type.bias for name, of_type in found.items() if of_type.bias}
            chunks["validation"] = validation
        predictor = replace(predictor, biases=biases, calibration=NOT_CALIBRATED)
        altered = None
        if labels.kind == "spans":
            altered = partial(label_altered, raw, data, finetuned, loaded["test"], predictor)
        chosen = loaded, words, chunks, predictor, params.bootstrap, params.beta, altered
        splits, measured, calibration = label_and_score(*chosen)
    if targets:
        for name, split in splits.items():
            of_split = operating_point.report(split.sentences, documents[name], targets, found, params.bootstrap)
            measured[name]["operating_point"] = of_split
    accept: PerType = {}
    if goals:
        tagged = {name: split.sentences for name, split in splits.items()}
        points = acceptance.reports(tagged, documents["validation"], goals)
        accept = acceptance.thresholds(points["validation"], goals)
        for name in SPLITS:
            measured[name]["accept"] = points[name]
    settings = Settings(params.decoding, params.precision, calibration, biases, accept)
    return Evaluation(labels, splits, measured, classifier.best_epoch(finetuned), settings)


def label_and_score(
    loaded: Mapping[str, tokenized.Split],
    words: Mapping[str, int],
    chunks: Mapping[str, Iterable[Chunk]],
    predictor: Predictor,
    bootstrap: Bootstrap,
    beta: float = 1.0,
    altered: Callable[[AnyInts], Mapping[str, AnyInts]] | None = None,
) -> tuple[dict[str, ScoredSplit], dict[str, dict[str, Any]], Calibration]:
    """Label validation and test, calibrate scores on validation, and compute metrics.

    Args:
        loaded: train, validation and test.
        words: see `words_with_subwords`.
        chunks: the scores of validation and test, computed when they are asked for.
        predictor: chooses labels, with scores that are not calibrated.
        bootstrap: for the intervals.
        beta: of F-beta.
        altered: labels each altered form of test, given the labels of its words as they are, see `label_altered`.

    Raises:
        UserError: a word has no prediction.
    """
    labels = predictor.labels
    splits = {name: _label(loaded[name], words[name], chunks[name], predictor) for name in SPLITS}
    calibration = fit(flatten(splits["validation"].sentences))
    splits = {name: split.calibrated(calibration) for name, split in splits.items()}
    if altered is not None:
        test = flatten(splits["test"].sentences)
        # Of altered forms, only the labels are used.
        plain = replace(test, scores=np.zeros(len(test.scores), np.float32), ids=None, words=None)
        forms = {form: replace(plain, predicted=of_form) for form, of_form in altered(test.predicted).items()}
        splits["test"] = replace(splits["test"], altered=forms)
    others = [split.sentences for split in splits.values()]
    training = TrainingIndex(loaded["train"].labelled_words(labels), others, labels.kind)
    measured = {name: all_metrics(split, training, bootstrap, beta) for name, split in splits.items()}
    if calibration.entities is None:
        measured["validation"]["calibration"]["not_fitted"] = not_fitted(measured["validation"]["calibration"])
    return splits, measured, calibration


def label_altered(
    raw: Path, data: Path, finetuned: Path, test: tokenized.Split, predictor: Predictor, predicted: AnyInts
) -> dict[str, AnyInts]:
    """Label the words of test in each altered form that changes a word.

    Sentences that the model reads alike are labelled once: equal ones, those that a form leaves as they are, and those
    whose capitals it does not read.

    Args:
        raw: data/raw, whose documents are read if windows have context.
        data: data/tokenized, whose windows are made likewise.
        finetuned: models/finetuned, with the tokenizer.
        test: the split.
        predictor: of the model.
        predicted: int (words,), the labels of the words as they are.

    Returns:
        The labels, int (words,), by the name of the form.

    Raises:
        UserError: the tokenizer or data/raw is damaged.
    """
    made = tokenized.read_windowing(data)
    tokenizer, _ = subwords.load(finetuned, "train")
    sizes = made.max_length, made.stride, made.context_subwords
    cutter = WindowCutter(tokenizer, made.one_by_one, *sizes, lowercase=made.lowercase)
    documents = _documents(raw, "test", len(test.sentences)) if made.context_subwords else None
    _, words = test.ids_and_words()
    lengths = np.array(test.lengths())
    if documents is None:
        documents = np.arange(len(lengths))
    changing = [form for form, alter in FORMS.items() if any(alter(each) != each for each in words)]
    labelled = {form: np.empty_like(predicted) for form in changing}
    ends = np.cumsum(lengths)
    for begin, end in pairwise(_document_borders(lengths, documents)):
        of_chunk = lengths[begin:end]
        of_words = slice(ends[begin] - lengths[begin], ends[end - 1])
        as_they_are = _as_read(test.mapped_windows.of_sentences(begin, end), of_chunk)
        known = dict(zip(as_they_are, np.split(predicted[of_words], np.cumsum(of_chunk)[:-1]), strict=True))
        for form, labels in labelled.items():
            altered = list(chain.from_iterable(map(FORMS[form], words[begin:end])))
            windows, _ = cutter.cut_words(altered, np.cumsum(of_chunk), documents[begin:end])
            labels[of_words] = _label_unknown(predictor, of_chunk, windows, known, f"test, {form}")
    return labelled


def _document_borders(lengths: Ints, documents: Ints) -> list[int]:
    """Divide sentences into whole documents of about ALTERED_WORDS words: 0 0 1 2 may become 0 to 2 and 2 to 4."""
    first = np.flatnonzero(np.diff(documents, prepend=-1))
    chunks = (np.cumsum(lengths) - lengths)[first] // ALTERED_WORDS
    return [*first[np.flatnonzero(np.diff(chunks, prepend=-1))].tolist(), len(lengths)]


def _label_unknown(
    predictor: Predictor, lengths: Ints, windows: Windows, known: dict[bytes, AnyInts], name: str
) -> AnyInts:
    """Label the words of sentences, of which those that are read alike are predicted once.

    Args:
        predictor: of the model.
        lengths: int64 (sentences,), their numbers of words.
        windows: of these sentences, in one array per column.
        known: the labels of earlier sentences by `_as_read`; those of these are added.
        name: the title of the progress bar.
    """
    read = _as_read(windows, lengths)
    new = {key: row for row, key in enumerate(read) if key not in known}
    rows = np.sort(np.fromiter(new.values(), np.int64, len(new)))
    if len(rows):
        chosen = windows.take(np.flatnonzero(np.isin(windows.sentence, rows)))
        chosen = replace(chosen, sentence=np.searchsorted(rows, chosen.sentence))
        labels = predictor.label(predictor.score(lengths[rows], chosen, name)).labels
        for row, of_row in zip(rows.tolist(), np.split(labels, np.cumsum(lengths[rows])[:-1]), strict=True):
            known[read[row]] = of_row
    return np.concatenate([known[key] for key in read])


def _as_read(windows: Windows, lengths: Ints) -> list[bytes]:
    """What the labels of each sentence depend on, as a hash: its sub-words, their words and windows, and its length.

    Args:
        windows: of the sentences, in one array per column.
        lengths: int64 (sentences,), their numbers of words.
    """
    (ids,), (words,), (offsets,) = windows.input_ids, windows.word_ids, windows.offsets
    borders = np.searchsorted(windows.sentence, np.arange(len(lengths) + 1)).tolist()
    read = []
    for length, (first, last) in zip(lengths.tolist(), pairwise(borders), strict=True):
        subwords = slice(offsets[first], offsets[last])
        sizes = np.append(length, windows.lengths[first:last])
        read.append(blake2b(b"".join(each.tobytes() for each in (sizes, ids[subwords], words[subwords]))).digest())
    return read


def words_with_subwords(report: Path) -> dict[str, int]:
    """Read how many words of validation and test have sub-words, as tokenize-align counted them.

    Args:
        report: reports/data.json.

    Raises:
        UserError: it is missing or damaged.
    """
    found = read_sealed(report, "tokenize-align")
    with reading(report, "tokenize-align", expected="the number of words of each split"):
        return {name: found[name]["words"] - found[name]["words_without_subwords"] for name in SPLITS}


def _documents(raw: Path, split: str, sentences: int) -> Ints | None:
    """Number the documents of a split of data/raw from 0, int64 (sentences,); None if each sentence is one by itself.

    Raises:
        UserError: data/raw is missing or damaged, or not what data/tokenized was made from.
    """
    verify(raw, "download")
    names = np.concatenate(
        [batch[DOCUMENT].to_numpy(zero_copy_only=False) for batch in shards.read_batches(raw / split)]
    )
    if len(names) != sentences:
        raise UserError(
            f"{raw}: {len(names):,} sentences of {split}, but {sentences:,} in data/tokenized; expected as many: run "
            "`dvc repro tokenize-align` again"
        )
    documents: Ints = np.cumsum(np.append(0, names[1:] != names[:-1]))
    return documents if documents[-1] + 1 < sentences else None


def _load_backend(data: Path, finetuned: Path, wanted: Precision, labels: Labels) -> TorchModel:
    """Load the fine-tuned model onto this host's device."""
    precision = resolve(wanted, PartialState().device, "evaluate.precision")
    model = classifier.load(finetuned, labels)
    tokenized.check_tokenizer(data, finetuned, "train")
    return TorchModel.for_inference(model, precision)


def _label(split: tokenized.Split, with_subwords: int, chunks: Iterable[Chunk], predictor: Predictor) -> ScoredSplit:
    """Label the words of a split."""
    labels, gold = predictor.labels, split.gold()
    predictions = predictor.label(chunks, gold)
    ids, words = split.ids_and_words()
    lengths, scores = split.lengths(), predictions.scores
    greedy = TaggedSentences(labels, lengths, predictions.greedy, scores, gold)
    seen = len(gold) - predictions.without_subwords
    return ScoredSplit(
        labels.kind,
        TaggedSentences(labels, lengths, predictions.labels, scores, gold, ids, words),
        predictions.without_subwords,
        predictions.mean_loss,
        score(count(greedy, labels.kind))["overall"]["f1"],
        with_subwords - seen,
    )
