"""Schema of the section ``train`` of params.yaml: how the encoder is fine-tuned."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tagline.core.params import InnerPath, Section, SourceFolder
from tagline.hub.hub_params import Push
from tagline.labels import Precision
from tagline.model.heads import HEADS

# The param that limits what a device computes at once.
SIZE = "train.subwords_per_device"
# Params that change no weight: an interrupted run continues although they changed.
WITHOUT_EFFECT = {"checkpoint_every", "hub"}
Count = Annotated[int, Field(ge=1, le=10**9)]


class Batches(Section):
    """How windows are grouped into batches. Both sizes have values, so that changing `order` alone switches."""

    order: Literal["by_length", "random"] = "by_length"
    """by_length (windows of similar length, up to subwords_per_batch) or random (batch_size windows)."""
    subwords_per_batch: Annotated[int, Field(ge=1, le=2**24)]
    """Maximum number of sub-words per batch, padding included (at most 10 % of them). Ignored when order is random."""
    batch_size: Annotated[int, Field(ge=1, le=2**20)] = 8
    """Number of windows per batch. Ignored when order is by_length."""


def _rate(value: Any) -> Any:
    """Check a value whole: pydantic would report an error for each member of the union."""
    if value != "auto" and not (isinstance(value, int | float) and 0 < value < 1):
        raise ValueError("must be auto, or above 0 and below 1")
    return value


LearningRate = Annotated[Annotated[float, Field(gt=0, lt=1)] | Literal["auto"], BeforeValidator(_rate)]


def _different(models: list[str]) -> list[str]:
    if len(set(models)) < len(models):
        raise ValueError("must name each model once")
    return models


class Teacher(Section):
    """Models whose label probabilities are learnt beside the gold labels."""

    models: Annotated[list[InnerPath], AfterValidator(_different)] = Field(default=[])
    """Trained models in `folder`, with the same sub-words; labels are matched by name. [] for none."""
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """Weight of this loss; that of gold labels has 1. It is the Kullback-Leibler divergence per word."""
    temperature: Annotated[float, Field(ge=0.1, le=100)] = 1.0
    """Temperature of the probabilities of teachers and student. Above 1, improbable labels count more."""


class Train(Section):
    """Params of training."""

    engine: Literal["accelerate", "trainer"] = "accelerate"
    """Training loop: accelerate (our own) or trainer (of transformers). Both take the same steps."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """Random seed for classifier initialisation, batch order and dropout."""
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    """Number of passes over the training split, of a small one more (`min_steps`). The epoch with the best validation
    F1 is kept, on ties the one with the lowest validation loss; the last one if validation has fewer than 30
    entities."""
    min_steps: Count = 1
    """Minimum number of optimizer steps, for which an epoch has several passes over a small training split. All epochs
    together have as few as reach it."""
    max_steps: Count | None = None
    """Stop after this number of optimizer steps, for a short trial; empty: no limit."""
    head: Literal["linear", "crf"]
    """Classifier head: linear, or crf, which also learns transitions between labels. linear: labels of words are
    independent. crf: the most probable sequence is chosen."""
    head_learning_rate: LearningRate = "auto"
    """Peak learning rate of the classifier, and of the transitions of head crf; auto: ten times that of the encoder."""
    batches: Batches
    """How windows are grouped into batches, one batch per optimizer step. Sizes are totals over all devices."""
    checkpoint_every: Count | None = None
    """Number of steps between checkpoints, from which an interrupted run is resumed. Empty: after epochs, at most one
    in two minutes, and after the last one."""
    pad_to_multiple_of: Annotated[int, Field(ge=1, le=2**10)] | None = None
    """Pad batches to a multiple of this number of sub-words; empty: no rounding. For devices that prefer few shapes."""
    subwords_per_device: Annotated[int, Field(ge=1, le=2**24)] | None = None
    """Maximum number of sub-words that a device computes at once, padding included. Larger batches are computed in
    parts and their gradients are accumulated; empty: no limit."""
    precision: Precision = "auto"
    """Number format of matrix products: auto, fp32, bf16 or fp16. auto: bf16 where the hardware is faster in it,
    otherwise fp32."""
    learning_rate: LearningRate
    """Peak learning rate of AdamW; auto: by the size of the encoder and of the batches (docs/data.md)."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Ratio of the learning rates of a layer and the one above it, from `learning_rate` down; 1: one rate for all."""
    schedule: Literal["linear", "cosine"] = "linear"
    """Decay of the learning rate to zero after the warm-up: linear or cosine."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Fraction of all steps during which the learning rate increases from zero to its peak."""
    weight_decay: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Decoupled weight decay of AdamW; biases and layer norms are excluded."""
    max_grad_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = 1.0
    """Maximum norm of the gradients over all weights; empty: no limit. Larger ones are clipped."""
    folder: SourceFolder
    """Folder of the models that are named below (data/none if none is). DVC tracks it: a change to its files reruns the
    stage."""
    start_from: InnerPath | None = None
    """Trained model in `folder` to continue from; empty: the encoder of download. Its encoder and, for labels of the
    same name, its classifier. A folder like models/finetuned or models/export."""
    layers: Count | None = None
    """Number of the encoder's first layers to keep; empty: all."""
    teacher: Teacher = Teacher()
    """Models whose label probabilities are learnt beside the gold labels; not with head crf."""
    hub: Push = Push()
    """Push the model of each epoch to the Hugging Face Hub in the background, one commit per epoch. A change of any of
    its keys reruns training."""

    @model_validator(mode="after")
    def _no_teacher_of_sequences(self) -> Self:
        if HEADS[self.head].scores_sequences and self.teacher.models:
            raise ValueError(f"teacher.models is not possible with head {self.head}; set it to []")
        return self

    @property
    def earlier(self) -> Path | None:
        """The model to continue from."""
        if self.start_from is None:
            return None
        return Path(self.folder, self.start_from)

    @property
    def teachers(self) -> list[Path]:
        return [Path(self.folder, model) for model in self.teacher.models]

    @property
    def models(self) -> list[Path]:
        """All earlier models that training reads."""
        folders = self.teachers
        if self.earlier is not None:
            folders.append(self.earlier)
        return list(dict.fromkeys(folders))

    def effective(self) -> dict[str, Any]:
        """The params that the weights depend on, as plain values."""
        return self.model_dump(exclude=WITHOUT_EFFECT)
