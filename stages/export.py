"""Stage 5, export: the folder that a user takes away, proven to predict what the trained model predicts.

Reads the section ``export``, the key ``evaluate.decoding`` and three of ``tokenize_align`` of params.yaml,
data/tokenized (the test split) and models/finetuned; for the model card also the provenance of data and encoder, the
scores and the learning curve.
Writes models/export, which `transformers.pipeline("token-classification", model="models/export")` loads, with the forms
for onnxruntime (see `tagline.artifacts.exported`) and the model card README.md beside it, and metrics/export.json. Pushes
models/export to the Hugging Face Hub where ``export.hub`` says so.

    python stages/export.py
    python stages/export.py --push    push models/export as it is, compute nothing
"""

from __future__ import annotations

from tagline.core.signals import default_sigint

if __name__ == "__main__":
    default_sigint()

import argparse
from pathlib import Path

import torch
from safetensors import SafetensorError
from tabulate import tabulate

from tagline.artifacts import exported, learning_curves, tokenized
from tagline.artifacts.exported import GRAPHS, BackendName, Exported
from tagline.core import launchers
from tagline.core.errors import UserError, exit_with_message, require
from tagline.core.outputs import read_json, replacing, write_json
from tagline.core.params import read_section
from tagline.core.progress import quiet
from tagline.core.provenance import PROVENANCE
from tagline.export import onnx_export, quantization
from tagline.export.card import document
from tagline.export.onnx_model import OnnxModel, cores
from tagline.export.params import Export
from tagline.export.parity import Parity
from tagline.hub.push import Target
from tagline.labels.label_list import Labels
from tagline.metrics.params import Evaluate
from tagline.model import classifier
from tagline.model.backends import Backend
from tagline.model.backends.torch_model import TorchModel
from tagline.model.decoding import Decoding
from tagline.sources.encoders import load_tokenizer, save_tokenizer
from tagline.tokenization.params import TokenizeAlign

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


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Write models/export, and push it to the Hub where export.hub says so."
    )
    parser.add_argument("--push", action="store_true", help="push models/export as it is, compute nothing")
    only_push = parser.parse_args().push
    launchers.only_main_process("export")
    params = read_section("export", Export)
    windows = read_section("tokenize_align", TokenizeAlign)
    decoding = read_section("evaluate", Evaluate).decoding
    quiet()
    target = Target.of("export.hub", params.hub) if params.hub.push or only_push else None
    if target is not None:
        target.check()  # before any work
    if not only_push:
        export(params, windows, decoding)
    if target is not None:
        push(target)


def export(params: Export, windows: TokenizeAlign, decoding: Decoding) -> None:
    """Write the export and its metrics, or raise a `UserError` and leave the earlier ones."""
    labels = tokenized.load_labels(TOKENIZED)
    split = tokenized.load_split(TOKENIZED, SPLIT)
    trained = TorchModel(classifier.load(FINETUNED, labels))
    tokenized.check_tokenizer(TOKENIZED, FINETUNED, "train")
    one_by_one = tokenized.is_one_by_one(TOKENIZED)
    tagger = Exported(labels, decoding, windows.max_length, windows.stride, trained.padding, one_by_one)
    parity = Parity(trained, split, labels, decoding)
    with replacing(EXPORT, METRICS) as (target, metrics):
        write_folder(params, tagger, target)
        write_graphs(params, labels, target)
        forms = {name: check_parity(name, target, tagger, parity, params) for name in exported.forms(target)}
        write_card(params, windows, tagger, forms, target / CARD)
        write_json(metrics, {SPLIT: {"words": parity.words, "f1": parity.f1, "forms": forms}})
    print(table(forms))


def write_folder(params: Export, tagger: Exported, target: Path) -> None:
    """Write what transformers loads (weights, the configuration that names their format and the labels, tokenizer)."""
    try:
        classifier.load(FINETUNED, tagger.labels, getattr(torch, params.dtype)).save_pretrained(target)
    except SafetensorError as error:  # a disk that is full, for one
        raise UserError(f"{EXPORT} can't be written ({error}); the earlier export was kept") from None
    save_tokenizer(load_tokenizer(FINETUNED), target)
    exported.write(tagger, target)


def write_graphs(params: Export, labels: Labels, target: Path) -> None:
    """Write the forms for onnxruntime that the params ask for."""
    if not params.onnx and not params.int8:
        return
    onnx_export.write(classifier.load(FINETUNED, labels, torch.float32), target / GRAPHS["onnx"])
    if params.int8:
        quantization.write(target / GRAPHS["onnx"], target / GRAPHS["onnx-int8"])
    if not params.onnx:
        for file in exported.files(target, "onnx"):
            file.unlink()


def check_parity(form: BackendName, target: Path, tagger: Exported, parity: Parity, params: Export) -> dict[str, float]:
    """Hold a form against the trained model.

    Returns:
        `Parity.report` and the size of its files.

    Raises:
        UserError: it predicts otherwise than the params allow.
    """
    report = parity.report(load(form, target, tagger), form)
    if form != "onnx-int8" and report["same_labels"] < params.min_agreement:
        raise UserError(
            f"the form {form}{f' in {params.dtype}' if form == 'torch' else ''} labels {report['same_labels']:.2%} of "
            f"the {SPLIT} words like the trained model, export.min_agreement asks for {params.min_agreement:.2%}; "
            "the earlier export was kept"
        )
    if parity.f1 - report["f1"] > params.max_f1_drop:
        raise UserError(
            f"the form {form} has F1 {report['f1']:.4f} on {SPLIT}, {parity.f1 - report['f1']:.4f} below the trained "
            f"model's, export.max_f1_drop allows {params.max_f1_drop:.4f}; the earlier export was kept"
        )
    size = sum(file.stat().st_size for file in exported.files(target, form))
    return report | {"megabytes": round(size / 1e6, 1)}


def load(form: BackendName, target: Path, tagger: Exported) -> Backend:
    """A form, as a user will load it."""
    if form == "torch":
        return TorchModel(classifier.load(target, tagger.labels))
    return OnnxModel(target / GRAPHS[form], tagger.padding, threads=cores())


def table(forms: dict[BackendName, dict[str, float]]) -> str:
    """What the metrics say of each form, for a terminal."""
    rows = [[name, *report.values()] for name, report in forms.items()]
    headers = ["form", "same labels", "largest difference of a logit", "F1", "MB"]
    return tabulate(rows, headers, tablefmt="simple", floatfmt=("", ".4%", ".6f", ".4f", ".1f"))


def write_card(
    params: Export, windows: TokenizeAlign, tagger: Exported, forms: dict[BackendName, dict[str, float]], target: Path
) -> None:
    """Write the model card: the Hub shows it, and so does any editor."""
    facts = document.CardData(
        labels=tagger.labels,
        dataset=read_json(DATASET, "download"),
        encoder=read_json(ENCODER, "download"),
        training=read_json(FINETUNED / PROVENANCE, "train"),
        windows=windows.model_dump(include={"label_all_tokens", "max_length", "stride"}),
        metrics=read_json(EVALUATED, "evaluate"),
        epochs=learning_curves.read(VALIDATION, document.EPOCHS),
        decoding=tagger.decoding,
        forms=forms,
        language=params.card.language,
        license=params.card.license,
        hub=params.hub,
        folder=EXPORT.as_posix(),
    )
    target.write_text(document.render(facts), encoding="utf-8")


def push(target: Target) -> None:
    """Push what lies in models/export.

    Raises:
        UserError: it can't be pushed; the folder stays as it is.
    """
    require(EXPORT, "export")
    try:
        f1 = float(read_json(METRICS, "export")[SPLIT]["f1"])
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{METRICS} is none that this version wrote: run `dvc repro export` again") from None
    try:
        target.create()
        commit = target.push(EXPORT, f"Test F1 {f1:.3f}")
    except UserError as fault:
        raise UserError(
            f"{EXPORT} is complete, but not on the Hub: {fault}; `python stages/export.py --push` pushes it again"
        ) from None
    print(f"{target}: {f'commit {commit}' if commit else 'all of it is there already'}")


if __name__ == "__main__":
    exit_with_message(main)
