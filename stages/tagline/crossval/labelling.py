"""Labelling: train a model without a fold, and label the sentences that are held out."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import PartialState

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.core import HASHES, LEARNT, read_columns, replacing, sha256, verify, versions
from tagline.crossval import out_of_fold
from tagline.crossval.crossval_params import Crossval, refuse_earlier_models
from tagline.crossval.folds import Fold, held_out_name, splits_held_out, write_data
from tagline.crossval.out_of_fold import Chunk
from tagline.labels import Labels, TaggedSentences
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, memory_errors, workers
from tagline.model.heads import load_head
from tagline.model.precision import resolve
from tagline.model.prediction import Predictor, score_split
from tagline.terminal import UserError, show
from tagline.training import processes
from tagline.training.stage import LIBRARIES, Inputs, Outputs, fine_tune, start
from tagline.training.train_params import SIZE, Train
from tagline.training.validation import forward_size
from tagline.training.work import VARIABLE, completed, fingerprint, seen_by_all, work_folder

# In the work folder of a fold, what plots/validation.csv is for the stage train.
VALIDATION = "validation.csv"


def label_fold(
    number: int, params: Crossval, train: Train, script: Path, inputs: Inputs, unlabelled: Path, target: Path
) -> None:
    """Train as the stage train does, and write how the model labels the held-out sentences.

    An interrupted run continues: the work folder has the data of the fold, and the model once it is trained.

    Args:
        number: of the fold, from 1.
        params: the division into folds.
        train: the section ``train``; nothing is pushed.
        script: the stage's file.
        inputs: folders of earlier stages.
        unlabelled: data/tokenized_tests/unlabelled.
        target: the output, see `tagline.crossval.out_of_fold`.

    Raises:
        UserError: see `Fold` and `tagline.training.stage.run`; the params have earlier models; or several hosts do not
            share the work folder.
    """
    refuse_earlier_models(train.models)
    state = start()
    train = train.model_copy(update={"hub": train.hub.model_copy(update={"push": False})})
    made_of = {"fold": number, "crossval": params.model_dump(), "train": train.effective()}
    verified = inputs.verify([])
    verified["unlabelled"] = verify(unlabelled, "tokenize-align")
    name = f"crossval-{number}"
    with work_folder(name, fingerprint(made_of, script, verified)) as work:
        if not seen_by_all(work):
            raise UserError(
                f"{work} is not the same folder on all hosts of this run; expected one that they share, which has the "
                f"data of the fold; set {VARIABLE} to such a folder on all hosts"
            )
        data = work / "tokenized"
        model = work / "finetuned"
        fold = Fold(number, params, inputs.tokenized, unlabelled)
        if state.is_main_process:
            show(fold.message())
        if not completed(data) and state.is_main_process:
            with replacing(data) as (partial,):
                write_data(fold, partial)
        state.wait_for_everyone()
        if not completed(model):
            # Its checkpoints are in the work folder of the fold, and removed with it after any kill.
            outputs = Outputs(model, work / "train.json", work / "train_loss.csv", work / VALIDATION)
            of_fold = Inputs(data, inputs.encoder, inputs.tokenizer, inputs.tokenized)
            fine_tune(train, script, of_fold, outputs, state, stage=f"{name}/{work.name}/train")
        if state.is_main_process:
            with replacing(target) as (partial,):
                _label_held_out(fold, work, train, made_of, partial)
    processes.leave()


def _label_held_out(fold: Fold, work: Path, train: Train, made_of: dict[str, Any], target: Path) -> None:
    """Write how the model of a fold labels the sentences that are held out, and how it was made.

    Args:
        fold: the roles of the sentences.
        work: the work folder, with the data of the fold, its model and the curve of its training.
        train: the section ``train``, as the model was trained.
        made_of: the fold and its params.
        target: the folder to make.
    """
    data = work / "tokenized"
    model = work / "finetuned"
    parts = {split: tokenized.load_split(data, held_out_name(split)) for split in splits_held_out(data)}
    label(parts, fold.labels, model, train, target)
    best = classifier.best_epoch(model)
    # The hashes of the model list the curve, not the report.
    epochs = read_columns(work / VALIDATION, ["f1"])
    made_of |= {
        "sentences": fold.numbers,
        "best_epoch": best,
        "validation_f1": epochs[best - 1]["f1"],
        "tokenized": sha256(fold.tokenized / HASHES),
        "unlabelled": sha256(fold.unlabelled / HASHES),
        "versions": versions(*LIBRARIES),
    }
    out_of_fold.write_provenance(target, fold.labels, made_of)


def label(parts: Mapping[str, Split], labels: Labels, model: Path, train: Train, target: Path) -> None:
    """Write the labels of some sentences of each split.

    Args:
        parts: the sentences and windows to label, by split.
        labels: the label list.
        model: a folder like models/finetuned.
        train: the section ``train``, for precision and size of batches.
        target: the folder to make, see `tagline.crossval.out_of_fold`.

    Raises:
        UserError: the model is damaged, or the device does not support its precision or is out of memory.
    """
    device = PartialState().device
    precision = resolve(train.precision, device, "train.precision")
    backend = TorchModel.for_inference(classifier.load(model, labels), precision)
    head = load_head(model, labels, "train")
    target.mkdir()
    with workers(device) as threads, memory_errors(SIZE, train.subwords_per_device):
        predictor = Predictor(backend, head, labels, forward_size(train.subwords_per_device, device), threads)
        for name, part in parts.items():
            out_of_fold.write(target / f"{name}.parquet", labels, _labelled(predictor, part, name))


def _labelled(predictor: Predictor, split: Split, name: str) -> Iterator[Chunk]:
    """Yield the sentences of a split, and the probabilities of the labels of their words."""
    ids, words = split.ids_and_words()
    gold = split.gold() if name in LEARNT else None
    lengths = split.lengths()
    offsets = np.cumsum([0, *lengths])
    for rows, predicted, probabilities in predictor.distributions(score_split(predictor, split, name)):
        sentences = TaggedSentences(
            predictor.labels,
            lengths=lengths[rows],
            predicted=predicted,
            scores=probabilities[np.arange(len(predicted)), predicted],
            gold=None if gold is None else gold[offsets[rows.start] : offsets[rows.stop]],
            ids=ids[rows],
            words=words[rows],
        )
        yield sentences, probabilities
