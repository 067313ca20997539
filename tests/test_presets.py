"""`tagline preset`: presets give complete, valid params with comments, and edits of params.yaml are not lost."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from helpers.messages import message_of
from helpers.project import ROOT, exit_of, git, run_verb
from helpers.tiny import PRESETS, preset
from ruamel.yaml import YAML

from tagline.core.params import read_file
from tagline.project import presets
from tagline.project.descriptions import DISCRIMINATORS
from tagline.project.sections import complete

SAMPLE = preset("sample")


def load(text):
    return YAML(typ="safe").load(text)


def write_mine(text):
    """Write the preset `mine` and then its params.yaml, which are returned."""
    Path("presets/mine.yaml").write_text(text, encoding="utf-8")
    presets.write("mine")
    return Path("params.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PRESETS)
def test_preset_gives_valid_params_in_the_form_of_dvc(root, name):
    """Errors would be raised; `dvc exp run -S` changes the line of its key alone."""
    presets.write(name)
    before = Path("params.yaml").read_text(encoding="utf-8")
    download, card = load(before)["download"], load(before)["export"]["card"]
    assert card["language"] and card["data_license"]
    assert (download["folder"] == "data/none") == (download["dataset"]["source"] == "hub")
    apply_overrides(root / "params.yaml", ["train.max_steps=10", "export.int8=false"])
    apply_overrides(root / "params.yaml", ["train.max_steps=null", "export.int8=true"])
    assert Path("params.yaml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", PRESETS[1:])
def test_preset_contains_differences_only(name):
    def check(new, base, path):
        for key, value in new.items():
            assert value != base[key], f"{path}{key}"
            # A mapping that names a source or format replaces that of the sample.
            if isinstance(value, dict) and value.keys().isdisjoint(DISCRIMINATORS):
                check(value, base[key], f"{path}{key}.")

    base = complete(read_file(ROOT / "presets/sample.yaml"))
    base["export"]["card"] = dict.fromkeys(base["export"]["card"])
    check(load((ROOT / f"presets/{name}.yaml").read_text(encoding="utf-8")), base, "")


def test_card_of_the_sample_is_of_the_sample_alone(root):
    assert load(SAMPLE)["export"]["card"] == {"language": "en", "license": None, "data_license": "cc0-1.0"}
    assert load(write_mine("train:\n  epochs: 2\n"))["export"]["card"]["data_license"] == "cc0-1.0"
    dataset = "source: files, format: conll, columns: [words, ner], train: a, split: {seed: 1, validation: 0.1}"
    Path("presets/mine.yaml").write_text(f"download:\n  dataset: {{{dataset}}}\n")
    mine = load(presets.build("mine"))
    assert "card" not in mine["export"]
    assert mine["download"]["dataset"] == load(f"{{{dataset}}}"), "nothing of the sample's files"


def test_conll2003_is_the_recipe_of_the_course(root):
    Path("params.yaml").write_text(preset("conll2003"), encoding="utf-8")
    params = complete(read_file())
    assert params["download"]["encoder"]["name"] == "google-bert/bert-base-cased"
    assert (params["train"]["batches"]["order"], params["train"]["batches"]["batch_size"]) == ("random", 8)
    recipe = {"learning_rate": 2e-5, "epochs": 3, "weight_decay": 0.01, "warmup": 0, "engine": "trainer"}
    recipe |= {"schedule": "linear", "max_grad_norm": 1.0, "max_steps": None}
    assert params["train"].items() >= recipe.items()


def test_comments_are_first_sentences():
    text = preset("conll2003")
    assert text.startswith(f"{presets.MODELINE}\n# Named entities of CoNLL-2003")
    assert "sample corpus" not in text
    assert "special tokens included\n  max_length: 512\n" in text
    assert "    # hub: a data set on the Hugging Face Hub, one row per sentence\n    source: hub\n" in text
    assert "File format" not in text


@pytest.mark.parametrize("name", PRESETS)
def test_params_are_short_with_one_line_of_comment_per_key(name):
    lines = preset(name).split("\ndownload:\n")[1].splitlines()
    assert len(lines) <= 150
    assert max(map(len, lines)) <= 120
    comments = [line.lstrip().startswith("# ") for line in lines]
    assert not [lines[index] for index, pair in enumerate(pairwise(comments)) if all(pair)]


def test_preset_with_errors_changes_nothing(root):
    text = "# Mine.\n\ntrain:\n  lerning_rate: 1\n  # More.\n  epochs: 0\ndownload:\n  dataset:\n    source: hub"
    first, *lines, last = message_of(write_mine, text).splitlines()
    assert first == "presets/mine.yaml has 9 errors; params.yaml is unchanged:"
    assert "  presets/mine.yaml:8: download.dataset.name: the key is missing" in lines
    assert lines[-1] == "  presets/mine.yaml:6: train.epochs: should be greater than or equal to 1, got 0"
    found = "  presets/mine.yaml:4: train.lerning_rate: unknown key; did you mean learning_rate? (allowed: "
    assert last.startswith(found)
    assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE
    assert sorted(path.name for path in root.iterdir()) == [".gitignore", "dvc.yaml", "params.yaml", "presets"]


def test_preset_that_no_command_wrote_is_an_error(root):
    found = exit_of("preset", "mine", "--force")
    assert found.startswith("preset: presets/mine.yaml is missing; expected one of ")
    assert found.endswith(", or a preset that `tagline inspect --output` wrote")


def test_preset_in_another_style_is_written_as_by_dvc(root):
    mine = "train:\n    epochs: 2\n    max_steps: null\n    batches: {order: random}\n"
    mine += "download:\n    dataset:\n        format: parquet\n        source: files\n        train: a\n"
    mine += "        validation: b\n        test: c\n        words: w\n        tag_columns: {ner: n}\n"
    text = write_mine(mine)
    assert "\n    tag_columns:\n      ner: n\n" in text
    assert "null" not in text
    params = load(SAMPLE)
    params["train"] |= {"epochs": 2}
    params["train"]["batches"]["order"] = "random"
    params["download"]["dataset"] = load(mine)["download"]["dataset"]
    del params["export"]["card"]
    assert load(text) == params


def test_script_lists_presets(root, capsys):
    run_verb("preset")
    lines = capsys.readouterr().out.splitlines()
    listed = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert listed == sorted(listed)
    assert {*listed} >= {*PRESETS}
    assert "conll2003-chunk  Chunks of CoNLL-2003 with BERT base." in lines


def test_edits_are_kept_unless_they_are_committed_or_by_force(root, capsys):
    edited = SAMPLE.replace("epochs: 4", "epochs: 9")
    params = Path("params.yaml")
    params.write_text(edited, encoding="utf-8")
    assert exit_of("preset", "wnut17") == (
        "preset: params.yaml has uncommitted changes; commit them, or overwrite them with "
        "`tagline preset --force wnut17`"
    )
    assert params.read_text(encoding="utf-8") == edited
    run_verb("preset", "--force", "wnut17")
    assert capsys.readouterr().out == "params.yaml: written from presets/wnut17.yaml\n"
    assert params.read_text(encoding="utf-8") == preset("wnut17")
    params.write_text(edited, encoding="utf-8")
    for command in (["init", "-q"], ["add", "params.yaml"], ["commit", "-q", "-m", "edited"]):
        git(*command)
    run_verb("preset", "sample")
    assert params.read_text(encoding="utf-8") == SAMPLE


def test_missing_file_is_written_and_another_folder_an_error(root):
    Path("params.yaml").unlink()
    run_verb("preset", "sample")
    assert Path("params.yaml").read_text(encoding="utf-8") == SAMPLE
    shutil.rmtree("presets")
    message = "presets/sample.yaml is missing; run this in the repository's root"
    assert exit_of("preset", "sample") == f"preset: {message}"
