"""Labelling by the model that was trained on all of train."""

from pathlib import Path

from tagline.artifacts import tokenized
from tagline.audit.audit_params import Audit
from tagline.core import HASHES, LEARNT, replacing, sha256, verify
from tagline.crossval import out_of_fold
from tagline.crossval.labelling import label
from tagline.model import classifier
from tagline.terminal import quiet
from tagline.training.train_params import Train


def label_all(audit: Audit, train: Train, data: Path, tests: Path, model: Path, target: Path) -> None:
    """Write how the model that was trained on all of train labels the audited splits.

    Args:
        audit: the section ``audit``.
        train: the section ``train``.
        data: data/tokenized.
        tests: data/tokenized_tests.
        model: models/finetuned.
        target: the output, see `tagline.crossval.out_of_fold`.

    Raises:
        UserError: an input is missing or damaged, or they do not match.
    """
    verify(data, "tokenize-align")
    verify(model, "train")
    quiet()
    labels = tokenized.load_labels(data)
    with replacing(target) as (partial,):
        parts: dict[str, tokenized.Split] = {}
        for split in audit.splits:
            parts[split] = tokenized.load_split(data if split in LEARNT else tests, split)
        label(parts, labels, model, train, partial)
        made_of = {
            "splits": audit.splits,
            "best_epoch": classifier.best_epoch(model),
            "tokenized": sha256(data / HASHES),
        }
        out_of_fold.write_provenance(partial, labels, made_of)
