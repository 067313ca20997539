"""A model with a CRF head in the export; test_engines.py and test_interruptions.py train one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers.project import run_stage
from helpers.tiny import set_train_params
from transformers import pipeline
from transformers.utils import logging

from tagline.core.errors import UserError
from tagline.inference.tagger import Tagger
from tagline.model.heads.head import read_head, write_head

TEXT = "Ada Lind lives in Oslo ."
BACKENDS = ("torch", "onnx", "onnx-int8")


@pytest.fixture(scope="module")
def export(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """models/export of a model with a CRF head."""
    folder = tmp_path_factory.mktemp("crf") / "project"
    shutil.copytree(finished_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        set_train_params(head="crf", learning_rate=0.01)
        for stage in ("train", "evaluate", "export"):
            run_stage(stage)
    return folder / "models/export"


def entities(export: Path, backend: str, verify: bool = True) -> list[tuple[str, str]]:
    with Tagger(export, backend=backend, verify=verify) as tagger:  # type: ignore[arg-type]
        return [(mention.type, mention.text) for mention in tagger(TEXT)]


def test_every_backend_uses_the_transitions(export: Path, tmp_path: Path) -> None:
    for backend in BACKENDS:
        assert entities(export, backend) == [("PER", "Ada Lind"), ("LOC", "Oslo")]
    # Transitions that forbid to go on after B-PER and I-PER leave no person.
    copy = shutil.copytree(export, tmp_path / "export")
    name, weights = read_head(copy, "export")
    transitions = weights["transitions"].copy()
    transitions[3:] = -200  # O, B-LOC, I-LOC, B-PER, I-PER
    write_head(copy, name, {"transitions": transitions})
    for backend in BACKENDS:
        assert ("PER", "Ada Lind") not in entities(copy, backend, verify=False)
    (copy / "head.safetensors").unlink()
    with pytest.raises(UserError, match=r"export/head.safetensors is missing"):
        entities(copy, "onnx")
    with pytest.raises(UserError, match=r"is of the head crf, the weights are of linear; run `dvc repro exp"):
        entities(copy, "onnx", verify=False)


def test_transformers_loads_the_export_without_a_warning(export: Path, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    logging.set_verbosity_warning()
    assert pipeline("token-classification", model=str(export), aggregation_strategy="first")(TEXT)
    assert "tagger_head" not in "".join(capfd.readouterr())
