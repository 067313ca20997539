"""The runner: done stages are skipped, an interrupted run continues, a stage ends with its command."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.messages import message_of
from helpers.project import ROOT, json_of
from helpers.tiny import raw_rows

from tagline.artifacts import raw_data
from tagline.core import verify, write_hashes
from tagline.crossval import runner
from tagline.labels import Labels
from tagline.model import classifier

# Of each script: it writes what the stage writes, and one line of the log.
STAGE = """
import pathlib, sys
sys.path.insert(0, {stages!r})
from tagline.core import write_hashes
name = pathlib.Path(__file__).stem
with open({log!r}, "a") as log:
    log.write(f"{{name}} {{pathlib.Path.cwd().stem}}\\n")
if pathlib.Path({log!r}).with_name(f"{{name}}.fails").exists():
    sys.exit(f"{{name}}: no space")
for out, file in {outs!r}[name]:
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    pathlib.Path(out, file).write_text(name)
    write_hashes(pathlib.Path(out))
pathlib.Path("metrics").mkdir(exist_ok=True)
pathlib.Path("metrics/evaluate.json").write_text("{{}}")
"""
OUTS = {
    "tokenize_align": [("data/tokenized", "a"), ("data/tokenized_tests", "a")],
    "train": [("models/finetuned", "a")],
    "evaluate": [("data/predictions", "test.parquet")],
}


@pytest.fixture
def log(finished, monkeypatch):
    """A workspace with scripts that write little; their log."""
    folder, log = finished / "scripts", finished / "log"
    folder.mkdir()
    for stage in OUTS:
        (folder / f"{stage}.py").write_text(STAGE.format(stages=str(ROOT / "stages"), log=str(log), outs=OUTS))
    monkeypatch.setattr(runner, "CODE", folder)
    return log


def run(*names):
    with runner.runner("parts", 1) as parts:
        raw = raw_data.load(Path("data/raw"))
        for name in names:
            splits = {split: iter(raw_rows(split)[:2]) for split in ("train", "validation", "test")}
            done = parts.run(name, raw, splits, seed=3)
            assert (done / runner.PREDICTIONS).read_text() == "evaluate"


def test_interrupted_run_continues(log):
    fails = log.with_name("evaluate.fails")
    fails.touch()
    message = "one: the stage evaluate ended with status 1; its message is above; mend that, and the same command cont"
    assert message_of(run, "one", "two").startswith(message)
    (folder,) = Path(".work/parts").glob("*/one.run")
    train = json_of(folder / "params.yaml")["train"]
    assert (train["seed"], train["hub"]["push"]) == (3, False)
    assert raw_data.load(folder / "data/raw").sentences == {"train": 2, "validation": 2, "test": 2}
    (folder / "models/finetuned/a").write_text("damaged")
    fails.unlink()
    log.unlink()
    run("one", "two")
    assert log.read_text().splitlines() == ["train one", "evaluate one", *(f"{stage} two" for stage in OUTS)]
    assert not list(Path(".work").glob("*/*"))


def test_encoder_that_is_published_as_a_tagger_loses_its_classifier(finished, tmp_path):
    """With it, a fold would begin with labels of its held-out sentences."""
    encoder = Path("models/pretrained/encoder")
    for name in ("config.json", "model.safetensors"):
        shutil.copy(Path("models/finetuned", name), encoder)
    for folder in (encoder, encoder.parent):
        write_hashes(folder)
    labels = Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")
    for new_head, expected in ((False, labels.names), (True, None)):
        folder = tmp_path / f"fold-{new_head}"
        parts = {split: iter(raw_rows(split)) for split in ("train", "validation")}
        runner._write_inputs(folder, raw_data.load(Path("data/raw")), parts, new_head)
        assert classifier.published_labels(folder / encoder, labels) == expected
        verify(folder / encoder, "download")
        verify(folder / encoder.parent, "download")


def test_killed_command_leaves_no_stage(log):
    """Each stage ends with the process that started it."""
    stage = """
import sys
sys.path.insert(0, {stages!r})
from tagline.terminal.process import prepare_process
from tagline.terminal.signals import raise_on_signals
prepare_process()
import os, pathlib, signal, time
with raise_on_signals():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(2)
    pathlib.Path({survivor!r}).touch()
"""
    survivor = log.with_name("survivor")
    text = stage.format(stages=str(ROOT / "stages"), survivor=str(survivor))
    (runner.CODE / "tokenize_align.py").write_text(text)
    program = (
        "from pathlib import Path; from tagline.crossval import runner; from tagline.artifacts import raw_data\n"
        f"runner.CODE = Path({str(runner.CODE)!r}); raw = raw_data.load(Path('data/raw'))\n"
        "rows = lambda split: (row for batch in raw.batches(split) for row in batch.to_pylist())\n"
        "with runner.runner('parts', 1) as parts: parts.run('one', raw, {s: rows(s) for s in raw.sentences})"
    )
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(ROOT / "stages")})
    assert done.returncode == -signal.SIGKILL
    time.sleep(3)
    assert not survivor.exists()


def test_command_without_the_scripts_of_stages_is_one_message(finished, monkeypatch):
    monkeypatch.setattr(runner, "CODE", Path("site-packages"))
    message = "site-packages has no scripts of stages; expected the command of a clone; run `ma"
    assert message_of(run, "one").startswith(message)
