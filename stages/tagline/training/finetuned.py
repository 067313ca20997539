"""Results of a training run: the fine-tuned model with its provenance, the learning curves, the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tagline.core.outputs import write_json
from tagline.core.provenance import PROVENANCE, copy_files, versions, write_hashes
from tagline.training.history import SCORES
from tagline.training.train_params import Train
from tagline.training.training import Training

# Params that change no weight: an interrupted run continues although they changed.
WITHOUT_EFFECT = {"checkpoint_every", "hub"}
# Of curves in Git: more would differ between hosts of one precision.
DIGITS = 4
# Libraries that the weights depend on.
LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "datasets")


def effective(params: Train) -> dict[str, Any]:
    """The params that the weights depend on, as plain values."""
    return params.model_dump(exclude=WITHOUT_EFFECT)


def write_model(training: Training, tokenizer: Path, target: Path, curves: Mapping[Path, Path]) -> None:
    """Write a folder that transformers loads, and how the model was made.

    Args:
        training: a finished run.
        tokenizer: folder of the tokenizer's files.
        target: the new folder: weights, configuration, tokenizer, provenance.json, hashes.json.
        curves: the learning curves, written before, and their temporary paths; hashes.json lists them too.
    """
    target.mkdir()
    copy_files(training.best, target)
    copy_files(tokenizer, target)
    write_json(
        target / PROVENANCE,
        {
            "params": effective(training.params),
            "precision": ", ".join(training.saved.precisions),
            "best_epoch": training.history.best["epoch"],
            "steps": training.history.steps,
            "versions": versions(*LIBRARIES),
        },
    )
    write_hashes(target, others=curves)


def write_report(training: Training, report: Path, train_loss: Path, validation: Path) -> None:
    """Write the scores of the best epoch as JSON, and the learning curves as CSV.

    Args:
        training: a finished run.
        report: ``{best_epoch, steps, precision, padding, validation: {precision, recall, f1, accuracy, loss}}``.
        train_loss: columns step, loss.
        validation: columns epoch, precision, recall, f1, accuracy, loss.
    """
    history = training.history
    pd.DataFrame(history.losses).round(DIGITS).to_csv(train_loss, index=False, lineterminator="\n")
    pd.DataFrame(history.epochs).round(DIGITS).to_csv(validation, index=False, lineterminator="\n")
    best = history.best
    write_json(
        report,
        {
            "best_epoch": best["epoch"],
            "steps": history.steps,
            "precision": ", ".join(training.saved.precisions),
            "padding": round(training.batches.padding(history.steps), 6),
            "validation": {name: best[name] for name in (*SCORES, "loss")},
        },
    )
