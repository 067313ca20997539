"""Two taggers in one repository, by real `dvc` in a temporary clone: entities and parts of speech of the same data."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from helpers.clone import ALL, Clone, prepared_once
from helpers.project import STAGES, declared


@pytest.fixture(scope="module")
def clone(origin: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A repository whose root finds entities and whose folder pos finds parts of speech; both have run."""

    def prepare(clone: Clone) -> None:
        settings = ("tokenize_align.task=pos", "train.epochs=3", "export.onnx=false", "export.int8=false")
        clone.run("python", "stages/pipeline.py", "pos", *(part for setting in settings for part in ("-S", setting)))
        ran = clone.repro("--all-pipelines")
        assert sorted(ran) == sorted(f"pos/dvc.yaml:{stage}" for stage in ALL), "that of the root has run"
        clone.commit("two pipelines")

    return prepared_once(tmp_path_factory, "two-pipelines", origin, prepare)


def run_in_pos(clone: Clone, *command: str) -> str:
    done = subprocess.run(
        command, cwd=clone.path / "pos", env=clone.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def labels(path: Path) -> set[str]:
    return set(json.loads((path / "data/tokenized/labels.json").read_text(encoding="utf-8"))["names"])


def test_a_second_repro_runs_nothing(clone: Clone) -> None:
    assert clone.repro("--all-pipelines") == []
    assert clone.run("git", "status", "--porcelain") == ""
    clone.run("python", "stages/pipeline.py", "--check")


def test_each_learns_its_own_task(clone: Clone) -> None:
    assert labels(clone.path) == {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"}
    assert {"PROPN", "VERB", "ADP", "PUNCT"} <= labels(clone.path / "pos")


def test_dvc_names_the_metrics_of_both_by_path(clone: Clone) -> None:
    paths = {f"{folder}{path}" for folder in ("", "pos/") for stage in STAGES for path in declared(stage, "metrics")}
    shown = json.loads(clone.run("dvc", "metrics", "show", "--json"))
    assert paths <= set(shown[""]["data"])
    difference, _, _ = clone.run("dvc", "metrics", "diff", "--json", "HEAD~2").partition("\n")  # then a warning
    assert {"metrics/evaluate.json", "pos/metrics/evaluate.json"} <= set(json.loads(difference))


def test_a_change_of_code_or_data_concerns_both(clone: Clone) -> None:
    paths = {"stages/tagline/evaluation/plots.py": "evaluate", "data/tiny/test.conll": "download"}
    for name, stage in paths.items():
        path = clone.path / name
        content = path.read_bytes()
        path.write_bytes(content + b"\n# changed\n")
        assert set(json.loads(clone.run("dvc", "status", "--json"))) == {stage, f"pos/dvc.yaml:{stage}"}
        path.write_bytes(content)


def test_both_share_the_cache(clone: Clone) -> None:
    encoders = [clone.path / folder / "models/pretrained/encoder/model.safetensors" for folder in ("", "pos")]
    assert encoders[0].read_bytes() == encoders[1].read_bytes()
    content = encoders[0].read_bytes()
    cached = [path for path in (clone.path / ".dvc/cache").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size == len(content) and path.read_bytes() == content for path in cached) == 1
    assert not (clone.path / "pos/.dvc").exists()


def test_scripts_in_the_folder_are_those_of_its_pipeline(clone: Clone) -> None:
    shown = run_in_pos(clone, "python", "../stages/evaluate.py", "--show")
    assert "PROPN" in shown
    assert "LOC" not in shown


def test_predict_and_compare_know_both(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(clone.path / "stages"))
    conll = ("--words", "Ada Lind lives", "--output-format", "conll")
    columns = clone.run("python", "predict.py", "--model", "pos/models/export", *conll).split("\n")
    assert {line.split("\t")[1] for line in columns if line} <= labels(clone.path / "pos")
    run_in_pos(clone, "dvc", "exp", "run", "--name", "tried", "-S", "export.min_agreement=0.9")
    try:
        compared = [
            clone.run("python", "compare.py", "HEAD", "tried", "--pipeline", "pos", "--json"),
            run_in_pos(clone, "python", "../compare.py", "tried", "--json"),
        ]
        for output in compared:
            assert "PROPN" in json.loads(output)["splits"]["test"]["per_type"]
    finally:
        clone.run("git", "checkout", "-q", "--", ".")
        clone.run("dvc", "checkout", "-q")


def test_a_stale_folder_stops_before_any_work(clone: Clone) -> None:
    path = clone.path / "dvc.yaml"
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("    - stages/tagline/core\n", ""), encoding="utf-8")
    try:
        output = clone.run("dvc", "repro", "--force", "--single-item", "pos/dvc.yaml:download", status=255)
        assert "pos/dvc.yaml: out of date with dvc.yaml of the root; run `python stages/pipeline.py --update`" in output
        clone.run("python", "stages/pipeline.py", "--update")
        clone.run("python", "stages/pipeline.py", "--check")
    finally:
        clone.run("git", "checkout", "-q", "--", ".")
        clone.run("dvc", "checkout", "-q")
