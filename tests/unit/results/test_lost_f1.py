"""`tagline improve`: losses of a test split computed by hand, and the commands that address them."""

import json
import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo
from dvc.utils.hydra import apply_overrides
from helpers.project import edit, exit_of, run_verb
from helpers.tagged import sentences

from tagline.artifacts import predictions
from tagline.core import write_hashes
from tagline.results import lost_f1

FOLDER = Path("data/predictions")
WORDS = ["Ada Lind lives in Oslo", "Xu lives in Oslo", "Ida Ek lives", "in Zug"]
GOLD = ["B-PER I-PER O O B-LOC", "B-PER O O B-LOC", "B-PER I-PER O", "O O"]
# Besides two correct entities: one missed, of another type, with another boundary, spurious.
PREDICTED = ["B-PER I-PER O O B-LOC", "O O O B-PER", "B-PER O O", "O B-LOC"]


@pytest.fixture
def predicted(finished, monkeypatch):
    """A finished workspace with other predictions of test; train has Ada Lind and Oslo."""
    monkeypatch.setattr(lost_f1, "LEAST_SEEN", 3)
    write(WORDS, GOLD, PREDICTED, lowercase=[["O"] * len(row.split()) for row in GOLD])
    return finished


def found(capsys):
    capsys.readouterr()
    run_verb("improve", "--json")
    content = json.loads(capsys.readouterr().out)
    return content, {loss["name"]: loss for loss in content["losses"]}


def write(words, gold, labels, **altered):
    """Write other predictions of test, and those of altered forms."""
    forms = {name: sentences(gold, row, words=words) for name, row in altered.items()}
    predictions.write(FOLDER, "test", sentences(gold, labels, words=words), forms)
    write_hashes(FOLDER)


def test_losses_are_those_computed_by_hand(predicted, capsys):
    content, by_name = found(capsys)
    # 2 of 5 predicted and 5 gold entities are correct: 4 / 10.
    assert (content["f1"], content["entities"]) == (0.4, 5)
    expected = {
        # Of 3 gold entities that train has, 2 are found, by 2 predicted ones; so 2 / 3 as many of the 2 others.
        "not in train": (2, 2 * (2 + 4 / 3) / (5 + 3 + 4 / 3)),
        "lowercase text": (2, 0.4),
        "type_error": (1, 6 / 10),
        "boundary_error": (1, 6 / 10),
        "missed": (1, 6 / 11),
        "spurious": (1, 4 / 9),
    }
    assert by_name.keys() == expected.keys()
    for name, numbers in expected.items():
        loss = by_name[name]
        assert (loss["errors"], loss["without"]) == pytest.approx(numbers, abs=1e-6)
        assert loss["low"] <= loss["worth"] <= loss["high"]
    assert by_name["lowercase text"]["f1"] == 0
    worths = [loss["worth"] for loss in content["losses"]]
    assert worths == sorted(worths, reverse=True)
    assert by_name["missed"]["command"] == "tagline audit --output fixes.html"
    assert by_name["missed"]["cost"] == "corrected labels, one training"


def test_unseen_entities_are_no_loss_if_few_are_seen_or_those_are_not_better(predicted, capsys, monkeypatch):
    monkeypatch.setattr(lost_f1, "LEAST_SEEN", 4)
    assert "not in train" not in found(capsys)[1]
    monkeypatch.setattr(lost_f1, "LEAST_SEEN", 3)
    write(WORDS, GOLD, ["O O O O O", "B-PER O O O", "O O O", "O O"])  # Xu alone, whom train does not have
    assert "not in train" not in found(capsys)[1]


def test_text_in_small_letters_is_no_loss_where_its_f1_is_higher(predicted, capsys):
    write(["Oslo a b c d"], ["B-LOC B-LOC O O O"], ["B-LOC B-LOC B-LOC B-LOC B-LOC"], lowercase=["B-LOC O O O O"])
    content, by_name = found(capsys)
    assert "lowercase text" not in by_name
    assert all(loss["worth"] > 0 for loss in content["losses"])


def test_outdated_run_is_said(predicted, capsys):
    Path("dvc.yaml").write_text("stages:\n  evaluate:\n    cmd: python -V\n    deps: [params.yaml]\n")
    Repo.init(no_scm=True).close()
    run_verb("improve")
    said = " ".join(capsys.readouterr().out.split())
    assert "workspace: predictions are outdated; `dvc repro` would rerun evaluate " in said


def test_all_errors_are_lost_to_unseen_entities_if_none_is_seen(predicted, capsys):
    gold = ["B-PER O O B-LOC O", "B-PER I-PER O O"]
    write(["Xu lives in Zug .", "Ida Ek lives ."], gold, ["B-PER O O O O", "O O B-LOC O"])
    loss = found(capsys)[1]["not in train"]
    assert (loss["errors"], loss["f1"], loss["without"]) == (2, 0.4, 1)


def test_command_to_suggest_texts_runs_without_an_exported_model(predicted, capsys):
    shutil.rmtree("models/export")
    command = found(capsys)[1]["not in train"]["command"]
    assert command.endswith(" --types LOC PER")
    Path("POOL").write_text("Bo Berg lives in Bern\n")
    run_verb(*command.split()[1:], "--input-format=text")
    assert Path("tasks.html").is_file()


def test_command_for_a_key_that_params_leave_out_adds_it(predicted, capsys):
    apply_overrides(predicted / "params.yaml", [found(capsys)[1]["lowercase text"]["command"].split()[-1]])
    assert lost_f1.lowercase()[:2] == ("1.3 times a training", "dvc exp run -S tokenize_align.lowercase_share=1")


def test_plain_tags_are_refused(predicted):
    edit(FOLDER / "provenance.json", '"kind": "spans"', '"kind": "tags"')
    write_hashes(FOLDER)
    assert exit_of("improve").startswith("improve: data/predictions: plain tags; expected entities")


def test_changed_inputs_are_one_message(predicted):
    shutil.rmtree("data/raw")  # of which nothing is read
    edit(Path("data/tokenized/labels.json"), "B-LOC", "B-GPE")
    assert exit_of("improve").startswith(
        "improve: data/tokenized/labels.json: changed since the stage tokenize-align wrote"
    )
    scores = Path("reports/evaluate.json")
    write_hashes(FOLDER, others={scores: scores})
    scores.write_text("{}")
    assert exit_of("scores").startswith("scores: reports/evaluate.json: changed since")
