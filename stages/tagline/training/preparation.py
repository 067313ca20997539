"""What a training run needs, checked and loaded before its first step."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import PartialState
from transformers import PreTrainedModel

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.labels import Labels
from tagline.model import classifier
from tagline.model.backends.torch_model import memory_errors
from tagline.model.fast_paths import replace_dropout, train_used_embeddings
from tagline.model.heads import continued, make_head
from tagline.model.heads.head import Head
from tagline.model.precision import resolve, usable
from tagline.terminal import show
from tagline.training import fit_check, learning_rate, processes
from tagline.training.gradients import GoldLabels, Objective
from tagline.training.teacher import TeacherModel, Teaching
from tagline.training.torch_settings import be_deterministic
from tagline.training.train_params import SIZE, Train
from tagline.training.training import Training
from tagline.training.validation import Validation


@dataclass(frozen=True)
class Prepared:
    """What a run needs.

    Attributes:
        learnt: ``train`` with the windows of copies in small letters.
        validation: the split that selects the epoch.
    """

    train: Split
    learnt: Split
    validation: Validation
    model: PreTrainedModel
    teachers: list[TeacherModel]


def prepare(params: Train, data: Path, encoder: Path, tokenizer: Path, device: torch.device) -> Prepared:
    """Check data and params, load the splits, and make the model.

    Raises:
        UserError: they do not fit each other or the host.
    """
    precision = resolve(params.precision, device, "train.precision")
    labels = tokenized.load_labels(data)
    tokenized.check_tokenizer(data, tokenizer)
    train = tokenized.load_split(data, "train")
    validation = tokenized.load_split(data, "validation")
    learnt = tokenized.with_copies(train, data)
    if not params.models:
        fit_check.check_fallback_is_known(labels, train, data)
    be_deterministic(params.seed)  # before the classifier is drawn
    processes.override_configuration()
    of_models = {folder: classifier.read_labels(folder, labels) for folder in params.models}
    teachers = [TeacherModel.of(folder, of_models[folder], labels) for folder in params.teachers]
    model, head = _new_model(params, encoder, labels, learnt, of_models)
    _fit_to_data(model, params, encoder, data, learnt, validation)
    precision = usable(model, precision)
    # After the checks, which would freeze the weights of the head, on which no logit depends.
    classifier.attach(model, head)
    replace_dropout(model)
    selecting = Validation(validation, head, precision, params.subwords_per_device)
    return Prepared(train, learnt, selecting, model, teachers)


def _new_model(
    params: Train,
    encoder: Path,
    labels: Labels,
    learnt: Split,
    of_models: Mapping[Path, Labels],
) -> tuple[PreTrainedModel, Head]:
    head = make_head(params.head, labels)
    if params.earlier is None:
        folder = encoder
        old = classifier.published_labels(encoder, labels)
    else:
        folder = params.earlier
        old = of_models[folder].names
        head = continued(head, folder, of_models[folder])
    model = classifier.new_classifier(folder, labels, params.layers, old)
    known = [name for name in labels.names if name in (old or ())]
    new = [number for number, name in enumerate(labels.names) if name not in known]
    if known and PartialState().is_main_process:
        kept = classifier.counted(known, "labels")
        show(f"{folder}: its classifier has {kept} of {len(labels.names)}, which are kept")
    counts = GoldLabels(head, learnt.mapped_windows).counts()
    classifier.begin_with_shares(model, counts, new)
    return model, head


def _fit_to_data(
    model: PreTrainedModel, params: Train, encoder: Path, data: Path, learnt: Split, validation: Split
) -> None:
    """Check that the model reads the windows, and freeze the weights that they do not reach."""
    source = f"train.start_from: {params.earlier}" if params.earlier else f"download.encoder: {encoder}"
    fit_check.check_fit(model, learnt, data, source, params.pad_to_multiple_of or 1)
    fit_check.check_fit(model, validation, data, source)
    train_used_embeddings(model, fit_check.used_ids(learnt, classifier.padding_id(model)))
    fit_check.check_mask(model)
    fit_check.freeze_unused(model)


def objectives_of_run(params: Train, prepared: Prepared, data: Path, work: Path) -> list[Objective]:
    """The losses that the run minimises; call it in all processes, as teachers label all words here."""
    head = prepared.validation.head
    objectives: list[Objective] = [GoldLabels(head, prepared.learnt.mapped_windows)]
    if prepared.teachers:
        teaching = Teaching(prepared.teachers, params.teacher, head.labels, prepared.learnt, work)
        with memory_errors(SIZE, params.subwords_per_device):
            teaching.write_targets(prepared.train, data, prepared.validation.precision, params.subwords_per_device)
        objectives.append(teaching)
    return objectives


def show_advice(training: Training, teachers: bool) -> None:
    params = training.params
    layers = training.model.config.get_text_config().num_hidden_layers
    lines = [
        learning_rate.advice(params.learning_rate, training.fitting_rate, params.layer_decay**layers),
        fit_check.repeated_passes(training.batches, training.steps),
    ]
    head = training.validation.head
    if head.labels.sets and not teachers:
        lines.append(fit_check.only_for_teachers(GoldLabels(head, training.rows).items))
    for line in lines:
        if line is not None:
            show(line)
