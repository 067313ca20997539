"""Labelling by the model that was trained on all of train: what it can't learn is suspicious."""

from collections.abc import Sequence
from pathlib import Path

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.core import LEARNT, verify
from tagline.crossval import out_of_fold
from tagline.crossval.labelling import label
from tagline.crossval.out_of_fold import FoldOutput
from tagline.terminal import UserError, quiet
from tagline.training.train_params import Train


def label_all(splits: Sequence[str], train: Train, data: Path, tests: Path, model: Path, target: Path) -> FoldOutput:
    """Write how a model labels splits.

    Args:
        splits: to label.
        train: the section ``train``.
        data: data/tokenized.
        tests: data/tokenized_tests.
        model: models/finetuned.
        target: the folder to make, see `tagline.crossval.out_of_fold`.

    Raises:
        UserError: an input is missing or damaged, they do not match, or the labels of some words are unknown.
    """
    verify(data, "tokenize-align")
    verify(tests, "tokenize-align")
    verify(model, "train")
    quiet()
    labels = tokenized.load_labels(data)
    if labels.sets:
        raise UserError(
            f"{data}: words of unknown label; expected the gold label of each word, to compare it with that of a "
            "model; annotate all words"
        )
    parts: dict[str, Split] = {}
    for split in splits:
        parts[split] = tokenized.load_split(data if split in LEARNT else tests, split)
    label(parts, labels, model, train, target)
    out_of_fold.write_provenance(target, labels, {})
    test = out_of_fold.load_test(tests)
    return FoldOutput(target, test.labels if test else labels, {}, test)
