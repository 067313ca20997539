"""Settings of PyTorch: freed memory, determinism, a device out of memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest
import torch
from helpers.project import ROOT

from tagline.core.errors import UserError
from tagline.training import torch_settings

PROGRAM = """
import resource, torch
from tagline.training.torch_settings import enable_cpu_fast_paths

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

enable_cpu_fast_paths()
torch.ones(2**24)  # 64 MiB, freed at once
before = faults()
torch.ones(2**24)
print(faults() - before)
"""


@pytest.mark.rare
@pytest.mark.process
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such setting")
def test_freed_memory_is_used_again() -> None:
    # Without huge pages, of which 64 MiB are too few to count.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages"), "THP_MEM_ALLOC_ENABLE": "0"}

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )

    pages = 2**26 // os.sysconf("SC_PAGE_SIZE")
    assert int(done.stdout) < pages // 10


def test_flash_attention_is_deterministic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLASH_ATTENTION_DETERMINISTIC", raising=False)
    monkeypatch.setattr(torch_settings, "set_seed", lambda seed, deterministic: None)
    torch_settings.be_deterministic(1)
    assert os.environ["FLASH_ATTENTION_DETERMINISTIC"] == "1"


@pytest.mark.parametrize(("subwords", "shown"), [(None, "null"), (4096, "4096")])
def test_device_out_of_memory_names_the_param(subwords: int | None, shown: str) -> None:
    with (
        pytest.raises(UserError, match=f"out of memory with train.subwords_per_device: {shown}; set it"),
        torch_settings.memory_errors(subwords),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
