"""Several processes as a user sees them: how they are launched; an error in one ends all with one message."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from accelerate.utils import DynamoBackend, TorchDynamoPlugin
from helpers.launching import finish, start

from tagline.core.errors import UserError
from tagline.training import processes
from tagline.training.processes import join, override_configuration

PROGRAM = """
from tagline.core.signals import default_sigint
default_sigint()
import os, time
from tagline.core.errors import UserError
from tagline.training.own_launcher import relaunch_on_all_devices
from tagline.training.processes import exit_as_one, join, leave

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
# os.write: two processes share the pipe, and lines must not mix.
PRINT_IDS = "os.write(1, f'{os.getpid()} {os.getppid()}\\n'.encode()); time.sleep(60)"


def script(folder: Path, body: str) -> Path:
    path = folder / "work.py"
    path.write_text(PROGRAM.format(body=body))
    return path


def test_params_override_the_configuration_of_accelerate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_DYNAMO_BACKEND", "INDUCTOR")
    override_configuration()
    assert TorchDynamoPlugin().backend == DynamoBackend.NO


@pytest.mark.rare
@pytest.mark.process
def test_configuration_of_accelerate_decides_on_processes(tmp_path: Path) -> None:
    (tmp_path / "accelerate").mkdir()
    config = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 2\nnum_machines: 1\n"
    (tmp_path / "accelerate/default_config.yaml").write_text(config + "use_cpu: false\nmixed_precision: bf16\n")
    run = start(script(tmp_path, "pass"), processes=None, HF_HOME=str(tmp_path))
    assert finish(run) == (0, "done by 2 on cpu\n", "")


@pytest.mark.process
def test_processes_agree_and_a_failing_one_ends_all_with_one_message(tmp_path: Path) -> None:
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
    assert finish(start(script(tmp_path, body))) == (1, "", "work: no wine\n")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["own0", "own1", "seen", "work.py"]


@pytest.mark.rare
@pytest.mark.process
def test_killed_process_ends_all_with_one_message(tmp_path: Path) -> None:
    message = "work: process 1 was killed by SIGKILL; the host may be out of memory\n"
    assert finish(start(script(tmp_path, "if not first: os.kill(os.getpid(), 9)"))) == (1, "", message)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.rare
@pytest.mark.process
def test_signal_to_the_launcher_ends_all_processes(tmp_path: Path, number: signal.Signals) -> None:
    run = start(script(tmp_path, PRINT_IDS))
    workers = []
    for _ in range(2):
        worker, parent = map(int, run.stdout.readline().split())
        assert parent == run.pid
        workers.append(worker)
    os.kill(run.pid, number)
    status, _, err = finish(run)  # it returns once all of them have closed their pipes
    for worker in workers:  # has ended, or is a zombie
        stat = Path(f"/proc/{worker}/stat")
        assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"
    assert status == (-number if number == signal.SIGKILL else 128 + number)
    assert err == ("" if number == signal.SIGKILL else "work: interrupted\n")


@pytest.mark.parametrize("mode", ["FSDP", "DEEPSPEED", "MEGATRON_LM"])
def test_sharded_weights_are_refused(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv(f"ACCELERATE_USE_{mode}", "true")
    message = f"^environment variable ACCELERATE_USE_{mode}: {mode} shards weights among processes; expected whole"
    with pytest.raises(UserError, match=message):
        join()


def test_number_of_processes_without_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Kubernetes job sets WORLD_SIZE, for example."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(processes, "PartialState", Mock(side_effect=ValueError("MASTER_ADDR expected")))
    message = r"^environment variables: 2 processes can't connect \(MASTER_ADDR expected\); expected WORLD_SIZE, RANK, "
    with pytest.raises(UserError, match=message):
        join()
