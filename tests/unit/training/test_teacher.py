"""Teachers: which labels match, and the loss of a student."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.windows import split_of

from tagline.labels.label_list import Labels
from tagline.terminal.errors import UserError
from tagline.training.gradients import Batch
from tagline.training.teacher import TARGETS, TeacherModel, Teaching
from tagline.training.train_params import Teacher

STUDENT = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")
TAGS = Labels("pos", "tags", ("A", "B"), "A")


def teacher(folder, *names, student=STUDENT):
    return TeacherModel.of(folder, replace(student, names=names), student)


@pytest.fixture
def split():
    """Two sentences, the second in two windows that share its middle word; its last word has no sub-word."""
    windows = {
        "sentence": [0, 1, 1],
        "input_ids": [[2, 5, 6, 6, 3], [2, 9, 10, 3], [2, 10, 11, 3]],
        "word_ids": [[-1, 0, 1, 1, -1], [-1, 0, 1, -1], [-1, 1, 2, -1]],
        "labels": [[-100] * 5, [-100] * 4, [-100] * 4],
    }
    sentences = {"id": ["a", "b"], "words": [["a", "b"], ["c", "d", "e", "\u200b"]], "labels": [[0] * 2, [0] * 4]}
    return split_of(sentences, windows, STUDENT)


def temper(probabilities, temperature):
    powers = np.array(probabilities, np.float64) ** (1 / temperature)
    return powers / powers.sum()


@pytest.mark.parametrize("temperature", [0.1, 1.0, 5.0])
def test_loss_compares_what_a_teacher_knows(split, tmp_path, temperature):
    teachers = [teacher(tmp_path / "a", "B-Z", "B-X", "O", "I-X", "I-Z"), teacher(tmp_path / "b", *STUDENT.names)]
    generator = np.random.default_rng(0)
    of_teachers = [generator.dirichlet(np.ones(5), 6).astype(np.float32) for _ in teachers]
    written = [each.tempered(p, temperature).ravel() for p, each in zip(of_teachers, teachers, strict=True)]
    (tmp_path / TARGETS).parent.mkdir()
    np.concatenate(written).tofile(tmp_path / TARGETS)
    params = Teacher(models=[], weight=0.5, temperature=temperature)
    teaching = Teaching(teachers, params, STUDENT, split, tmp_path)
    assert teaching.items.tolist() == [2, 2, 2]
    windows = np.array([2, 0])
    targets = teaching.targets(windows, rows=3, longest=8)
    assert np.flatnonzero(targets.any(-1).ravel()).tolist() == [1, 2, 9, 10], "first sub-words, once per word"
    # Far apart, so that the student is sure of what the teachers deny.
    logits = torch.from_numpy(generator.normal(scale=5, size=(3, 8, 5))).float()
    expected = []
    for word, row, position in ((3, 0, 1), (4, 0, 2), (0, 1, 1), (1, 1, 2)):
        ours = logits[row, position].double().softmax(-1).numpy()
        # Of the first teacher, which knows X and Z, only X matters: O or Z are O, and so are O and Y of the student.
        first, second = (p[word] for p in of_teachers)
        known = (first[[0, 2, 4]].sum(), first[1], first[3]), (ours[[0, 3, 4]].sum(), ours[1], ours[2])
        for theirs, student in (known, (second, ours)):
            p, q = temper(theirs, temperature), temper(student, temperature)
            expected.append((p * np.log(p / q)).sum())
    labels = torch.zeros(3, 8, dtype=torch.int64)
    batch = Batch(labels, torch.from_numpy(targets), torch.nn.Module())
    loss = teaching.loss(logits, batch)
    assert loss.item() == pytest.approx(0.5 * temperature**2 * sum(expected) / 2, rel=1e-5)


UNFIT = [
    (("O", "B-Z", "I-Z"), STUDENT, r"labels are O, B-Z, I-Z; expected a type in common with task ner \(O, B-X, "),
    (("A", "B", "C"), TAGS, r"labels are A, B, C; expected the same tags with task pos \(A, B\)$"),
]


@pytest.mark.parametrize(("names", "student", "message"), UNFIT)
def test_labels_that_do_not_fit_are_refused(tmp_path, names, student, message):
    with pytest.raises(UserError, match=message):
        teacher(tmp_path / "model", *names, student=student)
    known = np.array([[0.25, 0.75], [0, 0]], np.float32)
    same = teacher(tmp_path / "same", "B", "A", student=TAGS)
    assert same.tempered(known, temperature=0.5).tolist() == [[pytest.approx(0.9), pytest.approx(0.1)], [0, 0]]
