"""Learning from other models: teachers' label probabilities are targets of the student (Hinton et al., 2015).

Labels are matched by name. For a teacher of spans, O is all that it does not know: it is compared with the sum of the
student's O and the labels that the teacher lacks (Cermelli et al., 2020), and labels that the student lacks are O.
Probabilities are summed before tempering, or many improbable labels would count as a probable one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from torch import Tensor
from torch.nn.functional import kl_div

from tagline.artifacts.tokenized import Split
from tagline.core import replacing, write_hashes
from tagline.labels import NO_WORD, Floats, Ints, Labels, continues
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel
from tagline.model.heads import load_head
from tagline.model.precision import Resolved
from tagline.model.prediction import NonFiniteError, score_split
from tagline.terminal import UserError
from tagline.training.fit_check import check_fit
from tagline.training.gradients import Batch, Objective
from tagline.training.train_params import Teacher
from tagline.training.validation import predictor
from tagline.training.work import VARIABLE, completed, seen_by_all

# The file of the targets in the work folder of a run; its folder has its hash, too.
TARGETS = "teacher/targets"


@dataclass(frozen=True)
class TeacherModel:
    """A model that teaches.

    Attributes:
        labels: its own, see `classifier.read_labels`.
        targets: the names of the labels that it shares with the student.
    """

    folder: Path
    labels: Labels
    targets: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path, labels: Labels, student: Labels) -> TeacherModel:
        """Match a teacher's labels with the student's.

        Raises:
            UserError: they do not fit each other.
        """
        names = ", ".join(labels.names)
        names_of_student = ", ".join(student.names)
        targets = tuple(name for name in student.names if name in labels.names)
        if student.kind == "spans" and len(targets) < 2:
            raise UserError(
                f"{folder}: the teacher's labels are {names}; expected a type in common with task {student.task} "
                f"({names_of_student})"
            )
        if student.kind != "spans" and set(labels.names) != set(student.names):
            raise UserError(
                f"{folder}: the teacher's labels are {names}; expected the same tags with task {student.task} "
                f"({names_of_student})"
            )
        return cls(folder, labels, targets)

    def ids(self, student: Labels) -> list[int]:
        return [student.label2id[name] for name in self.targets]

    def tempered(self, probabilities: Floats, temperature: float) -> Floats:
        """Sum the probabilities of the teacher's labels to its targets, then temper them.

        Args:
            probabilities: float32 (words, labels); 0 for words without sub-words.

        Returns:
            float32 (words, targets) with sum 1, or 0 for words without sub-words.
        """
        of_labels = [name if name in self.targets else self.labels.fallback for name in self.labels.names]
        # float32 (labels, targets), 1 where a label counts for a target.
        membership = np.equal.outer(of_labels, self.targets).astype(np.float32)
        summed = probabilities @ membership
        # In shares of the largest, so that powers of small ones do not all become 0.
        largest = np.maximum(summed.max(-1, keepdims=True), np.finfo(np.float32).tiny)
        powers = (summed / largest) ** (1 / temperature)
        return powers / np.maximum(powers.sum(-1, keepdims=True), 1)

    def targets_of(
        self, split: Split, tokenized: Path, precision: Resolved, subwords_per_device: int | None, temperature: float
    ) -> Iterator[Floats]:
        """Yield the targets' probabilities of all words, a few words at a time, float32 (words, targets).

        Call it in all processes.

        Raises:
            UserError: the teacher can't read the windows, or its logits are NaN or infinite.
        """
        model = classifier.load(self.folder, self.labels, torch.float32, made_by="")
        check_fit(model, split, tokenized, f"train.teacher.models: {self.folder}")
        backend = TorchModel.for_inference(model, precision)
        head = load_head(self.folder, self.labels, made_by="")
        by_model = predictor(backend, head, subwords_per_device)
        name = "teacher" if PartialState().is_main_process else None
        try:
            for _, _, probabilities in by_model.distributions(score_split(by_model, split, name)):
                yield self.tempered(probabilities, temperature)
        except NonFiniteError:
            raise UserError(
                f"{self.folder}: NaN or infinite logits; expected a trained model; train it again"
            ) from None


class Teaching(Objective):
    """The objective of a student that learns from teachers, beside its gold labels.

    The Kullback-Leibler divergence of the student's distribution from each teacher's, at the same temperature, averaged
    over teachers, times the square of the temperature, which keeps the size of its gradients.

    Args:
        params: the section ``train.teacher``.
        work: folder of the run; `TARGETS` in it is float32 (words, targets) of each teacher, 0 for words without
            sub-words.

    Attributes:
        items: int64 (windows,), the number of words of each window.
    """

    def __init__(
        self, teachers: Sequence[TeacherModel], params: Teacher, student: Labels, split: Split, work: Path
    ) -> None:
        self._teachers = teachers
        self._work = work
        self._temperature = params.temperature
        self._rows = split.mapped_windows
        # The first word of each sentence, and at last the number of words.
        self._begins = np.cumsum([0, *split.lengths()])
        self._sizes = [len(teacher.targets) for teacher in teachers]
        self._outside = student.label2id[student.fallback]
        self._ids = [teacher.ids(student) for teacher in teachers]
        self._factor = params.weight * params.temperature**2 / len(teachers)
        self.items = self._rows.words()

    def write_targets(
        self, split: Split, tokenized: Path, precision: Resolved, subwords_per_device: int | None
    ) -> None:
        """Write the targets of all words, unless the interrupted run did so.

        Call it in all processes, before the first step.

        Args:
            split: the sentences, and the windows that teachers read, without copies.

        Raises:
            UserError: a teacher can't read the windows or its logits are not finite; the disk is full; or hosts do not
                share the work folder.
        """
        state = PartialState()
        path = self._work / TARGETS
        if not seen_by_all(self._work):
            raise UserError(
                f"{self._work} is not the same folder on all hosts of this run; expected one that they share, for the "
                f"targets of train.teacher; set {VARIABLE} to such a folder on all hosts"
            )
        if completed(path.parent):
            return
        with replacing(path.parent) if state.is_main_process else nullcontext() as partials:
            if partials:
                partials[0].mkdir()
            # Written, not mapped into memory: on a full disk, a write to mapped memory kills the process.
            with (partials[0] / path.name).open("wb") if partials else nullcontext() as file:
                for teacher in self._teachers:
                    targets = teacher.targets_of(split, tokenized, precision, subwords_per_device, self._temperature)
                    for values in targets:
                        if file:
                            file.write(values.data)
            if partials:
                write_hashes(partials[0])
        state.wait_for_everyone()

    @cached_property
    def _targets(self) -> list[Floats]:
        """The targets of each teacher, float32 (words, targets)."""
        flat = np.memmap(self._work / TARGETS, np.float32, "r")
        words = self._begins[-1]
        ends = words * np.cumsum(self._sizes)
        return [part.reshape(words, -1) for part in np.split(flat, ends[:-1])]

    def targets(self, windows: Ints, rows: int, longest: int) -> Floats:
        """The targets of words at their first sub-words.

        Returns:
            float32 (rows, longest, targets); 0 at other sub-words, in padding and in rows without a window.
        """
        targets = np.zeros((rows, longest, sum(self._sizes)), np.float32)
        words_of_windows = self._rows.values(self._rows.word_ids, windows)
        begins = self._begins[self._rows.sentence[windows]]
        for row, begin, words in zip(targets, begins, words_of_windows, strict=False):
            first = np.flatnonzero(~continues(words) & (words != NO_WORD))
            indices = begin + words[first]
            row[first] = np.concatenate([of_teacher[indices] for of_teacher in self._targets], axis=1)
        return targets

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        logits = logits.float()
        total = torch.zeros((), device=logits.device)
        for ids, values in zip(self._ids, batch.targets.split(self._sizes, -1), strict=True):
            lacking = {*range(logits.shape[-1])}.difference(ids)
            summed = logits[..., ids]
            summed[..., ids.index(self._outside)] = logits[..., [self._outside, *lacking]].logsumexp(-1)
            total = total + kl_div((summed / self._temperature).log_softmax(-1), values, reduction="sum")
        return self._factor * total
