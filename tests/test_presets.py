"""preset.py: presets give complete, valid params with comments, and edits of params.yaml are not lost."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.project import ROOT
from helpers.tiny import preset
from ruamel.yaml import YAML

from tagline.tools.settings import presets
from tagline.training.fit_check import FEW_SUBWORDS

NAMES = sorted(path.stem for path in (ROOT / "presets").glob("*.yaml"))
# Not params.yaml: in a clone it is its owner's.
SAMPLE = (ROOT / "presets/sample.yaml").read_text(encoding="utf-8")


def load(text: str) -> Any:
    return YAML(typ="safe").load(text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of params.yaml and the presets outside of Git; the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    shutil.copytree(ROOT / "presets", "presets")
    Path("params.yaml").write_text(SAMPLE, encoding="utf-8")
    return tmp_path


def run(*arguments: str, script: str = "preset") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / f"stages/{script}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def error_of(*arguments: str) -> str:
    """Run the script, which must fail and leave params.yaml unchanged; return its message."""
    before = Path("params.yaml").read_bytes()
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert Path("params.yaml").read_bytes() == before
    assert sorted(path.name for path in Path().iterdir() if path.name != ".git") == ["params.yaml", "presets"]
    return done.stderr.rstrip("\n")


def test_the_sample_preset_is_complete() -> None:
    assert preset("sample") == SAMPLE


@pytest.mark.parametrize("name", NAMES)
def test_presets_are_complete_and_valid(folder: Path, name: str) -> None:
    done = run(name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"params.yaml: written from presets/{name}.yaml\n"
    download = load(Path("params.yaml").read_text())["download"]
    Path(download["folder"]).mkdir(parents=True)  # with the data, which the preset says how to get
    done = run(script="check")
    assert (done.returncode, done.stderr) == (0, "")
    assert (download["folder"] == "data/none") == (download["dataset"]["source"] == "hub")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sample"])
def test_presets_only_contain_differences(name: str) -> None:
    def check(new: dict[str, Any], base: dict[str, Any], path: str) -> None:
        for key, value in new.items():
            assert value != base[key], f"{path}{key}"
            # A mapping with another source or format replaces that of the sample.
            if isinstance(value, dict) and all(
                value.get(kind, base[key].get(kind)) == base[key].get(kind) for kind in presets.DISCRIMINATORS
            ):
                check(value, base[key], f"{path}{key}.")

    check(load((ROOT / f"presets/{name}.yaml").read_text(encoding="utf-8")), load(SAMPLE), "")


@pytest.mark.parametrize("name", ["conll2003", "conll2003-gpu", "conll2003-pos", "conll2003-chunk"])
def test_presets_of_conll2003(name: str) -> None:
    params = load(preset(name))
    assert params["download"] == load(preset("conll2003"))["download"]
    assert params["download"]["dataset"]["name"] == "lhoestq/conll2003"
    assert params["download"]["encoder"] == {"source": "hub", "name": "google-bert/bert-base-cased", "revision": "main"}
    task = name.partition("-")[2]
    assert params["tokenize_align"]["task"] == (task if task in ("pos", "chunk") else "ner")
    assert params["tokenize_align"]["label_all_tokens"] is True


def test_the_recipe_of_the_course() -> None:
    params = load(preset("conll2003"))
    assert (params["train"]["batches"]["order"], params["train"]["batches"]["batch_size"]) == ("random", 8)
    recipe = {"learning_rate": 2e-5, "epochs": 3, "weight_decay": 0.01, "warmup": 0, "engine": "trainer"}
    recipe |= {"schedule": "linear", "max_grad_norm": 1.0, "label_smoothing": 0.0}
    recipe |= {"max_steps": None, "early_stopping": None}
    assert {key: params["train"][key] for key in recipe} == recipe


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("sample", "conll2003")])
def test_presets_for_a_gpu(name: str) -> None:
    train = load(preset(name))["train"]
    assert (train["engine"], train["batches"]["order"], train["warmup"]) == ("accelerate", "by_length", 0.1)
    size = train["batches"]["subwords_per_batch"]
    assert FEW_SUBWORDS < size <= 16_384
    # docs/training.md: 5e-5 for 32 sentences of 25 sub-words, and in proportion to the square root.
    assert train["learning_rate"] == pytest.approx(5e-5 * math.sqrt(size / 800), rel=0.1)


def test_comments_are_kept_and_those_of_the_preset_take_precedence() -> None:
    text = preset("conll2003")
    assert text.startswith(f"{presets.MODELINE}\n# Named entities of CoNLL-2003")
    assert "sample corpus" not in text
    assert "  # Peak learning rate of AdamW.\n  learning_rate: 2e-05\n" in text
    assert "    # hub: a data set on the Hugging Face Hub, one row per sentence.\n    source: hub\n" in text
    # Comments of a replaced mapping are replaced too.
    assert "File format" not in text
    after = text.index("\ntokenize_align:")
    comments = [line for line in SAMPLE[SAMPLE.index("\ntokenize_align:") :].split("\n") if "#" in line]
    assert [line for line in text[after:].split("\n") if "#" in line] == comments


def test_to_other_presets_and_back(folder: Path) -> None:
    for name in ("conll2003", "wnut17", "sample"):
        assert run(name).returncode == 0
        assert Path("params.yaml").read_text(encoding="utf-8") == preset(name)
    assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE


def test_without_a_name_the_presets_are_listed(folder: Path) -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert lines[0].endswith(
        "  Named entities of CoNLL-2003 with BERT base: the token classification recipe of the Hugging Face course."
    )
    assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE


def test_an_unknown_name(folder: Path) -> None:
    done = run("conll")
    assert done.returncode == 2
    assert done.stderr.endswith(f"unknown preset 'conll'; expected one of {', '.join(NAMES)}\n")
    assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "# Mine.\n\ntrain:\n  lerning_rate: 1\n  # More.\n  epochs: 0\n",
            "presets/mine.yaml has 2 errors; params.yaml is unchanged:\n"
            "  presets/mine.yaml:6: train.epochs: should be greater than or equal to 1, got 0\n"
            "  presets/mine.yaml:4: train.lerning_rate: unknown key; did you mean learning_rate? (allowed: ",
        ),
        (
            "tokenize_align:\n  task: author\n",
            "  presets/mine.yaml:2: tokenize_align.task: download.dataset has no tag column author (pos, chunk, ner)",
        ),
        (
            "download:\n  dataset:\n    source: hub\n",
            "  presets/mine.yaml:2: download.dataset.name: the key is missing",
        ),
        ("serve:\n  port: 80\n", "  presets/mine.yaml:1: serve: unknown section"),
        ("train: 3\n", "  presets/mine.yaml:1: train: should be a valid dictionary"),
        (
            "train: {epochs: 3}\n",
            "preset: presets/mine.yaml:1: train.epochs: expected on its own line",
        ),
        ("{train: {epochs: 3}, export: {}}\n", "preset: presets/mine.yaml:1: train: expected on its own line"),
        ("{train: 3}\n", "preset: presets/mine.yaml:1: train: expected on its own line"),
        ("train:\n  epochs: 3\n  epochs: 4\n", 'preset: presets/mine.yaml:3: found duplicate key "epochs"'),
        ("train: [\n", "preset: presets/mine.yaml is not YAML"),
        ("# Nothing.\n", "preset: presets/mine.yaml must be a mapping"),
        ("", "preset: presets/mine.yaml must be a mapping"),
    ],
)
def test_a_preset_with_errors_changes_nothing(folder: Path, text: str, message: str) -> None:
    Path("presets/mine.yaml").write_text(text, encoding="utf-8")
    assert message in error_of("mine")


def test_a_preset_in_another_style_is_written_as_by_dvc(folder: Path) -> None:
    mine = "train:\n    # Twice.\n    epochs: 2\n    max_steps: null\n    batches:\n        order: random\n"
    mine += "download:\n    dataset:\n        format: parquet\n        source: files\n        train: a\n"
    mine += "        validation: b\n        test: c\n        words: w\n        tag_columns: {ner: n}\n"
    Path("presets/mine.yaml").write_text(mine, encoding="utf-8")
    assert run("mine").returncode == 0
    text = Path("params.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"{presets.MODELINE}\n# Preset mine.\n\n# All settings")
    assert "\n  # Twice.\n  epochs: 2\n" in text
    assert "\n    tag_columns:\n      ner: n\n" in text
    assert "null" not in text
    params = load(SAMPLE)
    params["train"] |= {"epochs": 2}
    params["train"]["batches"]["order"] = "random"
    params["download"]["dataset"] = load(mine)["download"]["dataset"]
    assert load(text) == params


class TestEdits:
    """Changes in params.yaml that would be lost."""

    EDITED = SAMPLE.replace("epochs: 8", "epochs: 9")
    MESSAGE = (
        "preset: params.yaml has uncommitted changes; commit them, or overwrite them with "
        "`python stages/preset.py --force wnut17`"
    )

    def test_they_are_kept_without_force(self, folder: Path) -> None:
        Path("params.yaml").write_text(self.EDITED, encoding="utf-8")
        assert error_of("wnut17") == self.MESSAGE
        assert run("--force", "wnut17").returncode == 0
        assert Path("params.yaml").read_text(encoding="utf-8") == preset("wnut17")

    def test_committed_changes_are_overwritten(self, folder: Path) -> None:
        def git(*arguments: str) -> None:
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True)

        Path("params.yaml").write_text(self.EDITED, encoding="utf-8")
        git("init", "-q")
        assert error_of("wnut17") == self.MESSAGE
        git("add", "params.yaml")
        git("commit", "-q", "-m", "edited")
        assert run("wnut17").returncode == 0

    def test_a_missing_file_is_written(self, folder: Path) -> None:
        Path("params.yaml").unlink()
        assert run("sample").returncode == 0
        assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE


def test_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("sample")
    assert done.returncode == 1
    assert done.stderr == (
        "preset: presets/sample.yaml is missing; run this script from the repository's root or a pipeline folder\n"
    )
