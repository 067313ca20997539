"""Precision: the formats that a host supports, and the message for others."""

from __future__ import annotations

import pytest
import torch

from tagline.core.errors import UserError
from tagline.model.precision import Resolved, autocast, available, cast_linear_layers, resolve

CPU = torch.device("cpu")


def test_auto_is_bf16_if_the_host_supports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for supported, expected in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda supported=supported: supported)
        assert resolve("auto", CPU, "train.precision") == expected


def test_an_unsupported_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    with pytest.raises(UserError) as caught:
        resolve("bf16", CPU, "train.precision")
    assert str(caught.value) == "train.precision: bf16 is not supported on this host's cpu; expected fp32 or auto"


def test_weights_stay_fp32() -> None:
    layer = torch.nn.Linear(2, 2)
    with autocast(CPU, "bf16"):
        assert layer(torch.ones(1, 2)).dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    with autocast(CPU, "fp32"):
        assert layer(torch.ones(1, 2)).dtype == torch.float32


def test_fp32_is_always_supported() -> None:
    for name in ("cpu", "cuda", "xla", "mps"):
        if name != "cuda" or torch.cuda.is_available():
            assert "fp32" in available(torch.device(name))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_converted_weights_give_the_same_results(precision: Resolved) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.LayerNorm(16), torch.nn.GELU(), torch.nn.Linear(16, 3))
    rows = torch.randn(5, 8)
    with torch.inference_mode(), autocast(CPU, precision):
        before = model(rows)
        cast_linear_layers(model, precision)
        after = model(rows)
    assert torch.equal(before, after)
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    assert (model[0].weight.dtype, model[1].weight.dtype) == (dtype, torch.float32)
