"""The stage export: backends, their comparison with the trained model, and its limits."""

from dataclasses import replace
from pathlib import Path

import pytest
from helpers import javascript
from helpers.browser import in_a_browser
from helpers.project import edit, error_of, json_of, run_stage, run_stages, snapshot
from helpers.tiny import raw_rows, set_params
from onnxscript import ir
from transformers import AutoModelForTokenClassification, AutoTokenizer

from tagline.core.provenance import write_hashes
from tagline.export import onnx_export, quantization
from tagline.export.parity import Measured, Parity
from tagline.inference import Document, Tagger
from tagline.model import precision
from tagline.terminal.errors import UserError

EXPORT, FINETUNED = Path("models/export"), Path("models/finetuned")


@pytest.fixture
def converted(finished, monkeypatch):
    """A finished workspace whose model needs no conversion, which takes longer than all the rest of the stage."""
    graph = ir.load(EXPORT / "onnx/model.onnx")
    ir.external_data.set_base_dir(graph.graph, EXPORT)
    whole = ir.external_data.load_to_model(graph)
    monkeypatch.setattr(onnx_export, "convert", lambda _: whole)
    return finished


def reports():
    return json_of("reports/export.json")["test"]["backends"]


def test_each_backend_is_compared_with_the_trained_model(finished):
    evaluated = json_of("reports/evaluate.json")["test"]
    whole = json_of("reports/export.json")["test"]
    assert list(whole) == ["words", "f1", "backends"]
    assert (whole["words"], whole["f1"]) == (evaluated["words"], evaluated["overall"]["f1"])
    assert list(reports()) == ["onnx-int8", "onnx", "torch"]
    for backend, report in reports().items():
        assert list(report) == ["same_labels", "f1", "megabytes"]
        assert report["same_labels"] == 1.0 or backend == "onnx-int8"
    sentences = [row["words"] for row in raw_rows("test")] + [["Ada"], ["Ada", "Lind"] * 20]
    with Tagger() as tagger, Tagger(subwords_per_batch=1) as one_by_one:
        assert tagger.words(sentences) == one_by_one.words(sentences), "answers do not depend on the batch"


def test_windows_are_those_of_earlier_stages(finished):
    """params.yaml may have changed since, with only the stage export run again."""
    before = (EXPORT / "tagger.json").read_bytes()
    windows = {"stride": 4, "max_length": 20}
    set_params(tokenize_align=windows, export={"onnx": False, "int8": False})
    run_stage("export")
    assert (EXPORT / "tagger.json").read_bytes() == before
    assert r"| max\_length | 24 |" in (EXPORT / "README.md").read_text()


def test_only_enabled_backends_are_written(finished, monkeypatch):
    set_params(export={"onnx": False})
    run_stage("export")
    assert [path.name for path in EXPORT.glob("onnx/*")] == ["model_quantized.onnx"]
    assert list(reports()) == ["onnx-int8", "torch"]
    set_params(export={"onnx": False, "int8": False})
    monkeypatch.delattr(onnx_export, "convert")
    run_stage("export")
    assert list(reports()) == ["torch"]


def test_bfloat16_halves_the_weights_only(converted):
    size = (EXPORT / "model.safetensors").stat().st_size
    set_params(export={"dtype": "bfloat16", "min_agreement": 0.9})
    run_stage("export")
    assert (EXPORT / "model.safetensors").stat().st_size < 0.6 * size
    assert str(AutoModelForTokenClassification.from_pretrained(EXPORT).dtype) == "torch.bfloat16"
    assert 0.9 <= reports()["torch"]["same_labels"] <= 1


def test_torch_computes_in_the_precision_of_the_evaluation(converted, monkeypatch):
    """Both the exported model and the trained one, so that the labels are the same in any precision."""
    monkeypatch.setattr(precision, "available", lambda _: ("fp32", "bf16"))
    set_params(evaluate={"precision": "bf16"})
    run_stages("evaluate", "export")
    assert reports()["torch"]["f1"] == json_of("reports/evaluate.json")["test"]["overall"]["f1"]
    assert reports()["torch"]["same_labels"] == 1
    with Tagger(EXPORT, "torch") as tagger:
        assert tagger._predictor.backend.precision == "bf16"
    monkeypatch.setattr(precision, "available", lambda _: ("fp32",))
    message = "evaluated in bf16, which this host's cpu does not support; it computes in"
    with pytest.warns(UserWarning, match=message), Tagger(EXPORT, "torch") as tagger:
        assert tagger._predictor.backend.precision == "fp32"


@javascript.with_npm
@pytest.mark.parametrize("dtype", ["q8", "fp32"])
def test_transformers_js_gives_greedy_labels(finished, dtype):
    if dtype == "fp32":
        set_params(export={"int8": False, "browser": True})
        run_stage("export")
    assert json_of(EXPORT / "config.json")["transformers.js_config"]["dtype"] == dtype
    sentences = [row["words"] for row in raw_rows("test") if len(row["words"]) < 10]
    sentences += [["bo", "IN", "Rome"], ["Straße", "\u0130zmir"], ["O'Neill", "USA"]]
    with Tagger() as tagger:
        tagged = tagger.tag(list(map(Document.of_words, sentences)))
    tokenizer = AutoTokenizer.from_pretrained(EXPORT)
    found = javascript.in_node(EXPORT, list(map(" ".join, sentences)))
    for words, sentence, of_subwords in zip(sentences, tagged, found, strict=True):
        owners = tokenizer(words, is_split_into_words=True).word_ids()
        assert len(of_subwords) == len(owners)
        known = sorted(set(owners) - {None})
        assert [of_subwords[owners.index(word)] for word in known] == [sentence.predicted_names[word] for word in known]


@javascript.with_npm
@in_a_browser
def test_page_in_the_browser_marks_the_entities(finished):
    text = "Ada Lind lives in Oslo"
    with Tagger() as tagger:
        expected = [f"{found.text} {found.type}" for found in tagger(text)]
    assert expected
    assert javascript.marked_on_the_page(EXPORT, text) == expected


def miss_entities(monkeypatch, missed, sentences):
    """Let a backend miss all entities of the first sentences of test."""
    measure = Parity.measure

    def worse(parity, backend, name):
        found = measure(parity, backend, name)
        if name != missed:
            return found
        predicted = found.tagged.predicted.copy()
        predicted[: found.tagged.offsets[sentences]] = found.tagged.labels.names.index("O")
        return Measured(found.report, replace(found.tagged, predicted=predicted))

    monkeypatch.setattr(Parity, "measure", worse)


def test_fewer_equal_labels_than_params_allow_are_an_error(finished, monkeypatch):
    set_params(export={"onnx": False, "int8": False, "dtype": "bfloat16"})
    measured = Measured({"same_labels": 0.98, "f1": 1.0}, None)
    monkeypatch.setattr(Parity, "measure", lambda *_: measured)
    message = "export: backend torch in bfloat16: 98.00% of the test words have the same label as from the trained"
    assert error_of("export").startswith(message)


def test_int8_that_can_not_be_run_is_left_out(converted, monkeypatch):
    monkeypatch.setattr(quantization, "write", lambda _, path: path.write_bytes(b"no graph"))
    run_stage("export")
    assert list(reports()) == ["onnx", "torch"]
    assert json_of("reports/export.json")["test"]["notes"] == ["onnx-int8 is left out: onnxruntime can't run it"]
    assert [path.name for path in EXPORT.glob("onnx/*")] == ["model.onnx"]


def test_int8_that_is_significantly_worse_is_left_out(converted, monkeypatch, capsys):
    miss_entities(monkeypatch, "onnx-int8", sentences=6)
    run_stage("export")
    note = (
        "onnx-int8 is left out: F1 of test is 0.0000, 1.0000 below the trained model, p = 0.031; "
        "expected at most 0.0500 below (export.max_f1_drop)"
    )
    assert json_of("reports/export.json")["test"]["notes"] == [note]
    assert capsys.readouterr().out.endswith(f"\n\n{note}\n")
    assert (list(reports()), json_of("metrics/export.json")) == (["onnx", "torch"], {})
    assert [path.name for path in EXPORT.glob("onnx/*")] == ["model.onnx"]
    with Tagger() as tagger:
        assert tagger("Ada Lind lives in Oslo.")
    assert r"onnx-int8 is left out\: F1 of test is" in (EXPORT / "README.md").read_text()


def test_float_backend_that_is_significantly_worse_is_an_error(converted, monkeypatch):
    miss_entities(monkeypatch, "onnx", sentences=6)
    message = "export: backend onnx: F1 of test is 0.0000, 1.0000 below the trained model, p = 0.031"
    assert error_of("export").startswith(message)


def test_tokenizer_that_transformers_reads_otherwise_is_an_error(finished):
    before = snapshot(EXPORT)
    edit(FINETUNED / "tokenizer_config.json", '"PreTrainedTokenizerFast"', '"RobertaTokenizer"')
    write_hashes(FINETUNED)
    message = error_of("export")
    assert message.startswith(
        "export: models/export: transformers reads the saved tokenizer by RobertaTokenizer, which "
    )
    assert "; expected those of tokenizer.json; run `dvc repro`" in message
    assert snapshot(EXPORT) == before


def test_windows_longer_than_the_model_reads_are_an_error(finished):
    edit(EXPORT / "tagger.json", '"max_length": 24', '"max_length": 65')
    with pytest.raises(UserError, match=r"tagger.json: max_length is 65; the model reads at most 64 sub-words; run"):
        Tagger(EXPORT, backend="torch", verify=False)
