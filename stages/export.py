"""Stage 5, export: the folder that a user takes away, proven to predict what the trained model predicts.

Reads the section ``export`` and the key ``evaluate.decoding`` of params.yaml, data/tokenized (the test split) and
models/finetuned.
Writes models/export, which `transformers.pipeline("token-classification", model="models/export")` loads, and
metrics/export.json.

    python stages/export.py
"""

from __future__ import annotations

from tagging.interruption import end_silently

if __name__ == "__main__":
    end_silently()

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from tagging import launchers, models, tokenized
from tagging.backends.torch_model import TorchModel
from tagging.decoding import Decoding
from tagging.encoders import load_tokenizer, save_tokenizer
from tagging.faults import Fault, exit_with_message, take_no_arguments
from tagging.labels import Labels
from tagging.outputs import replacing, write_json
from tagging.params.evaluate import Evaluate
from tagging.params.export import Export
from tagging.params.reader import read_section
from tagging.prediction import Predicted, Predictor, predict_split
from tagging.progress import quiet
from tagging.tokenized import Split

TOKENIZED = Path("data/tokenized")
FINETUNED = Path("models/finetuned")
EXPORT = Path("models/export")
METRICS = Path("metrics/export.json")

SPLIT = "test"
TOKENS_PER_BATCH = 1024


def main() -> None:
    take_no_arguments(__doc__)
    params = read_section("export", Export)
    decoding = read_section("evaluate", Evaluate).decoding
    quiet()
    launchers.refuse("export")
    labels = tokenized.load_labels(TOKENIZED)
    split = tokenized.load_split(TOKENIZED, SPLIT)
    trained = models.load(FINETUNED, labels)
    tokenized.check_tokenizer(TOKENIZED, FINETUNED)
    with replacing(EXPORT, METRICS) as (target, metrics):
        expected = predict(trained, split, labels, decoding, "trained")
        write_export(models.load(FINETUNED, labels, getattr(torch, params.dtype)), target)
        found = predict(models.load(target, labels), split, labels, decoding, "exported")
        report = compare(expected, found)
        if report["same_labels"] < params.min_agreement:
            raise Fault(
                f"the export in {params.dtype} labels {report['same_labels']:.2%} of the test words like the trained "
                f"model, export.min_agreement asks for {params.min_agreement:.2%}; the earlier export was kept"
            )
        size = sum(file.stat().st_size for file in target.iterdir())
        write_json(metrics, {SPLIT: report, "megabytes": round(size / 1e6, 1)})
    print(
        f"{EXPORT}: {size / 1e6:.1f} MB, {report['same_labels']:.2%} of {report['words']:,} test words labelled alike"
    )


def predict(model: PreTrainedModel, split: Split, labels: Labels, decoding: Decoding, name: str) -> Predicted:
    """What a model says of the split, in the number format of its weights."""
    return predict_split(Predictor(TorchModel(model), labels, decoding, TOKENS_PER_BATCH), split, name)


def write_export(model: PreTrainedModel, target: Path) -> None:
    """Write weights, the configuration that names their number format and labels, and the tokenizer."""
    model.save_pretrained(target)
    save_tokenizer(load_tokenizer(FINETUNED), target)


def compare(expected: Predicted, found: Predicted) -> dict[str, Any]:
    """How alike two models label the same words: the share of equal labels, and the largest difference of a score."""
    pairs = [pair for rows in zip(expected.labels, found.labels, strict=True) for pair in zip(*rows, strict=True)]
    gaps = [np.abs(a - b).max() for a, b in zip(expected.scores, found.scores, strict=True)]
    return {
        "words": len(pairs),
        "same_labels": round(sum(a == b for a, b in pairs) / len(pairs), 6),
        "largest_score_difference": round(float(max(gaps)), 6),
    }


if __name__ == "__main__":
    exit_with_message(main)
