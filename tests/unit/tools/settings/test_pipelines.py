"""Pipeline folders: what is derived for them, which names they may have, how they follow the root's dvc.yaml."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import modify_yaml
from helpers.project import ROOT, edit
from helpers.tiny import preset

from tagline.core.errors import UserError
from tagline.tools.settings import pipelines, presets


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository's root with the sample's params, the current folder, without Git."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("dvc.yaml", ".gitignore"):
        shutil.copy(ROOT / name, name)
    shutil.copytree(ROOT / "presets", "presets")
    Path("params.yaml").write_text(preset("sample"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def pos(root: Path) -> Path:
    """The folder of a second pipeline."""
    pipelines.create("pos", ["tokenize_align.task=pos"])
    return root / "pos"


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True, capture_output=True)


def error_of(name: str, *settings: str) -> str:
    """The message of a folder that is not created."""
    before = sorted(Path().iterdir())
    with pytest.raises(UserError) as raised:
        pipelines.create(name, settings)
    assert sorted(Path().iterdir()) == before
    return str(raised.value)


def changed_lines(old: str, new: str) -> list[tuple[str, str]]:
    return [pair for pair in zip(old.splitlines(), new.splitlines(), strict=True) if pair[0] != pair[1]]


def test_pipeline_folders_of_this_repository_are_up_to_date() -> None:
    with contextlib.chdir(ROOT):
        pipelines.check()


class TestDvcYaml:
    def test_paths_of_code_lead_to_the_root_and_all_others_stay(self, pos: Path) -> None:
        source, derived = Path("dvc.yaml").read_text(encoding="utf-8"), (pos / "dvc.yaml").read_text(encoding="utf-8")
        first, rest = derived.split("\n", 1)
        assert first.startswith("# Derived from ../dvc.yaml")
        changes = changed_lines(source, rest)
        assert [new for _, new in changes] == [
            old.replace("stages/", "../stages/").replace("tagger:", "pos-tagger:") for old, _ in changes
        ]
        assert len(changes) == source.count("stages/") + 1

    def test_every_path_of_code_exists(self, pos: Path) -> None:
        stages = yaml.safe_load((pos / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
        deps = [dep for stage in stages.values() for dep in stage["deps"] if "stages/" in dep]
        scripts = [command.split()[1] for stage in stages.values() for command in stage["cmd"]]
        assert deps
        assert scripts
        for path in (*deps, *scripts):
            assert path.startswith("../")
            assert (ROOT / path.removeprefix("../")).exists(), path

    def test_names_of_artifacts_are_unique_in_the_repository(self, pos: Path) -> None:
        names = [list(yaml.safe_load(path.read_text())["artifacts"]) for path in (Path("dvc.yaml"), pos / "dvc.yaml")]
        assert names == [["tagger"], ["pos-tagger"]]

    def test_dvc_leaves_its_form_alone(self, pos: Path) -> None:
        before = (pos / "dvc.yaml").read_bytes()
        for _ in range(3):
            with modify_yaml(str(pos / "dvc.yaml")) as content:
                content["stages"]["train"]["frozen"] = True
            with modify_yaml(str(pos / "dvc.yaml")) as content:
                del content["stages"]["train"]["frozen"]
            assert (pos / "dvc.yaml").read_bytes() == before


class TestParams:
    def test_they_are_those_of_the_root_but_for_paths_and_settings(self, pos: Path) -> None:
        changes = changed_lines(Path("params.yaml").read_text(), (pos / "params.yaml").read_text())
        keys = [pair for pair in changes if "#" not in pair[0]]
        assert keys == [("  folder: data/sample", "  folder: ../data/sample"), ("  task: ner", "  task: pos")]
        for old, new in changes:
            assert old == new.replace("../", "") or (old, new) in keys

    def test_dvc_leaves_their_form_alone(self, pos: Path) -> None:
        before = (pos / "params.yaml").read_text()
        for _ in range(3):
            apply_overrides(pos / "params.yaml", ["train.epochs=3"])
            assert changed_lines(before, (pos / "params.yaml").read_text()) == [("  epochs: 8", "  epochs: 3")]

    @pytest.mark.parametrize(
        ("setting", "line"),
        [
            ("train.learning_rate=1e-4", "  learning_rate: 0.0001"),
            ("train.early_stopping=2", "  early_stopping: 2"),
            ("train.max_grad_norm=", "  max_grad_norm:"),
            ("export.onnx=false", "  onnx: false"),
            ("train.batches.order=random", "    order: random"),
            ("download.folder=/srv/corpus", "  folder: /srv/corpus"),
            ("download.folder=./data//mine", "  folder: ../data/mine"),
        ],
    )
    def test_setting_is_written(self, root: Path, setting: str, line: str) -> None:
        pipelines.create("pos", [setting])
        assert line in (root / "pos/params.yaml").read_text().splitlines()

    def test_a_preset_in_the_folder(self, pos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(pos)
        with pytest.raises(UserError, match="`python ../stages/preset.py --force sample`"):
            presets.write("sample")
        presets.write("sample", force=True)
        written = Path("params.yaml").read_text()
        monkeypatch.chdir(pos.parent)
        pipelines.create("ner", [])
        assert written == Path("ner/params.yaml").read_text()


def test_outs_are_ignored_by_git(pos: Path) -> None:
    git("init", "-q")
    stages = yaml.safe_load((pos / "dvc.yaml").read_text())["stages"]
    outs = [f"pos/{out}" for stage in stages.values() for out in stage["outs"]]
    done = subprocess.run(["git", "check-ignore", *outs], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == outs


class TestErrors:
    @pytest.mark.parametrize("name", ["Pos", "../pos", "a--b", "1a", ""])
    def test_bad_name(self, root: Path, name: str) -> None:
        assert error_of(name) == (
            f"{name!r} can't name a pipeline folder; expected letters a-z, digits and single hyphens"
        )

    @pytest.mark.parametrize("name", ["presets", "models", "audit", "build"])
    def test_a_folder_that_exists_or_that_a_stage_writes(self, root: Path, name: str) -> None:
        assert error_of(name) == f"{name} exists or is a name that the stages use; choose another one, such as pos"

    def test_a_pipeline_folder_that_exists(self, pos: Path) -> None:
        assert error_of("pos") == "pos is a pipeline folder already; --update refreshes its dvc.yaml"

    def test_params_with_errors(self, root: Path) -> None:
        message = error_of("pos", "train.epochs=0", "train.seed=x")
        first, *errors = message.split("\n")
        assert first == "params.yaml with train.epochs=0, train.seed=x has 2 errors; pos was not created:"
        assert [error.split(": ")[1] for error in errors] == ["train.seed", "train.epochs"]

    @pytest.mark.parametrize("setting", ["train.epoch=1", "epochs=1", "train.epochs", "train.epochs.x=1"])
    def test_setting_of_unknown_key(self, root: Path, setting: str) -> None:
        assert error_of("pos", setting) == f"-S {setting}: expected section.key=value with a key of params.yaml"

    def test_a_setting_that_is_not_yaml(self, root: Path) -> None:
        assert error_of("pos", "train.epochs=[") == (
            "-S train.epochs=[: the value is not YAML; expected a number, text, list or nothing"
        )

    def test_a_root_with_a_conflict(self, root: Path) -> None:
        edit(Path("dvc.yaml"), "stages:\n", "<<<<<<< ours\nstages:\n")
        assert error_of("pos").startswith("dvc.yaml is not YAML: ")

    def test_outside_of_the_root(self, pos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(pos)
        assert error_of("ner") == "dvc.yaml: expected that of the repository's root; run this script there"


class TestUpdate:
    """After `git pull` has brought another dvc.yaml of the root."""

    def change_root(self) -> None:
        old = "    - stages/tokenize_align.py\n"
        edit(Path("dvc.yaml"), old, f"{old}    - stages/x.py\n")

    def test_an_outdated_folder_is_reported_and_updated(self, pos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git("init", "-q")
        git("add", "pos")
        git("commit", "-q", "-m", "a pipeline")
        pipelines.check()
        assert pipelines.update() == []
        edit(pos / "params.yaml", "epochs: 8", "epochs: 9")
        params = (pos / "params.yaml").read_bytes()
        self.change_root()
        with pytest.raises(UserError, match=r"^pos/dvc.yaml: out of date with dvc.yaml or .gitignore of the root; run"):
            pipelines.check()
        with contextlib.chdir(pos), pytest.raises(UserError, match=r"^pos/dvc.yaml: out of date with dvc.yaml of the"):
            pipelines.check_this_folder()
        assert pipelines.update() == ["pos/dvc.yaml is up to date again"]
        pipelines.check()
        with contextlib.chdir(pos):
            pipelines.check_this_folder()
        assert "    - ../stages/x.py\n" in (pos / "dvc.yaml").read_text()
        assert (pos / "params.yaml").read_bytes() == params

    def test_uncommitted_changes_are_not_overwritten(self, pos: Path) -> None:
        self.change_root()
        before = (pos / "dvc.yaml").read_bytes()
        with pytest.raises(UserError) as raised:
            pipelines.update()
        assert str(raised.value) == "pos/dvc.yaml has changes that are not committed; commit or revert them first"
        assert (pos / "dvc.yaml").read_bytes() == before

    def test_frozen_stages_stay_frozen(self, pos: Path) -> None:
        with modify_yaml(str(pos / "dvc.yaml")) as content:
            content["stages"]["train"]["frozen"] = True
        git("init", "-q")
        git("add", "pos")
        git("commit", "-q", "-m", "frozen")
        pipelines.check()
        self.change_root()
        pipelines.update()
        stages = yaml.safe_load((pos / "dvc.yaml").read_text())["stages"]
        assert [name for name, stage in stages.items() if stage.get("frozen")] == ["train"]

    def test_missing_patterns_are_added_to_gitignore(self, pos: Path) -> None:
        with (pos / ".gitignore").open("a") as file:
            file.write("/mine\n")
        with Path(".gitignore").open("a") as file:
            file.write("/curves\n")
        before = (pos / ".gitignore").read_text()
        assert pipelines.update() == ["pos/.gitignore is up to date again"]
        assert (pos / ".gitignore").read_text() == f"{before}/curves\n"

    def test_the_root_and_other_folders_are_not_pipeline_folders(self, pos: Path) -> None:
        Path("mine").mkdir()
        shutil.copy("dvc.yaml", "mine/dvc.yaml")
        assert pipelines.names() == ["pos"]
        pipelines.check_this_folder()
