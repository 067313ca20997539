"""The export: writes models/export and compares each backend with the trained model."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from onnxscript import ir
from safetensors import SafetensorError
from tabulate import tabulate

from tagline.artifacts import exported, predictions, tokenized
from tagline.artifacts.exported import DATA, GRAPHS, Exported
from tagline.artifacts.subword_reading import check_reading
from tagline.artifacts.tokenized import Windowing
from tagline.core import (
    HASHES,
    LEARNT,
    PROVENANCE,
    BackendName,
    read_hashes,
    read_json,
    reported_split,
    require,
    verify,
    verify_files,
    write_hashes,
    write_json,
)
from tagline.core.provenance import read_sealed, relative
from tagline.export import onnx_export, quantization
from tagline.export.card import document
from tagline.export.export_params import Export
from tagline.export.parity import Measured, Parity, write_conformance
from tagline.hub.push import Target
from tagline.labels import Labels
from tagline.metrics.significance import Difference
from tagline.model import classifier
from tagline.model.backends.onnx_model import OnnxModel, cores
from tagline.model.backends.torch_model import TorchModel
from tagline.model.heads import load_head
from tagline.model.precision import Resolved, resolve_recorded
from tagline.terminal import UserError, show

CARD = "README.md"
# Where transformers.js looks in config.json for its defaults.
JAVASCRIPT = "transformers.js_config"
# What the exported model must know to cut windows alike.
CUT_ALIKE = ("one_by_one", "max_length", "stride", "lowercase")
# What the model card says of the windows.
WINDOWS = ("label_all_tokens", "max_length", "stride")
INT8: BackendName = "onnx-int8"
# Files of models/finetuned that are written anew, or not needed; the others are of the tokenizer and the head.
NOT_COPIED = ("config.json", "model*.safetensors", "model.safetensors.index.json", PROVENANCE, HASHES, ".*")

Reports = dict[BackendName, dict[str, float]]


@dataclass(frozen=True)
class ExportInputs:
    """The artifacts of earlier stages that the export reads.

    Attributes:
        predictions: data/predictions/provenance.json.
        dataset: data/raw/provenance.json.
        encoder: models/pretrained/provenance.json.
        metrics: reports/evaluate.json.
        data: reports/data.json.
    """

    tokenized: Path
    tests: Path
    finetuned: Path
    predictions: Path
    dataset: Path
    encoder: Path
    metrics: Path
    data: Path


class PreparedExport(NamedTuple):
    """What is exported, and what backends are compared with.

    Attributes:
        tagger: the content of tagger.json.
        trained: the trained model in float32, with its own ``f1``.
    """

    tagger: Exported
    windowing: Windowing
    trained: TorchModel
    split: str
    parity: Parity
    f1: float


def export(inputs: ExportInputs, params: Export, target: Path, name: str) -> dict[str, Any]:
    """Write an export into a new folder and return its report.

    Args:
        name: the path of the folder in the model card and in messages.

    Raises:
        UserError: an input is missing or damaged, or a backend differs more than params allow; ``onnx-int8`` is left
            out.
    """
    _verify(inputs)
    data = read_sealed(inputs.data, "tokenize-align")
    prepared = _prepare(inputs)
    _write_folder(inputs.finetuned, params.dtype, prepared.tagger, target, name)
    check_reading(name, target, "run `dvc repro`, so that download and train write its tokenizer again")
    _write_graphs(inputs.finetuned, prepared.tagger.labels, target, params)
    _configure_javascript(target)
    reports, notes = _compare_backends(inputs, prepared, target, params)
    write_conformance(target)
    card = document.CardData(
        tagger=prepared.tagger,
        dataset=read_json(inputs.dataset, "download"),
        data=data,
        encoder=read_json(inputs.encoder, "download"),
        training=read_json(inputs.finetuned / PROVENANCE, "train"),
        windows={key: getattr(prepared.windowing, key) for key in WINDOWS},
        metrics=read_json(inputs.metrics, "evaluate"),
        backends=reports,
        notes=notes,
        card=params.card,
        hub=params.hub,
        folder=name,
    )
    (target / CARD).write_text(document.render(card), encoding="utf-8")
    write_hashes(target, CARD)  # users edit the card
    report: dict[str, Any] = {"words": len(prepared.parity.expected.predicted), "f1": prepared.f1, "backends": reports}
    if notes:
        report["notes"] = notes
    return {prepared.split: report}


def _verify(inputs: ExportInputs) -> None:
    verify(inputs.tokenized, "tokenize-align")
    verify(inputs.tests, "tokenize-align")
    verify(inputs.finetuned, "train")
    for path, folder, stage in (
        (inputs.predictions, inputs.predictions.parent, "evaluate"),
        (inputs.metrics, inputs.predictions.parent, "evaluate"),
        (inputs.dataset, inputs.dataset.parent, "download"),
        (inputs.encoder, inputs.encoder.parent, "download"),
    ):
        require(path, stage)
        verify_files(folder, read_hashes(folder, stage), stage, [relative(path, folder)])


def _prepare(inputs: ExportInputs) -> PreparedExport:
    labels = tokenized.load_labels(inputs.tokenized)
    windowing = tokenized.read_windowing(inputs.tokenized)
    words, sentences = exported.read_rules(inputs.dataset)
    settings = predictions.read_settings(inputs.predictions)
    name = reported_split(read_json(inputs.metrics, "evaluate"))
    split = tokenized.load_split(inputs.tokenized if name in LEARNT else inputs.tests, name)
    trained = _load_torch(inputs.finetuned, labels, "fp32")
    tokenized.check_tokenizer(inputs.tokenized, inputs.finetuned, "train")
    head = load_head(inputs.finetuned, labels, "train")
    alike = {name: getattr(windowing, name) for name in CUT_ALIKE} | settings._asdict()
    tagger = Exported(labels, head.name, padding=trained.padding, words=words, sentences=sentences, **alike)
    parity = Parity(trained, split, labels, head, settings.biases)
    return PreparedExport(tagger, windowing, trained, name, parity, parity.f1)


def _write_folder(finetuned: Path, dtype: str, tagger: Exported, target: Path, name: str) -> None:
    try:
        classifier.load(finetuned, tagger.labels, getattr(torch, dtype)).save_pretrained(target)
    except SafetensorError as error:  # for instance a full disk
        raise UserError(f"{name}/model.safetensors: the weights can't be written ({error})") from None
    for file in sorted(finetuned.iterdir()):
        if not any(file.match(pattern) for pattern in NOT_COPIED):
            shutil.copyfile(file, target / file.name)
    exported.write(tagger, target)


def _write_graphs(finetuned: Path, labels: Labels, target: Path, params: Export) -> None:
    """Write the enabled graphs; the float32 one refers to safetensors files that have its weights."""
    if not params.onnx and not params.int8:
        return
    graph = onnx_export.convert(classifier.load(finetuned, labels, torch.float32))
    (target / GRAPHS["onnx"]).parent.mkdir()
    if params.int8:
        quantization.write(ir.to_proto(graph), target / GRAPHS[INT8])
    if params.onnx:
        # Weights in half precision are not those of the graph, and a browser looks for them beside it.
        shared = params.dtype == "float32" and not params.browser
        onnx_export.write(graph, target / GRAPHS["onnx"], exported.weights(target) if shared else [])


def _configure_javascript(target: Path) -> None:
    """Tell transformers.js in config.json the default graph, and which graphs have a file of weights."""
    path = target / "config.json"
    config = read_json(path, "export")
    config.pop(JAVASCRIPT, None)  # an encoder's own: of other files
    graphs = [name for name in exported.backends(target) if name in GRAPHS]
    if graphs:
        settings: dict[str, Any] = {"dtype": "q8" if INT8 in graphs else "fp32"}
        with_data = [GRAPHS[name] for name in graphs if (target / (GRAPHS[name] + DATA)).is_file()]
        if with_data:
            settings["use_external_data_format"] = {Path(graph).name: True for graph in with_data}
        config[JAVASCRIPT] = settings
    write_json(path, config)


def _compare_backends(
    inputs: ExportInputs, prepared: PreparedExport, target: Path, params: Export
) -> tuple[Reports, list[str]]:
    """Compare each backend with the trained model; a worse int8 graph is left out."""
    reports: Reports = {}
    notes: list[str] = []
    for backend in exported.backends(target):  # onnx-int8 is the first, torch the last
        try:
            measured = _measure(backend, inputs, prepared, target)
        except UserError:
            if backend != INT8:
                raise
            notes.append(f"{backend} is left out: onnxruntime can't run it")
            _leave_out_int8(target)
            continue
        _check_labels(measured.report, backend, params, prepared.split)
        drop = prepared.parity.drop(measured.tagged, params.max_f1_drop)
        if drop is not None:
            notes.append(_check_f1(drop, backend, params.max_f1_drop, prepared.split))
            if drop.verdict == "significant":  # another backend has raised an error
                _leave_out_int8(target)
                continue
        size = sum(file.stat().st_size for file in exported.files(target, backend))
        reports[backend] = measured.report | {"megabytes": round(size / 1e6, 1)}
    return reports, notes


def _measure(backend: BackendName, inputs: ExportInputs, prepared: PreparedExport, target: Path) -> Measured:
    if backend == "torch":
        return _measure_torch(inputs, prepared, target)
    files = exported.external_weights(target, backend)
    model = OnnxModel(target / GRAPHS[backend], prepared.tagger.padding, files, threads=cores())
    return prepared.parity.measure(model, backend)


def _check_labels(report: Mapping[str, float], backend: BackendName, params: Export, split: str) -> None:
    """Raise a `UserError` if fewer words than params allow have the trained model's label; int8 is exempt."""
    if backend != INT8 and report["same_labels"] < params.min_agreement:
        shown = f"{backend} in {params.dtype}" if backend == "torch" else backend
        raise UserError(
            f"backend {shown}: {report['same_labels']:.2%} of the {split} words have the same label as from the "
            f"trained model; expected at least {params.min_agreement:.2%} (export.min_agreement)"
        )


def _check_f1(drop: Difference, backend: BackendName, limit: float, split: str) -> str:
    said = (
        f"F1 of {split} is {drop.new[0]:.4f}, {-drop.difference:.4f} below the trained model, p = {drop.p:.2g}; "
        f"expected at most {limit:.4f} below (export.max_f1_drop)"
    )
    if drop.verdict != "significant":
        return f"{backend} is kept, since the difference is not significant: {said}"
    if backend == INT8:
        return f"{backend} is left out: {said}"
    raise UserError(f"backend {backend}: {said}")


def _leave_out_int8(target: Path) -> None:
    graph = GRAPHS[INT8]
    for name in (graph, graph + DATA):
        (target / name).unlink(missing_ok=True)
    _configure_javascript(target)


def _measure_torch(inputs: ExportInputs, prepared: PreparedExport, target: Path) -> Measured:
    """Compare the exported model with the trained one, both in the precision of the evaluation."""
    tagger = prepared.tagger
    computed_in = resolve_recorded(tagger.precision, prepared.trained.device)
    if computed_in != "fp32":
        prepared.parity.record(_load_torch(inputs.finetuned, tagger.labels, computed_in))
    return prepared.parity.measure(_load_torch(target, tagger.labels, computed_in), "torch")


def _load_torch(folder: Path, labels: Labels, precision: Resolved) -> TorchModel:
    return TorchModel.for_inference(classifier.load(folder, labels), precision)


def compared(report: dict[str, Any]) -> dict[str, float]:
    """Choose what metrics/export.json compares between commits: F1 of the int8 backend, if there is one."""
    [of_split] = report.values()
    backends = of_split["backends"]
    if INT8 not in backends:
        return {}
    return {"export.int8.f1": round(backends[INT8]["f1"], 4)}


def table(report: dict[str, Any]) -> str:
    [of_split] = report.values()
    rows = [[name, *measured.values()] for name, measured in of_split["backends"].items()]
    headers = ["backend", "same labels", "F1", "MB"]
    backends = tabulate(rows, headers, tablefmt="simple", floatfmt=("", ".4%", ".4f", ".1f"))
    return "\n\n".join([backends, *of_split.get("notes", [])])


def push(target: Target, folder: Path, report: Path, completed: Callable[[str], str] = str) -> None:
    """Push the files that hashes.json of an export lists, and its model card, in one commit that names its F1.

    Args:
        completed: adds to the model card.

    Raises:
        UserError: a file is missing or damaged, or the push failed.
    """
    require(folder, "export")
    exported.read(folder)  # refuses an earlier layout
    listed = read_hashes(folder, "export")
    exported.verify(folder, listed)
    split, f1, _ = exported.read_report(report)
    try:
        target.create()
        card = completed((folder / CARD).read_text(encoding="utf-8"))
        message = f"{split.capitalize()} F1 {f1:.3f}"
        commit = target.push(folder, message, {*listed, HASHES, CARD}, {CARD: card.encode()})
    except UserError as error:
        raise UserError(f"{folder} is complete, but was not pushed: {error}; `tagline push` tries again") from None
    if commit:
        show(f"{target}: commit {commit}")
    else:
        show(f"{target}: already up to date")
