"""preset.py: presets give complete, valid params with comments, and edits of params.yaml are not lost."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides
from helpers.project import ROOT, exit_of, run_script
from helpers.tiny import preset
from ruamel.yaml import YAML

from tagline.core.errors import UserError
from tagline.tools.settings import presets
from tagline.training.fit_check import FEW_SUBWORDS

NAMES = sorted(path.stem for path in (ROOT / "presets").glob("*.yaml"))
SAMPLE = preset("sample")  # not params.yaml: in a clone it is its owner's


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


def write_mine(text: str) -> str:
    """Write the preset `mine` and then its params.yaml, which are returned."""
    Path("presets/mine.yaml").write_text(text, encoding="utf-8")
    presets.write("mine")
    return Path("params.yaml").read_text(encoding="utf-8")


class TestTheRepositorysOwn:
    @pytest.mark.parametrize("name", NAMES)
    def test_preset_gives_valid_params_in_the_form_of_dvc(self, folder: Path, name: str) -> None:
        """Errors would be raised; `dvc exp run -S` changes the line of its key alone."""
        presets.write(name)
        before = Path("params.yaml").read_text(encoding="utf-8")
        download = load(before)["download"]
        assert (download["folder"] == "data/none") == (download["dataset"]["source"] == "hub")
        apply_overrides(folder / "params.yaml", ["train.max_steps=10", "export.int8=false"])
        apply_overrides(folder / "params.yaml", ["train.max_steps=null", "export.int8=true"])
        assert Path("params.yaml").read_text(encoding="utf-8") == before

    @pytest.mark.parametrize(
        ("override", "old", "new"),
        [
            ("train.learning_rate=1e-4", "learning_rate: 0.0003", "learning_rate: 0.0001"),
            ("train.max_grad_norm=null", "max_grad_norm: 1.0", "max_grad_norm:"),
            ("tokenize_align.limits.windowed_sentences=0", "windowed_sentences:", "windowed_sentences: 0"),
            ("tokenize_align.task=chunk", "task: ner", "task: chunk"),
            ("export.int8=false", "int8: true", "int8: false"),
        ],
    )
    def test_override_by_dvc_changes_one_line(self, folder: Path, override: str, old: str, new: str) -> None:
        for _ in range(3):  # comments after a list would only be lost in the second pass
            apply_overrides(folder / "params.yaml", [override])
            lines = SAMPLE.split("\n"), Path("params.yaml").read_text(encoding="utf-8").split("\n")
            assert [
                (before.strip(), after.strip()) for before, after in zip(*lines, strict=True) if before != after
            ] == [(old, new)]

    @pytest.mark.parametrize("name", [name for name in NAMES if name != "sample"])
    def test_preset_contains_differences_only(self, name: str) -> None:
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
    def test_presets_of_conll2003_share_their_data(self, name: str) -> None:
        params = load(preset(name))
        assert params["download"] == load(preset("conll2003"))["download"]
        task = name.partition("-")[2]
        assert params["tokenize_align"]["task"] == (task if task in ("pos", "chunk") else "ner")
        assert params["tokenize_align"]["label_all_tokens"] is True

    def test_conll2003_is_the_recipe_of_the_course(self) -> None:
        params = load(preset("conll2003"))
        encoder = {"source": "hub", "name": "google-bert/bert-base-cased", "revision": "main"}
        assert params["download"]["encoder"] == encoder
        assert (params["train"]["batches"]["order"], params["train"]["batches"]["batch_size"]) == ("random", 8)
        recipe = {"learning_rate": 2e-5, "epochs": 3, "weight_decay": 0.01, "warmup": 0, "engine": "trainer"}
        recipe |= {"schedule": "linear", "max_grad_norm": 1.0, "label_smoothing": 0.0}
        recipe |= {"max_steps": None, "early_stopping": None}
        assert {key: params["train"][key] for key in recipe} == recipe

    @pytest.mark.parametrize("name", [name for name in NAMES if name not in ("sample", "conll2003")])
    def test_presets_for_a_gpu_fill_it(self, name: str) -> None:
        train = load(preset(name))["train"]
        assert (train["engine"], train["batches"]["order"], train["warmup"]) == ("accelerate", "by_length", 0.1)
        size = train["batches"]["subwords_per_batch"]
        assert FEW_SUBWORDS < size <= 16_384
        # docs/training.md: 5e-5 for 32 sentences of 25 sub-words, and in proportion to the square root.
        assert train["learning_rate"] == pytest.approx(5e-5 * math.sqrt(size / 800), rel=0.1)


def test_comments_are_descriptions_unless_the_preset_has_its_own() -> None:
    text = preset("conll2003")
    assert text.startswith(f"{presets.MODELINE}\n# Named entities of CoNLL-2003")
    assert "sample corpus" not in text
    assert "  # Peak learning rate of AdamW.\n  learning_rate: 2e-05\n" in text
    assert "    # hub: a data set on the Hugging Face Hub, one row per sentence.\n    source: hub\n" in text
    assert "loaded; this one has the\n    # same rows as Parquet files.\n    name: lhoestq/conll2003\n" in text
    assert "File format" not in text
    assert max(map(len, text.splitlines())) <= 120


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
            "  presets/mine.yaml:2: tokenize_align.task: download.dataset has no tag",
        ),
        (
            "download:\n  dataset:\n    source: hub\n",
            "  presets/mine.yaml:2: download.dataset.name: the key is missing",
        ),
        (
            "download:\n  dataset:\n    columns: [pos]\n",
            "  presets/mine.yaml:2: download.dataset: columns must contain",
        ),
        ("serve:\n  port: 80\n", "  presets/mine.yaml:1: serve: unknown section"),
        ("train: 3\n", "  presets/mine.yaml:1: train: should be a valid dictionary"),
        ("train:\n  epochs: 3\n  epochs: 4\n", 'presets/mine.yaml:3: found duplicate key "epochs"'),
        ("train: [\n", "presets/mine.yaml is not YAML"),
        ("# Nothing.\n", "presets/mine.yaml must be a mapping"),
    ],
)
def test_preset_with_errors_changes_nothing(folder: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        write_mine(text)
    assert message in str(raised.value)
    assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE
    assert sorted(path.name for path in folder.iterdir()) == ["params.yaml", "presets"]


def test_preset_in_another_style_is_written_as_by_dvc(folder: Path) -> None:
    mine = "train:\n    # Twice.\n    epochs: 2\n    max_steps: null\n    batches: {order: random}\n"
    mine += "download:\n    dataset:\n        format: parquet\n        source: files\n        train: a\n"
    mine += "        validation: b\n        test: c\n        words: w\n        tag_columns: {ner: n}\n"
    text = write_mine(mine)
    assert text.startswith(f"{presets.MODELINE}\n# Preset mine.\n\n# All settings")
    assert "\n  # Twice.\n  epochs: 2\n" in text
    assert "\n    tag_columns:\n      ner: n\n" in text
    assert "null" not in text
    params = load(SAMPLE)
    params["train"] |= {"epochs": 2}
    params["train"]["batches"]["order"] = "random"
    params["download"]["dataset"] = load(mine)["download"]["dataset"]
    assert load(text) == params


class TestScript:
    def test_list_of_presets(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run_script("stages/preset.py")
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == NAMES
        assert lines[1].endswith("  Chunks of CoNLL-2003 with BERT base.")

    def test_edits_are_kept_without_force(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        edited = SAMPLE.replace("epochs: 8", "epochs: 9")
        Path("params.yaml").write_text(edited, encoding="utf-8")
        assert exit_of("stages/preset.py", "wnut17") == (
            "preset: params.yaml has uncommitted changes; commit them, or overwrite them with "
            "`python stages/preset.py --force wnut17`"
        )
        assert Path("params.yaml").read_text(encoding="utf-8") == edited
        run_script("stages/preset.py", "--force", "wnut17")
        assert capsys.readouterr().out == "params.yaml: written from presets/wnut17.yaml\n"
        assert Path("params.yaml").read_text(encoding="utf-8") == preset("wnut17")

    def test_committed_edits_are_overwritten(self, folder: Path) -> None:
        def git(*arguments: str) -> None:
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True)

        Path("params.yaml").write_text(SAMPLE.replace("epochs: 8", "epochs: 9"), encoding="utf-8")
        git("init", "-q")
        git("add", "params.yaml")
        git("commit", "-q", "-m", "edited")
        run_script("stages/preset.py", "wnut17")
        assert Path("params.yaml").read_text(encoding="utf-8") == preset("wnut17")

    def test_missing_file_is_written(self, folder: Path) -> None:
        Path("params.yaml").unlink()
        run_script("stages/preset.py", "sample")
        assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE

    def test_other_folder_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert exit_of("stages/preset.py", "sample") == (
            "preset: presets/sample.yaml is missing; run this script from the repository's root or a pipeline folder"
        )
