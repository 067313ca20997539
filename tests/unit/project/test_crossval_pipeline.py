"""The folder crossval/: created, brought up to date, its params kept."""

from pathlib import Path

import pytest
from dvc.utils.serialize import modify_yaml
from helpers.messages import message_of
from helpers.project import ROOT, edit

from tagline.crossval.crossval_params import CROSSVAL_PARAMS, read_crossval
from tagline.project import crossval_pipeline
from tagline.project.crossval_pipeline import DVC_YAML, check, create


@pytest.fixture(autouse=True)
def _code(root, monkeypatch):
    """The code is in the root's folder stages."""
    Path("stages").mkdir()
    Path("stages/crossval.py").touch()
    monkeypatch.setattr(crossval_pipeline, "_CODE", root / "stages")


def test_create():
    message = "crossval/params.yaml is missing; expected the section crossval in it; run `tagline crossval`"
    assert message_of(read_crossval).startswith(message)
    assert create() == [CROSSVAL_PARAMS, DVC_YAML]
    assert read_crossval().seed == 42
    assert DVC_YAML.read_bytes() == (ROOT / "stages/tagline/project/crossval/pipeline.yaml").read_bytes()
    check()
    assert create() == []


def test_command_without_the_scripts_of_stages_creates_nothing(monkeypatch):
    """As one that was installed from a wheel: its pipeline could not run."""
    monkeypatch.setattr(crossval_pipeline, "_CODE", Path("site-packages"))
    message = "site-packages has no scripts of stages; expected the command of a clone; run `make install` in the clone"
    assert message_of(create).startswith(message)
    assert not Path("crossval").exists()


def test_params_stay_and_frozen_stages_are_current():
    create()
    edit(CROSSVAL_PARAMS, "seed: 42", "seed: 7")
    with modify_yaml(str(DVC_YAML)) as content:
        content["stages"]["crossval"]["frozen"] = True
    check()
    edit(DVC_YAML, "data/crossval/predictions", "data/other")
    message = "crossval/dvc.yaml: out of date; expected that of this version; run `tagline crossval`"
    assert message_of(check) == message
    assert create() == [DVC_YAML]
    assert read_crossval().seed == 7


def test_other_pipeline_is_an_error():
    DVC_YAML.parent.mkdir()
    DVC_YAML.write_text("# Derived from ../dvc.yaml\n")
    message = "crossval/dvc.yaml: another pipeline; expected that of `tagline crossval`, or none; rena"
    assert message_of(create).startswith(message)
    Path("dvc.yaml").unlink()
    message = "dvc.yaml is missing; expected the repository's root; r"
    assert message_of(create).startswith(message)
