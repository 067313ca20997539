"""Quantisation: a graph whose matrix products are computed in integers of 8 bits."""

from __future__ import annotations

import logging
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic


def write(source: Path, target: Path) -> None:
    """Write a graph with int8 weights, a scale a column; what they are multiplied by is rounded as it comes."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # it recommends a preparation that is for graphs of fixed shapes
    try:
        quantize_dynamic(
            source, target, weight_type=QuantType.QInt8, per_channel=True, extra_options={"MatMulConstBOnly": True}
        )
    finally:
        logging.disable(before)
