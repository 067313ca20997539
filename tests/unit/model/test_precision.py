"""Precision: the formats that a host supports, and the message for others."""

import pytest
import torch
from helpers.architectures import new_model
from helpers.messages import message_of

from tagline.model.precision import autocast, available, cast_linear_layers, resolve, usable

CPU = torch.device("cpu")


# What PyTorch reports of processors, without features that the rule does not read.
AVX512 = {"avx2", "avx512_f", "avx512_vnni", "avx512_bf16"}
PROCESSORS = {
    "Intel Cascade Lake, Ice Lake": ({"avx2", "avx512_f", "avx512_vnni"}, "fp32"),
    "Intel Cooper Lake": (AVX512, "bf16"),
    "Intel Sapphire Rapids, Emerald Rapids": (AVX512 | {"avx512_fp16", "amx_bf16"}, "bf16"),
    "the same, AMX hidden by a hypervisor": (AVX512 | {"avx512_fp16"}, "fp32"),
    "AMD Zen 4": (AVX512 | {"sse4a"}, "bf16"),
    "AMD with avx512_fp16": (AVX512 | {"sse4a", "avx512_fp16"}, "bf16"),
    "ARM Neoverse N1 (Graviton 2, Altra)": ({"neon", "fp16_arith", "dot"}, "fp32"),
    "ARM Neoverse V1 (Graviton 3)": ({"neon", "bf16", "i8mm", "sve", "sve_bf16"}, "bf16"),
    "AmpereOne": ({"neon", "bf16", "i8mm"}, "fp32"),
}


@pytest.mark.parametrize(("features", "expected"), PROCESSORS.values(), ids=PROCESSORS)
def test_auto_precision_follows_the_processor(monkeypatch, features, expected):
    capabilities = {"architecture": "x86_64", "l2_cache_size": 1, "avx512_bf16": False} | dict.fromkeys(features, True)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert resolve("auto", CPU, "train.precision") == expected
    assert ("bf16" in available(CPU)) == bool(features & {"avx512_bf16", "bf16"})


@pytest.mark.parametrize(("supported", "expected"), [(True, "bf16"), (False, "fp32")])
def test_features_are_known_in_earlier_versions_of_pytorch(monkeypatch, supported, expected):
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported)
    assert resolve("auto", CPU, "train.precision") == expected


def test_unsupported_precision_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    message = "train.precision: bf16 is not supported on this host's cpu; expected fp32 or auto"
    assert message_of(resolve, "bf16", CPU, "train.precision") == message


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_converted_weights_give_the_same_results(precision):
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


@pytest.mark.parametrize(("architecture", "expected"), [("bert", "bf16"), ("deberta", "fp32")])
def test_model_that_fails_in_a_precision_computes_in_fp32(architecture, expected, capsys):
    model = new_model(architecture)
    assert usable(model, "bf16") == expected
    line = "DebertaForTokenClassification: computes in fp32, since it fails in bf16 (value cannot be converted"
    assert capsys.readouterr().err.startswith(line) == (expected == "fp32")
    assert usable(model, "fp32") == "fp32"
