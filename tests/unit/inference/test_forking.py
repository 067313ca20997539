"""A tagger in a forked process: it opens its files again, or says what to do; it never waits for threads of before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.handmade_export import save_export
from helpers.project import ROOT

from tagline.core.provenance import write_hashes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

START = """
import json, multiprocessing, os, signal, sys, threading, warnings
from tagline.inference import Tagger
signal.alarm(100)
warnings.simplefilter("ignore")  # Python 3.12 warns of every fork of a process with threads
TEXTS = ["Ada Lind lives in Oslo."] * 2000

def fork(use):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(50)
        status = 1
        try:
            status = use()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""

USED = """
with Tagger("export") as tagger:
    expected = tagger(TEXTS)
    def use():
        os.chdir("/")
        twice = [tagger(TEXTS), tagger(TEXTS)]
        tagger.close()
        return int(twice != [expected] * 2)
    codes = [fork(use), fork(lambda: fork(use)), fork(lambda: tagger.close() or 0), fork(use)]
    print(json.dumps([codes, tagger(TEXTS) == expected]))
"""

POOL = """
tagger = Tagger("export")
expected = tagger(TEXTS)
def label(texts):  # a tagger itself can't be pickled
    return tagger(texts)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(json.dumps([len(expected), pool.map(label, [TEXTS] * 4) == [expected] * 4]))
"""

# With PyTorch loaded, Python takes its modules apart before it would close the tagger.
NEVER_CLOSED = """
import torch
tagger = Tagger("export")
print(len(tagger(TEXTS)))
"""

# Forks while another thread labels: its locks stay locked in the child.
BUSY = """
tagger = Tagger("export")
expected = tagger(TEXTS)
done = threading.Event()
def label():
    while not done.is_set():
        tagger(TEXTS)
thread = threading.Thread(target=label)
thread.start()
codes = [fork(lambda: int(tagger(TEXTS) != expected)) for _ in range(5)]
done.set()
thread.join()
print(json.dumps(codes))
"""

CHANGED = """
tagger = Tagger("export")
with open("export/model.onnx", "ab") as file:
    file.write(b"?")
def use():
    try:
        tagger(TEXTS)
    except Exception as error:
        print(error)
        sys.stdout.flush()
    return 0
fork(use)
"""

TORCH = """
tagger = Tagger("export")
tagger.backend = "torch"
def use():
    for _ in range(2):
        try:
            tagger("Ada")
        except Exception as error:
            print(type(error).__name__, error)
    sys.stdout.flush()
    return 0
fork(use)
"""


def run(program: str, folder: Path) -> str:
    export = save_export(folder / "export")
    write_hashes(export)
    done = subprocess.run(
        [sys.executable, "-c", START + program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "stages")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_a_tagger_labels_after_forks_whether_it_was_used_before_or_closed_elsewhere(tmp_path: Path) -> None:
    assert json.loads(run(USED, tmp_path)) == [[0, 0, 0, 0], True]


def test_a_pool_of_forked_processes(tmp_path: Path) -> None:
    assert json.loads(run(POOL, tmp_path)) == [2000, True]


def test_a_fork_while_another_thread_labels(tmp_path: Path) -> None:
    assert json.loads(run(BUSY, tmp_path)) == [0] * 5


def test_a_model_that_has_changed_since_is_not_opened(tmp_path: Path) -> None:
    message = run(CHANGED, tmp_path)
    assert message.startswith(f"{tmp_path}/export/model.onnx: changed since the stage export wrote it")


def test_pytorch_says_what_to_do(tmp_path: Path) -> None:
    lines = run(TORCH, tmp_path).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(f"UserError {tmp_path}/export: this Tagger was opened before a fork, which PyTorch's")
        assert line.endswith(
            "(gunicorn: without --preload; multiprocessing: in the initializer), or choose an onnx backend"
        )


def test_a_program_that_ends_without_closing_its_tagger(tmp_path: Path) -> None:
    assert run(NEVER_CLOSED, tmp_path) == "2000\n"
