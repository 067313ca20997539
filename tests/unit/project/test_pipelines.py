"""Pipeline folders: what is derived for them, which names they may have, how they follow the root's dvc.yaml."""

import contextlib
import shutil
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import modify_yaml
from helpers.messages import message_of
from helpers.project import ROOT, edit, git

from tagline.core.params import read_file
from tagline.project import pipelines, presets
from tagline.project.sections import enabled_pushes


@pytest.fixture
def pos(root):
    """The folder of a second pipeline."""
    pipelines.create("pos", ["tokenize_align.tag_column=pos"])
    return root / "pos"


def changed_lines(old, new):
    return [pair for pair in zip(old.splitlines(), new.splitlines(), strict=True) if pair[0] != pair[1]]


def test_pipeline_folders_of_this_repository_are_up_to_date():
    with contextlib.chdir(ROOT):
        assert pipelines.outdated() == {}


def test_dvc_yaml_has_paths_of_code_in_the_root_and_artifacts_of_the_folder(pos):
    source, derived = Path("dvc.yaml").read_text("utf-8"), (pos / "dvc.yaml").read_text("utf-8")
    first, rest = derived.split("\n", 1)
    assert first.startswith("# Derived from ../dvc.yaml")
    changes = changed_lines(source, rest)
    for old, new in changes:
        assert new == old.replace("stages/", "../stages/").replace("tagger:", "pos-tagger:")
    assert len(changes) == source.count("stages/") + 1


def test_params_are_those_of_the_root_but_for_paths_and_settings(pos):
    written = (pos / "params.yaml").read_text()
    changes = changed_lines(Path("params.yaml").read_text(), written)
    keys = [pair for pair in changes if "#" not in pair[0]]
    folders = [(f"  folder: data/{name}", f"  folder: ../data/{name}") for name in ("sample", "none")]
    assert keys == [folders[0], ("  tag_column: ner", "  tag_column: pos"), folders[1]]
    for old, new in changes:
        assert old == new.replace("../", "") or (old, new) in keys
    apply_overrides(pos / "params.yaml", ["train.epochs=3"])  # DVC leaves their form alone
    assert changed_lines(written, (pos / "params.yaml").read_text()) == [("  epochs: 4", "  epochs: 3")]


SETTINGS = {
    "train.learning_rate=1e-4": "  learning_rate: 0.0001",
    "+train.max_grad_norm=": "  max_grad_norm:",
    "train.teacher.weight=2.0": "    weight: 2.0",
    "download.folder=/srv/corpus": "  folder: /srv/corpus",
    "download.folder=./data//mine": "  folder: ../data/mine",
}


@pytest.mark.parametrize("setting, line", SETTINGS.items())
def test_setting_is_written(root, setting, line):
    pipelines.create("pos", [setting])
    assert line in (root / "pos/params.yaml").read_text().splitlines()


def test_new_folder_does_not_push_and_two_cannot_push_to_one_branch(root):
    for key in ("  seed: 42\n", "  int8: true\n"):
        edit(Path("params.yaml"), key, f"{key}  hub: {{repo_id: ada/people, push: true}}\n")
    pipelines.create("pos", [])
    assert enabled_pushes(read_file(root / "pos/params.yaml")) == {}
    pushes = enabled_pushes(read_file())
    pipelines.check_pushes(pushes)
    pipelines.create("own", [f"export.hub.{value}" for value in ("push=true", "repo_id=ada/people", "branch=own")])
    pipelines.check_pushes(pushes)
    edit(Path("own/params.yaml"), "branch: own", "branch: main")
    message = "params.yaml: train.hub: pushes to ada/people (main), as does export.hub in own/params.yaml, and the"
    assert message_of(pipelines.check_pushes, pushes).startswith(message)
    with contextlib.chdir("own"):
        message = "as does train.hub in ../params.yaml, and the last"
        assert message in message_of(pipelines.check_pushes, enabled_pushes(read_file()))


@pytest.mark.parametrize("teacher, folder", [(".", "../models/finetuned"), ("pos", "../pos/models/finetuned")])
def test_student_has_the_params_and_the_model_of_its_teacher(pos, teacher, folder):
    pipelines.create("student", ["train.layers=3", "download.dataset.unlabelled=pool.txt"], teacher)
    expected = yaml.safe_load((pos / "params.yaml").read_text())
    expected["download"]["dataset"]["unlabelled"] = "pool.txt"
    expected["train"] |= {"folder": folder, "start_from": ".", "layers": 3, "teacher": {"models": ["."]}}
    expected["tokenize_align"]["tag_column"] = "pos" if teacher == "pos" else "ner"
    text = (pos.parent / "student/params.yaml").read_text()
    assert yaml.safe_load(text) == expected
    assert text.startswith("# yaml-language-server: $schema=../params.schema.json\n")
    for settings, other, message in (
        ([], "ner", "--teacher 'ner': no pipeline folder; expected . or pos or student"),
        (["train.folder=data/none"], teacher, "-S train.folder: --teacher sets it; expected one of both"),
        (["train.head=crf"], teacher, "teacher.models is not possible with head crf; set it to []"),
    ):
        assert message in message_of(pipelines.create, "other", settings, other)
    assert not Path("other").exists()


def test_preset_can_be_written_in_the_folder(pos):
    with contextlib.chdir(pos):
        assert "`tagline preset --force sample`" in message_of(presets.write, "sample")
        presets.write("sample", force=True)
    pipelines.create("ner", [])
    assert (pos / "params.yaml").read_text() == Path("ner/params.yaml").read_text()


def test_outs_are_ignored_by_git(pos):
    git("init", "-q")
    stages = yaml.safe_load((pos / "dvc.yaml").read_text())["stages"]
    outs = [f"pos/{out}" for stage in stages.values() for out in stage["outs"]]
    assert git("check-ignore", *outs).splitlines() == outs


EXPECTED = ": expected section.key=value with a key of docs/reference.md"


NOT_CREATED = [
    ("../pos", "", "'../pos' can't name a pipeline folder; expected letters a-z, digits and single hyphens"),
    ("presets", "", "presets exists or is a name that the stages use; choose another one, such as pos"),
    ("build", "", "build exists or is a name that the stages use; choose another one, such as pos"),
    ("pos", "", "pos is a pipeline folder already; --update refreshes its dvc.yaml"),
    ("ner", "train.epoch=1", "params.yaml with train.epoch=1 has 1 error; ner was not created:\n  params.yaml:"),
    *(("ner", text, f"-S {text}{EXPECTED}") for text in ("train.epochs", "train=1", "train.seed.x=1")),
    *(("ner", f"train.seed={value}", f"-S train.seed={value} is not YAML: ") for value in ("[", "{a")),
    ("ner", "train.seed=" + "[" * 5000, "-S train.seed=[[["),
    ("ner", "train.seed=2024-01-01", "params.yaml with train.seed=2024-01-01 has 1 error; ner was not created:"),
    ("ner", "train.epochs=0 train.seed=x", "params.yaml with train.epochs=0, train.seed=x has 2 errors; ner was not"),
]


@pytest.mark.parametrize("name, settings, message", NOT_CREATED)
def test_folder_with_errors_is_not_created(pos, name, settings, message):
    before = sorted(Path().iterdir())
    assert message_of(pipelines.create, name, settings.split()).startswith(message)
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    "file, content, message",
    [
        ("dvc.yaml", "<<<<<<< ours\nstages:\n", "dvc.yaml:1: a merge conflict; expected one side"),
        ("dvc.yaml", "# é\nstages:\n", "dvc.yaml is not YAML: 'utf-8' codec can't decode"),
        (".gitignore", "/données\n", ".gitignore: not UTF-8 ('utf-8' codec can't decode byte 0xe9 in position 5"),
    ],
)
def test_damaged_root_is_one_message(root, file, content, message):
    Path(file).write_text(content, "latin-1")
    assert message_of(pipelines.create, "ner", []).startswith(message)


def test_damaged_or_other_folder_is_one_message(pos):
    with contextlib.chdir(pos):
        message = "dvc.yaml: expected that of the repository's root; r"
        assert message_of(pipelines.create, "ner", []).startswith(message)
    (pos / "dvc.yaml").write_text(f"{pipelines.MARK}stages:\n")
    assert message_of(pipelines.update).startswith("pos/dvc.yaml: damaged ")


def test_outdated_folder_is_reported_and_updated_with_frozen_stages(pos):
    with modify_yaml("pos/dvc.yaml") as content:  # as `dvc freeze train`
        content["stages"]["train"]["frozen"] = True
    assert pipelines.update() == []
    edit(pos / "params.yaml", "epochs: 4", "epochs: 9")
    params = (pos / "params.yaml").read_bytes()
    # As `git pull` does that brings another dvc.yaml of the root.
    edit(Path("dvc.yaml"), "    - stages/tokenize_align.py\n", "    - stages/tokenize_align.py\n    - stages/x.py\n")
    with contextlib.chdir(pos):
        message = "pos/dvc.yaml: out of date with dvc.yaml of the"
        assert message_of(pipelines.check_this_folder).startswith(message)
    assert pipelines.update() == ["pos/dvc.yaml is up to date again"]
    with contextlib.chdir(pos):
        pipelines.check_this_folder()
    stages = yaml.safe_load((pos / "dvc.yaml").read_text())["stages"]
    assert "../stages/x.py" in stages["tokenize-align"]["deps"]
    assert [name for name, stage in stages.items() if stage.get("frozen")] == ["train"]
    assert (pos / "params.yaml").read_bytes() == params


def test_root_and_other_folders_are_not_pipeline_folders(pos):
    Path("mine").mkdir()
    shutil.copy("dvc.yaml", "mine/dvc.yaml")
    assert pipelines.names() == ["pos"]
    pipelines.check_this_folder()
