"""Settings of a model that travel with it: how it computes and how its labels are chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from tagline.labels.label_list import Labels

Decoding = Literal["greedy", "constrained"]
"""greedy: the most likely label of each word, or sequence if the head scores sequences. constrained: the most likely
sequence that IOB2 allows."""
Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""Number format in which a model computes; see `tagline.model.precision`."""
Biases = Mapping[str, float]
"""What decoding adds to the scores of all labels of a type, or of a plain tag; 0 for those that are not listed."""
HEAD_FILE = "head.safetensors"
"""The weights of a classifier head, beside those of the model."""
NO_BIASES: Biases = MappingProxyType({})


def parse_biases(content: Mapping[str, Any], labels: Labels) -> dict[str, float]:
    """Read the entry ``biases``, which is missing if there are none, in the block of `reading`.

    Raises:
        ValueError: it is malformed, or not of the types of the labels.
    """
    biases = content.get("biases", {})
    if not isinstance(biases, dict) or not all(type(bias) is float and math.isfinite(bias) for bias in biases.values()):
        raise ValueError(f"biases is {biases!r}")
    if unknown := sorted(biases.keys() - labels.types):
        raise ValueError(f"biases of {', '.join(unknown)}, which the labels do not have")
    return biases
