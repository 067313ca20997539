"""The folders audit/ and crossval/: created in the root and in pipeline folders, brought up to date, its params kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import modify_yaml
from helpers.messages import message_of
from helpers.project import ROOT, edit

from tagline.audit.audit_params import AUDIT_PARAMS, read_audit
from tagline.core.params import Section
from tagline.crossval.crossval_params import CROSSVAL_PARAMS, read_crossval
from tagline.terminal.errors import UserError
from tagline.tools.settings import created_pipelines
from tagline.tools.settings.created_pipelines import AUDIT, CROSSVAL, CreatedPipeline


@pytest.fixture(autouse=True)
def _pipeline_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root has a pipeline folder; the code is in its folder stages."""
    Path("pos").mkdir()
    Path("pos/dvc.yaml").touch()
    Path("stages").mkdir()
    Path("stages/audit.py").touch()
    Path("stages/crossval.py").touch()
    monkeypatch.setattr(created_pipelines, "_STAGES", root / "stages")


PIPELINES = [(AUDIT, AUDIT_PARAMS, read_audit), (CROSSVAL, CROSSVAL_PARAMS, read_crossval)]


@pytest.mark.parametrize(("pipeline", "params", "read"), PIPELINES)
def test_create(pipeline: CreatedPipeline, params: Path, read: Callable[[], Section]) -> None:
    message = rf"^{params} is missing; expected the section {pipeline.name} in it; run `tagline {pipeline.name} create`"
    with pytest.raises(UserError, match=message):
        read()
    assert pipeline.create() == [params, pipeline.dvc_yaml]
    assert read().seed == 42
    text = ROOT / "stages/tagline/tools/settings" / pipeline.name / "pipeline.yaml"
    assert pipeline.dvc_yaml.read_bytes() == text.read_bytes()
    assert set(yaml.safe_load(text.read_text(encoding="utf-8"))["stages"]) == set(pipeline.stages)
    pipeline.check()
    assert pipeline.create() == []


@pytest.mark.parametrize(("pipeline", "params", "read"), PIPELINES)
@pytest.mark.parametrize("folds", ["5", "", "[1, b]"])
def test_folds_of_another_kind_are_one_message(pipeline: CreatedPipeline, params: Path, read, folds: str) -> None:
    """DVC reads them before any code of ours, but `tagline check` says what is expected."""
    pipeline.create()
    params.write_text(f"{pipeline.name}: {{folds: {folds}, seed: 1}}\n", encoding="utf-8")
    message = message_of(read)
    assert f"{params}:1: {pipeline.name}.folds: must be " in message
    assert message.count(".folds") == 1


def test_an_audit_ranks_by_the_folds_of_a_cross_validation_that_is_there() -> None:
    CROSSVAL.create()
    AUDIT.create()
    assert read_audit().folds == "crossval"
    stages = yaml.safe_load(AUDIT.dvc_yaml.read_text(encoding="utf-8"))["stages"]
    assert list(stages) == ["all", "audit"]
    assert stages["audit"]["deps"] == sorted(stages["audit"]["deps"])
    assert "data/crossval/folds" in stages["audit"]["deps"]
    AUDIT.check()
    edit(AUDIT_PARAMS, "folds: crossval", "folds: [0]")
    assert message_of(AUDIT.check).startswith("audit/dvc.yaml: out of date; expected")
    assert AUDIT.create() == [AUDIT.dvc_yaml]
    assert "fold" in yaml.safe_load(AUDIT.dvc_yaml.read_text(encoding="utf-8"))["stages"]


def test_command_without_the_scripts_of_stages_creates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that was installed from a wheel: its pipeline could not run."""
    monkeypatch.setattr(created_pipelines, "_STAGES", Path("site-packages"))
    message = "site-packages has no scripts of stages; expected the command of a clone; run `make install` in the clone"
    assert message_of(AUDIT.create).startswith(message)
    assert not Path("audit").exists()


def test_in_a_pipeline_folder_the_code_is_one_level_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "pos")
    AUDIT.create()
    AUDIT.check()
    stages = yaml.safe_load(AUDIT.dvc_yaml.read_text(encoding="utf-8"))["stages"]
    for entry in (stages["fold"]["do"], stages["audit"]):
        assert all(command.startswith("python ../stages/") for command in entry["cmd"])
        assert not [path for path in entry["deps"] if path.startswith("stages/")]
    monkeypatch.chdir(root)
    assert not AUDIT.dvc_yaml.exists()


def test_params_stay_and_frozen_stages_are_current() -> None:
    AUDIT.create()
    edit(AUDIT_PARAMS, "seed: 42", "seed: 7")
    with modify_yaml(str(AUDIT.dvc_yaml)) as content:
        content["stages"]["audit"]["frozen"] = True
    AUDIT.check()
    edit(AUDIT.dvc_yaml, "models/finetuned", "models/other")
    message = "audit/dvc.yaml: out of date; expected that of this version; run `tagline audit create`"
    assert message_of(AUDIT.check) == message
    assert AUDIT.create() == [AUDIT.dvc_yaml]
    assert read_audit().seed == 7


def test_missing_or_other_pipeline_is_an_error() -> None:
    message = "audit/dvc.yaml is missing; expected the pipeline of audit; run `tagline audit create`"
    assert message_of(AUDIT.check) == message
    AUDIT.dvc_yaml.parent.mkdir()
    AUDIT.dvc_yaml.write_text("# Derived from ../dvc.yaml\n")
    message = "audit/dvc.yaml: another pipeline; expected that of `tagline audit create`, or none; rena"
    assert message_of(AUDIT.create).startswith(message)
    Path("dvc.yaml").unlink()
    message = "dvc.yaml is missing; expected the repository's root or a pipeline folder; r"
    assert message_of(AUDIT.create).startswith(message)
