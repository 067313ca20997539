"""train.py with an earlier model: to continue from, as teacher, or as a smaller one."""

import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from helpers.kill_points import killed
from helpers.project import error_of, run_stage, snapshot
from helpers.tiny import TAUGHT, set_train_params, training_results

from tagline.core.provenance import write_hashes

# The kept model, hardly changed.
CONTINUED = {"folder": "data/kept", "start_from": "old", "learning_rate": 1e-12, "max_steps": 1}


def keep():
    """Keep the trained model for a later training."""
    shutil.copytree("models/finetuned", "data/kept/old")


def train(**changed):
    """Run the stage with some values changed, and return the weights."""
    set_train_params(**changed)
    run_stage("train")
    return training_results()[2]


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_training_continues_from_encoder_and_head_of_an_earlier_model(finished, head):
    before = train(head=head, epochs=2)
    keep()
    after = train(**CONTINUED, head=head, head_learning_rate=1e-12)
    assert before.keys() == after.keys()
    assert ("transitions" in after) == (head == "crf")
    for name, tensor in before.items():
        np.testing.assert_allclose(after[name], tensor, rtol=0, atol=1e-10)


def test_encoder_that_is_published_as_a_tagger_keeps_its_classifier(finished, capsys):
    before = train(epochs=2)
    encoder = Path("models/pretrained/encoder")
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(Path("models/finetuned", name), encoder / name)
    write_hashes(encoder)
    after = train(learning_rate=1e-12, max_steps=1)
    for name, tensor in before.items():
        np.testing.assert_allclose(after[name], tensor, rtol=0, atol=1e-10)
    kept = "5 labels (O, B-LOC, I-LOC, B-PER, I-PER) of 5"
    assert f"models/pretrained/encoder: its classifier has {kept}, which are kept\n" in capsys.readouterr().out


def test_killed_student_continues_to_the_same_bytes(finished, capsys):
    keep()
    set_train_params(epochs=2, checkpoint_every=2, **TAUGHT)
    outs = [Path(name) for name in ("models/finetuned", "reports", "plots")]
    run_stage("train")
    undisturbed = snapshot(*outs)
    shutil.rmtree("models/finetuned")
    for point in (".teacher.partial", ".step-000000008.partial"):
        assert killed(lambda: run_stage("train"), point, signal.SIGKILL) == -signal.SIGKILL
    (targets,) = Path(".work/train").glob("*/teacher/targets")
    written = targets.stat().st_mtime_ns
    assert killed(lambda: run_stage("train"), ".step-000000012.partial", signal.SIGKILL) == -signal.SIGKILL
    assert targets.stat().st_mtime_ns == written, "computed once"
    content = targets.read_bytes()
    targets.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    run_stage("train")
    assert "/teacher is damaged (targets changed since it was written); computing it again\n" in capsys.readouterr().out
    assert snapshot(*outs) == undisturbed


def lose_head(model):
    (model / "head.safetensors").touch()
    write_hashes(model)
    (model / "head.safetensors").unlink()


def change_tokenizer(model):
    (model / "tokenizer.json").write_text("{}")
    write_hashes(model)


UNUSABLE = [
    (shutil.rmtree, ": no such folder; expected a trained model; see train.start_from and train.teac"),
    (lambda model: (model / "config.json").unlink(), "/config.json is missing; expected all files of a trained mo"),
    (lose_head, "/head.safetensors is missing; expected all files of a trained model; copy the folder again"),
    (lambda model: (model / "config.json").write_text("{}"), "/config.json: changed since it was written (data/k"),
    (change_tokenizer, "/tokenizer.json differs from that of models/pretrained/tokenizer; "),
]


@pytest.mark.parametrize(("change", "message"), UNUSABLE)
def test_folder_that_is_no_model_for_these_subwords_is_refused(finished, change, message):
    keep()
    set_train_params(**CONTINUED)
    change(Path("data/kept/old"))
    assert error_of("train").startswith(f"train: data/kept/old{message}")
