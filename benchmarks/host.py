"""The host's limit: rates of matrix products in fp32, bf16 and int8, and what `precision: auto` chooses.

The products are those of an encoder's weights with a batch of sub-words: fp32 and bf16 by PyTorch, onnx (fp32) and
onnx-int8 by onnxruntime. The rate of all cores is that of one product per core or of one product on all cores,
whichever is higher. A warning says if fp32 or bf16 is more than 1.2 times as fast as what `auto` chooses.

    python benchmarks/host.py                      the packaged encoder
    python benchmarks/host.py --encoder FOLDER     another encoder or classifier
    python benchmarks/host.py --sub-words 512      per batch

Ends with one line of JSON; `ratio` is the rate of the chosen format relative to fp32. The other benchmarks use
`measure_host` to report their share of these rates.
"""

import argparse
import json
import math
import platform
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sides import MODEL, PACKAGE, last_line, measure, parse_or_run
from tabulate import tabulate

# Features on which the speed of matrix products depends.
X86 = ("avx2", "avx512_f", "avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8")
ARM = ("bf16", "i8mm", "sve", "sve_bf16", "sme")
# The rates in fp32, by PyTorch and by onnxruntime.
FP32 = ("fp32", "onnx")
# Keys of /proc/cpuinfo, on x86 and on Arm.
KEYS = {
    "model name": "processor",
    "vendor_id": "vendor",
    "cpu family": "family",
    "model": "model",
    "CPU implementer": "vendor",
    "CPU part": "model",
}
# How long products of one size are repeated; the fastest counts.
SECONDS = 0.1
# A ratio of rates above which a warning is given.
CLEARLY_FASTER = 1.2

Sizes = Counter[tuple[int, int]]
# Prepares a product: inputs, outputs, sub-words and threads -> a function to call.
Product = Callable[[int, int, int, int], Callable[[], Any]]
# GFLOP/s by format, on one core and on all.
Rates = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Host:
    """A measured host.

    Attributes:
        about: processor, number of cores and threads, device, and the precision that `auto` chooses for the processor.
        flop: of a forward pass per sub-word, in products with weights; attention between sub-words is not counted.
        rates: of products.
    """

    about: dict[str, Any]
    flop: int
    rates: Rates

    def share(self, sub_words: float, seconds: float, form: str, passes: int = 1) -> float | None:
        """Return the share of the rate of all cores; None if the device is not the CPU.

        Args:
            sub_words: without padding.
            seconds: what they took.
            form: of the products, a key of the rates. In fp32, the faster library counts.
            passes: cost in forward passes; training costs three, one forward and two backward.
        """
        if self.about["device"] != "cpu":
            return None
        rate = max(self.rates[name]["all"] for name in (FP32 if form in FP32 else (form,)))
        return float(f"{passes * self.flop * sub_words / seconds / 1e9 / rate:.3g}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure matrix products on this host.")
    parser.add_argument("--encoder", type=Path, help="folder of an encoder or a classifier (default: packaged)")
    parser.add_argument("--sub-words", type=int, default=256, help="per batch (default: 256)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"per size and format (default: {SECONDS})")
    arguments = parse_or_run(parser, {"about": lambda *_: about(), "rates": run}, plain=("about", "rates"))
    host = measure_host(arguments.encoder, arguments.sub_words, arguments.seconds)
    chosen, cores = host.about["precision"], host.about["cores"]
    rows = [[name, rate["one"], rate["all"]] for name, rate in host.rates.items()]
    print(tabulate(rows, ["GFLOP/s", "1 core", f"{cores} cores"], floatfmt=".0f"))
    print(f"auto: {chosen}")
    warning = contradiction(host.rates, chosen)
    if warning:
        print(f"warning: {warning}")
    ours, plain = (round(host.rates[name]["all"], 1) for name in (chosen, "fp32"))
    more = {"host": host.about, "rates": host.rates, "warning": warning}
    print(json.dumps(last_line("host", "GFLOP/s", ours, plain, **more)))


def contradiction(rates: Rates, chosen: str) -> str | None:
    """Return a warning if fp32 or bf16 is clearly faster than the chosen format, on one core or on all."""
    for other in ("fp32", "bf16"):
        for cores, rate in rates.get(other, {}).items():
            times = rate / rates[chosen][cores]
            if times > CLEARLY_FASTER:
                return (
                    f"{other} is {times:.1f} times as fast as {chosen} (cores: {cores}); set train.precision and "
                    f"evaluate.precision to {other}, and please report this processor"
                )
    return None


def measure_host(encoder: Path | None = None, sub_words: int = 256, seconds: float = SECONDS) -> Host:
    """Measure the host in its own process.

    Args:
        encoder: folder of an encoder or a classifier; None: the packaged one.
        sub_words: per batch.
        seconds: how long each rate is measured.
    """
    options = [f"--sub-words={sub_words}", f"--seconds={seconds}"]
    found = measure(__file__, "rates", str(encoder.resolve()) if encoder else "", *options)
    return Host(found["about"], found["flop"], found["rates"])


def describe_host() -> dict[str, Any]:
    """Return `Host.about` without measuring."""
    return {name: value for name, value in measure(__file__, "about", "").items() if name != "total"}


def about() -> dict[str, Any]:
    import torch
    from accelerate import PartialState

    from tagline.model.backends.onnx_model import cores
    from tagline.model.precision import cpu_features, resolve

    device, found, features = PartialState().device, {}, cpu_features()
    if Path("/proc/cpuinfo").exists():
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
        found = {KEYS[key]: value for key, value in re.findall(rf"^({'|'.join(KEYS)})\s*: (.+)$", text, re.MULTILINE)}
    return {
        "processor": platform.processor(),  # less than /proc/cpuinfo says, where that exists
        **found,
        "features": [name for name in X86 + ARM if name in features],
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else device.type,
        "precision": resolve("auto", torch.device("cpu"), "--precision"),
    }


def run(encoder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure all formats that the processor has instructions for."""
    import numpy as np
    import torch

    from tagline.model.backends.onnx_model import cores
    from tagline.model.precision import available
    from tagline.sources import encoders

    found = about()  # before the number of threads is changed
    sizes = weights(encoder if encoder.name else encoders.find_in_package(PACKAGE, MODEL)[0])
    products = {
        "fp32": torch_product(torch.float32),
        "bf16": torch_product(torch.bfloat16),
        "onnx": onnx_product("MatMul", np.float32, np.float32, np.float32),
        "onnx-int8": onnx_product("MatMulInteger", np.uint8, np.int8, np.int32),
    }
    if "bf16" not in available(torch.device("cpu")):
        del products["bf16"]  # it would be emulated
    rates: Rates = {}
    for name, product in products.items():
        one, each, together = (
            rate(product, sizes, arguments.sub_words, workers, threads, arguments.seconds)
            for workers, threads in ((1, 1), (cores(), 1), (1, cores()))
        )
        rates[name] = {"one": round(one, 1), "all": round(max(each, together), 1)}
    return {"about": found, "flop": 2 * sum(inputs * outputs for inputs, outputs in sizes.elements()), "rates": rates}


def weights(folder: Path) -> Sizes:
    """Count the matrices that sub-words are multiplied by, by their size (inputs, outputs)."""
    import torch
    from transformers import AutoConfig, AutoModelForTokenClassification

    with torch.device("meta"):  # without memory for the weights
        model = AutoModelForTokenClassification.from_config(AutoConfig.from_pretrained(folder))
    layers = [module for module in model.base_model.modules() if isinstance(module, torch.nn.Linear)]
    return Counter((layer.in_features, layer.out_features) for layer in layers)


def rate(product: Product, sizes: Sizes, sub_words: int, workers: int, threads: int, seconds: float) -> float:
    """Measure the GFLOP/s of a number of workers with a number of threads each."""
    taken = flop = 0.0
    for (inputs, outputs), count in sizes.items():
        call = product(inputs, outputs, sub_words, threads)
        with ThreadPoolExecutor(workers) as pool:
            fastest = [pool.submit(fastest_call, call, threads, seconds) for _ in range(workers)]
            taken += count / sum(1 / one.result() for one in fastest)
        flop += count * 2 * inputs * outputs * sub_words
    return flop / taken / 1e9


def fastest_call(call: Callable[[], Any], threads: int, seconds: float) -> float:
    """Return the seconds of the fastest call. Calls take milliseconds, so that some are undisturbed on a busy host."""
    import torch

    torch.set_num_threads(threads)
    call()
    shortest, now = math.inf, time.perf_counter()
    end = now + seconds
    while now < end:
        start = time.perf_counter()
        call()
        now = time.perf_counter()
        shortest = min(shortest, now - start)
    return shortest


def torch_product(dtype: Any) -> Product:
    """Return a function that prepares products by PyTorch."""
    import torch

    def prepare(inputs: int, outputs: int, sub_words: int, _: int) -> Callable[[], Any]:
        states, matrix = torch.randn(sub_words, inputs).to(dtype), torch.randn(outputs, inputs).to(dtype)
        return torch.inference_mode()(lambda: torch.nn.functional.linear(states, matrix))

    return prepare


def onnx_product(operator: str, left: Any, right: Any, result: Any) -> Product:
    """Return a function that prepares products by onnxruntime, as in the exported graphs.

    Args:
        operator: MatMul, or MatMulInteger.
        left: data type of the states, of numpy.
        right: of the matrix.
        result: of the product.
    """
    import numpy as np
    import onnxruntime
    from onnx import numpy_helper
    from onnx.helper import (
        make_graph,
        make_model,
        make_node,
        make_opsetid,
        make_tensor_value_info,
        np_dtype_to_tensor_dtype,
    )

    def prepare(inputs: int, outputs: int, sub_words: int, threads: int) -> Callable[[], Any]:
        generator = np.random.default_rng(0)
        states = generator.integers(0, 255, (sub_words, inputs)).astype(left)
        matrix = generator.integers(-63, 63, (inputs, outputs)).astype(right)
        given, wanted = (np_dtype_to_tensor_dtype(np.dtype(dtype)) for dtype in (left, result))
        graph = make_graph(
            [make_node(operator, ["states", "matrix"], ["product"])],
            "product",
            [make_tensor_value_info("states", given, states.shape)],
            [make_tensor_value_info("product", wanted, [sub_words, outputs])],
            [numpy_helper.from_array(matrix, "matrix")],
        )
        model = make_model(graph, opset_imports=[make_opsetid("", 20)], ir_version=10)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        feeds = {"states": onnxruntime.OrtValue.ortvalue_from_numpy(states)}  # neither copied from numpy nor to it
        return lambda: session.run_with_ort_values(["product"], feeds)

    return prepare


if __name__ == "__main__":
    main()
