"""`tagline scores`: what explains low scores is noted, and what cannot be read is an error."""

import shutil
from pathlib import Path

from helpers.project import edit, exit_of, json_of, run_verb

from tagline.core import write_hashes, write_json


def scores(capsys):
    capsys.readouterr()
    run_verb("scores")
    return " ".join(capsys.readouterr().out.split())


def test_encoder_that_lacks_letters_and_training_that_was_cut_are_noted(finished, capsys):
    lost = "encoder: 64.7% of the letters of train (\u0430 \u0431) have no sub-words in its tokenizer"
    assert "encoder:" not in scores(capsys) and "max_steps" not in scores(capsys)
    notes = {"pretrained": {"notes": [lost]}, "finetuned": {"steps": 40, "planned_steps": 1306}}
    for name, note in notes.items():
        folder = Path("models", name)
        write_json(folder / "provenance.json", {**json_of(folder / "provenance.json"), **note})
        write_hashes(folder)
    said = scores(capsys)
    assert lost in said and "training ended at step 40 of 1,306 by train.max_steps" in said
    shutil.rmtree("models")
    assert lost not in scores(capsys), "a clone may have pulled the reports alone"


def test_conflict_in_params_is_an_error(finished):
    edit(Path("params.yaml"), "\ntrain:", "\n<<<<<<< HEAD\ntrain:")
    message = exit_of("scores")
    assert message.startswith("scores: params.yaml:") and ": a merge conflict; expected one side" in message
