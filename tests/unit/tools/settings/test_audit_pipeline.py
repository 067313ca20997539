"""The folder audit/: created in the root and in pipeline folders, brought up to date, its params kept."""

from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import modify_yaml
from helpers.messages import message_of
from helpers.project import ROOT, edit

from tagline.audit.audit_params import AUDIT_PARAMS, read_audit
from tagline.terminal.errors import UserError
from tagline.tools.settings import audit_pipeline
from tagline.tools.settings.audit_pipeline import DVC_YAML


@pytest.fixture(autouse=True)
def _pipeline_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root has a pipeline folder; the code is in its folder stages."""
    Path("pos").mkdir()
    Path("pos/dvc.yaml").touch()
    Path("stages").mkdir()
    Path("stages/audit.py").touch()
    monkeypatch.setattr(audit_pipeline, "_STAGES", root / "stages")


def test_create() -> None:
    with pytest.raises(UserError, match=r"^audit/params.yaml is missing; .*; run `tagline audit create`"):
        read_audit()
    assert audit_pipeline.create() == [DVC_YAML, AUDIT_PARAMS]
    assert read_audit().splits == ["train"]
    assert DVC_YAML.read_bytes() == (ROOT / "stages/tagline/tools/settings/audit/pipeline.yaml").read_bytes()
    audit_pipeline.check()
    assert audit_pipeline.create() == []


def test_command_without_the_scripts_of_stages_creates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that was installed from a wheel: its pipeline could not run."""
    monkeypatch.setattr(audit_pipeline, "_STAGES", Path("site-packages"))
    message = "site-packages has no scripts of stages; expected the command of a clone; run `make install` in the clone"
    assert message_of(audit_pipeline.create).startswith(message)
    assert not Path("audit").exists()


def test_in_a_pipeline_folder_the_code_is_one_level_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "pos")
    audit_pipeline.create()
    audit_pipeline.check()
    stages = yaml.safe_load(DVC_YAML.read_text(encoding="utf-8"))["stages"]
    for entry in (stages["fold"]["do"], stages["audit"]):
        assert all(command.startswith("python ../stages/") for command in entry["cmd"])
        assert not [path for path in entry["deps"] if path.startswith("stages/")]
    monkeypatch.chdir(root)
    assert not DVC_YAML.exists()


def test_params_stay_and_frozen_stages_are_current() -> None:
    audit_pipeline.create()
    edit(AUDIT_PARAMS, "seed: 42", "seed: 7")
    with modify_yaml(str(DVC_YAML)) as content:
        content["stages"]["audit"]["frozen"] = True
    audit_pipeline.check()
    edit(DVC_YAML, "models/finetuned", "models/other")
    message = "audit/dvc.yaml: out of date; expected that of this version; run `tagline audit create`"
    assert message_of(audit_pipeline.check) == message
    assert audit_pipeline.create() == [DVC_YAML]
    assert read_audit().seed == 7


def test_missing_or_other_pipeline_is_an_error() -> None:
    message = "audit/dvc.yaml is missing; expected the pipeline of the audit; run `tagline audit create`"
    assert message_of(audit_pipeline.check) == message
    DVC_YAML.parent.mkdir()
    DVC_YAML.write_text("# Derived from ../dvc.yaml\n")
    message = "audit/dvc.yaml: another pipeline; expected that of the audit, or none; rena"
    assert message_of(audit_pipeline.create).startswith(message)
    Path("dvc.yaml").unlink()
    message = "dvc.yaml is missing; expected the repository's root or a pipeline folder; r"
    assert message_of(audit_pipeline.create).startswith(message)
