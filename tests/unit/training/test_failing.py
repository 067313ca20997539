"""Several processes as a user sees them: how they are launched; an error in one ends all with one message."""

import pytest
from helpers.launching import configured, finish, start
from torch.distributed import DistStoreError

from tagline.terminal.errors import UserError
from tagline.training import failing
from tagline.training.failing import exit_like

PROGRAM = """
from tagline.terminal.signals import default_sigint
default_sigint()
import os, time
from tagline.terminal.errors import UserError
from tagline.training.failing import exit_as_one
from tagline.training.processes import join, leave, relaunch_on_all_devices

def work():
    relaunch_on_all_devices()
    state = join()
    state.wait_for_everyone()  # PyTorch logs a process that ends while another connects to it
    first = state.is_main_process
    {body}
    state.wait_for_everyone()
    if first:
        print("done by", state.num_processes, "on", state.device.type, flush=True)
    leave()

exit_as_one(work)
"""


def launched(folder, body):
    """Start two processes as `dvc repro` does where several devices, or `accelerate config`, ask for them."""
    path = folder / "work.py"
    path.write_text(PROGRAM.format(body=body))
    return start(path, **configured(folder))


@pytest.mark.process
def test_processes_agree_and_a_failing_one_ends_all_with_one_message(tmp_path):
    for name in ("seen", "own0", "own1"):
        (tmp_path / name).mkdir()
    body = """
    from pathlib import Path
    from tagline.training.processes import agree
    from tagline.training.work import seen_by_all
    rank, folder = state.process_index, Path(__file__).parent
    assert agree("a" * 1000) and not agree(f"process {rank}")
    assert seen_by_all(folder / "seen") and not seen_by_all(folder / f"own{rank}")
    if not first: raise UserError("no wine")
    """
    assert finish(launched(tmp_path, body)) == (1, "", "work: no wine\n")
    files = sorted(path.name for path in tmp_path.rglob("*"))
    assert files == ["accelerate", "default_config.yaml", "own0", "own1", "seen", "work.py"]


@pytest.mark.process
def test_error_of_all_processes_is_one_message(tmp_path):
    assert finish(launched(tmp_path, 'raise UserError("no wine")')) == (1, "", "work: no wine\n")


@pytest.mark.rare
@pytest.mark.process
def test_killed_process_ends_all_with_one_message(tmp_path):
    message = "work: a process of this run was killed by SIGKILL; the host may be out of memory\n"
    assert finish(launched(tmp_path, "if not first: os.kill(os.getpid(), 9)")) == (1, "", message)


def test_hosts_that_do_not_meet_end_with_one_message(monkeypatch):
    def fail():
        raise DistStoreError("timed out after 600000ms.\nframe #0: ...")

    monkeypatch.setenv(failing.BY_OURS, "")  # so that it is restored
    monkeypatch.setattr(failing.logging, "disable", lambda: None)
    message = r"^the hosts of this run can't connect \(timed out after 600000ms\); expected each host"
    with pytest.raises(UserError, match=message):
        exit_like(fail)
