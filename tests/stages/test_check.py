"""check.py: all of params.yaml at once, before any stage starts."""

import json
import shutil
from pathlib import Path

from helpers.project import ROOT, edit, error_of, git, run_stage, run_verb
from helpers.tiny import TINY_PARAMS

from tagline.core.params import read_file, validated
from tagline.project.sections import SECTIONS


def test_errors_of_all_sections_are_in_one_message(workspace):
    path = Path("params.yaml")
    edit(path, "epochs: 6", "epochs: six")
    edit(path, "subwords_per_batch: 64\n  precision: fp32", "subwords_per_batch: 64\n  precision: int3")
    path.write_text(path.read_text() + "serve:\n  port: 80\n")
    message = error_of("check")
    assert message.startswith("check: params.yaml has 3 errors:\n")
    assert "serve: unknown section (allowed: download, tokenize_align, train, evaluate, export)" in message
    assert "train.epochs: must be a whole number such as 8" in message
    assert "evaluate.precision: should be 'auto', 'fp32', 'bf16' or 'fp16', got 'int3'" in message


def test_folder_of_the_data_exists_or_is_tracked(workspace, capsys):
    edit(Path("params.yaml"), "folder: data/tiny", "folder: data/tina")
    message = error_of("check")
    assert message.startswith("check: params.yaml:")
    assert ": download.folder: data/tina is not a folder; expected that of the data (data/none for a data" in message
    Path("data/tina.dvc").touch()
    run_stage("check")
    assert "data/tina" not in capsys.readouterr().out


def test_data_that_git_and_dvc_do_not_track_are_named(workspace, monkeypatch, capsys):
    """Such data are missing in the copy of `dvc exp run --temp`, where DVC ends with `[Errno 2]`."""

    def said():
        run_stage("check")
        return capsys.readouterr().out

    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(workspace.parent))
    assert said() == "", "without Git"
    git("init", "-q")
    note = "download.folder: data/tiny/ is tracked by neither Git nor DVC; expected one of them, since `dvc exp run --t"
    assert note in said()
    monkeypatch.setenv("DVC_STAGE", "pos/dvc.yaml:train")
    assert said() == "", "once per run"
    monkeypatch.delenv("DVC_STAGE")
    for ignored in ("tiny", "none"):  # as `dvc add` does
        with Path("data/.gitignore").open("a") as file:
            file.write(f"/{ignored}\n")
    assert said() == ""


def test_all_keys_are_printed_with_the_values_that_apply(workspace, capsys):
    run_verb("check", "--all")
    printed = capsys.readouterr().out
    assert (
        "  # Fraction of all steps during which the learning rate increases from zero to its peak.\n  warmup: 0.1\n"
        in printed
    )
    Path("params.yaml").write_text(printed)
    run_verb("check", "--all")
    assert capsys.readouterr().out == printed
    run_verb("check", "--all", "--json")
    assert json.loads(capsys.readouterr().out)["params"]["train"]["warmup"] == 0.1
    params = read_file()
    for name, schema in SECTIONS.items():
        assert list(params[name]) == list(schema.model_fields)
        assert validated(params, name, schema) == schema.model_validate(TINY_PARAMS[name])


def test_card_of_the_sample_with_other_data_is_named(workspace, capsys):
    shutil.copytree(ROOT / "presets", "presets")
    run_stage("check")
    assert "export.card" not in capsys.readouterr().out
    edit(Path("params.yaml"), "    data_license:\n", "    data_license: cc0-1.0\n")
    run_stage("check")
    note = (
        "export.card: language and licences are those of presets/sample.yaml; expected those of your data; write them"
    )
    assert note in capsys.readouterr().out
