"""Settings of PyTorch: determinism, a device out of memory."""

from __future__ import annotations

import os

import pytest
import torch

from tagline.core.errors import UserError
from tagline.training import torch_settings


def test_flash_attention_is_deterministic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLASH_ATTENTION_DETERMINISTIC", raising=False)
    monkeypatch.setattr(torch_settings, "set_seed", lambda seed, deterministic: None)
    torch_settings.be_deterministic(1)
    assert os.environ["FLASH_ATTENTION_DETERMINISTIC"] == "1"


def test_device_out_of_memory_names_the_param() -> None:
    for subwords, shown in ((None, "null"), (4096, "4096")):
        message = f"out of memory with train.subwords_per_device: {shown}; set it"
        with pytest.raises(UserError, match=message), torch_settings.memory_errors(subwords):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
