"""Stage 5, export: the folder that a user takes away, proven to predict what the trained model predicts.

Reads the section ``export`` and the key ``evaluate.decoding`` of params.yaml, data/tokenized (the test split) and
models/finetuned; for the model card also three keys of ``tokenize_align``, the provenance of data and encoder, the
scores and the learning curve.
Writes models/export, which `transformers.pipeline("token-classification", model="models/export")` loads, with its model
card README.md, and metrics/export.json. Pushes models/export to the Hugging Face Hub where ``export.hub`` says so.

    python stages/export.py
    python stages/export.py --push    push models/export as it is, compute nothing
"""

from __future__ import annotations

from tagging.interruption import end_silently

if __name__ == "__main__":
    end_silently()

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from tagging import curve_files, models, tokenized
from tagging.backends.torch_model import TorchModel
from tagging.card import document
from tagging.decoding import Decoding
from tagging.encoders import load_tokenizer, save_tokenizer
from tagging.faults import Fault, exit_with_message, require
from tagging.hub_push import Target
from tagging.labels import Labels
from tagging.outputs import read_json, replacing, write_json
from tagging.params.evaluate import Evaluate
from tagging.params.export import Export
from tagging.params.reader import read_section
from tagging.params.tokenize_align import TokenizeAlign
from tagging.prediction import Predicted, Predictor, predict_split
from tagging.progress import quiet
from tagging.provenance import PROVENANCE
from tagging.tokenized import Split

TOKENIZED = Path("data/tokenized")
FINETUNED = Path("models/finetuned")
EXPORT = Path("models/export")
METRICS = Path("metrics/export.json")
# What the card tells.
DATASET = Path("data/raw/provenance.json")
ENCODER = Path("models/pretrained/provenance.json")
EVALUATED = Path("metrics/evaluate.json")
VALIDATION = Path("plots/validation.csv")

CARD = "README.md"
SPLIT = "test"
TOKENS_PER_BATCH = 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Write models/export, and push it to the Hub where export.hub says so."
    )
    parser.add_argument("--push", action="store_true", help="push models/export as it is, compute nothing")
    only_push = parser.parse_args().push
    params = read_section("export", Export)
    decoding = read_section("evaluate", Evaluate).decoding
    quiet()
    target = Target.of("export.hub", params.hub) if params.hub.push or only_push else None
    if target is not None:
        target.check()  # before any work
    if not only_push:
        export(params, decoding)
    if target is not None:
        push(target)


def export(params: Export, decoding: Decoding) -> None:
    """Write the export and its metrics, or raise a `Fault` and leave the earlier ones."""
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
        write_card(params, labels, decoding, target / CARD)
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


def write_card(params: Export, labels: Labels, decoding: Decoding, target: Path) -> None:
    """Write the model card: the Hub shows it, and so does any editor."""
    tokenize = read_section("tokenize_align", TokenizeAlign)
    facts = document.Facts(
        labels=labels,
        dataset=read_json(DATASET, "download"),
        encoder=read_json(ENCODER, "download"),
        training=read_json(FINETUNED / PROVENANCE, "train"),
        windows=tokenize.model_dump(include={"label_all_tokens", "max_length", "stride"}),
        metrics=read_json(EVALUATED, "evaluate"),
        epochs=curve_files.read(VALIDATION, document.EPOCHS),
        decoding=decoding,
        language=params.card.language,
        license=params.card.license,
        hub=params.hub,
        folder=EXPORT.as_posix(),
    )
    target.write_text(document.render(facts), encoding="utf-8")


def push(target: Target) -> None:
    """Push what lies in models/export.

    Raises:
        Fault: it can't be pushed; the folder stays as it is.
    """
    require(EXPORT, "export")
    f1 = read_json(EVALUATED, "evaluate")[SPLIT]["overall"]["f1"]
    try:
        target.create()
        commit = target.push(EXPORT, f"Test F1 {f1:.3f}")
    except Fault as fault:
        raise Fault(
            f"{EXPORT} is complete, but not on the Hub: {fault}; `python stages/export.py --push` pushes it again"
        ) from None
    print(f"{target}: {f'commit {commit}' if commit else 'all of it is there already'}")


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
