"""Stages and verbs on damaged files: one message that names the file or its folder, and outputs as they were."""

import shutil
from pathlib import Path

import pytest
from helpers.annotated import write_rows
from helpers.built_once import built_once, entered
from helpers.formats import saved_row
from helpers.project import ROOT, STAGES, error_of, exit_of, run_stages, run_verb, snapshot
from helpers.tiny import set_params

from tagline.__main__ import VERBS


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 64
    path.write_bytes(content)


def become_a_folder(path):
    path.unlink()
    path.mkdir()


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def become(content):
    return lambda path: path.write_bytes(content)


EMPTY, NO_KEYS, A_LIST, NOT_UTF_8 = map(become, (b"", b"{}", b"[1]", b"Ada \xff"))
FILE = [EMPTY, become_a_folder]
OURS = [*FILE, cut, flip, Path.unlink]
JSON = [*OURS, NO_KEYS, A_LIST]
PARAMS = [*FILE, NO_KEYS, cut]
OF_REPORT = [*FILE, cut, NO_KEYS, A_LIST]
OF_STAGE = [flip, Path.unlink]

# Each stage and verb with its arguments, what it reads, and what damages this.
READ = {
    "tokenize_align": dict.fromkeys(
        ("data/raw/train/00000.arrow", "models/pretrained/tokenizer/tokenizer.json"), OF_STAGE
    ),
    "train": dict.fromkeys(
        ("data/tokenized/windows/train/00000.arrow", "models/pretrained/encoder/model.safetensors"), OF_STAGE
    ),
    "evaluate": dict.fromkeys(
        (
            "data/tokenized_tests/sentences/test/00000.arrow",
            "models/finetuned/model.safetensors",
            "data/raw/provenance.json",
            "plots/validation.csv",
            "reports/data.json",
        ),
        OF_STAGE,
    ),
    "export": dict.fromkeys(
        (
            "data/tokenized/labels.json",
            "models/finetuned/config.json",
            "models/pretrained/provenance.json",
            "data/predictions/provenance.json",
            "reports/evaluate.json",
        ),
        OF_STAGE,
    ),
    "check": {"params.yaml": PARAMS, "crossval/params.yaml": PARAMS, "presets/sample.yaml": [EMPTY, NO_KEYS, cut]},
    "preset sample --force": {"presets/sample.yaml": [EMPTY, NO_KEYS, cut]},
    "crossval": {"crossval/dvc.yaml": [EMPTY, NO_KEYS]},
    "inspect data/tiny": {"data/tiny/train.conll": FILE},
    "show test:0": {"data/tokenized/labels.json": JSON, "data/tokenized_tests/windows/test/00000.arrow": OURS},
    "suggest texts.txt --max-words 9 --output o.html": {"texts.txt": [NOT_UTF_8], "models/export/tokenizer.json": JSON},
    "audit": {"data/crossval/predictions/cross-validated.parquet": OURS, "data/tokenized/hashes.json": JSON},
    "scores": {
        "reports/evaluate.json": [*OF_REPORT, flip],
        "reports/crossval.json": [*OF_REPORT, flip],
        "reports/export.json": OF_REPORT,
    },
    "improve": {"data/predictions/test.parquet": OURS, "data/tokenized/labels.json": JSON},
    "learning-curve": {"data/raw/train/00000.arrow": OURS, "params.yaml": PARAMS},
    "predict Ada": {"models/export/tagger.json": JSON, "models/export/onnx/model_quantized.onnx": OURS},
    "predict --input texts.txt --output o.jsonl": {"texts.txt": [NOT_UTF_8], "models/export/hashes.json": [EMPTY, cut]},
    "estimate --input texts.txt": {"models/export/tagger.json": JSON},
    "serve --port 0": {"models/export/tagger.json": JSON},
}


@pytest.fixture(scope="module")
def complete_once(validated_once, tmp_path_factory):
    """All stages, a cross-validation, and inputs of verbs."""

    def build(folder):
        shutil.copytree(validated_once, folder)
        shutil.copytree(ROOT / "presets", folder / "presets")
        shutil.copy(ROOT / "dvc.yaml", folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            run_stages("evaluate", "export")
            run_verb("crossval")
            Path("texts.txt").write_text("Ada lives in Oslo.\n", encoding="utf-8")
            Path("saved").mkdir()
            for name, spans in {"ada": [[0, 1, "PER"]], "bo": []}.items():
                write_rows(Path(f"saved/{name}.jsonl"), [saved_row("1", ["Ada", "won"], spans, annotator=name)])

    return built_once(tmp_path_factory, "complete", build)


@pytest.fixture
def complete(complete_once, tmp_path, monkeypatch):
    """The current folder."""
    return entered(complete_once, tmp_path, monkeypatch)


def assert_refused(command, files):
    """Damage each file in each way."""
    name, *arguments = command.split()
    for path in map(Path, files):
        content = path.read_bytes()
        for harm in files[str(path)]:
            harm(path)
            before = snapshot(Path())
            message = error_of(name) if name in STAGES else exit_of(name, *arguments)
            assert isinstance(message, str), (path, harm)
            assert message.startswith(f"{name}: "), (path, harm)
            assert str(path.parent if path.parent.name else path) in message, (path, harm)
            assert snapshot(Path()) == before, (path, harm)
            if path.is_dir():
                path.rmdir()
            path.write_bytes(content)


@pytest.mark.parametrize("command", READ)
def test_damaged_file_is_one_message(complete, command):
    assert_refused(command, READ[command])


def test_missing_input_names_the_stage_that_writes_it(complete):
    Path("reports/data.json").unlink()
    assert "reports/data.json is missing; expected what the stage tokenize-align writes; run `dvc pull" in error_of(
        "evaluate"
    )


@pytest.mark.usefixtures("logged_in")
def test_damaged_export_is_not_pushed(complete, hub):
    set_params(export={"hub": {"repo_id": "ada/people", "private": True, "branch": "main", "push": False}})
    assert_refused("push", {"models/export/model.safetensors": OURS, "reports/export.json": OF_REPORT})
    assert not hub.repositories


def test_all_verbs_that_read_files_are_damaged():
    """`compare` reads commits (tests/test_compare.py), `schema` only what it writes."""
    tested = {"push", *(command.split()[0] for command in READ)}
    assert {verb for group in VERBS.values() for verb in group} - tested == {"compare", "schema"}
