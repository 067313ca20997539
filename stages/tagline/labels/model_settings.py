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
PerType = Mapping[str, float]
"""A number of some types, or of some plain tags."""
Biases = PerType
"""What decoding adds to the scores of all labels of a type, or of a plain tag; 0 for those that are not listed."""
HEAD_FILE = "head.safetensors"
"""The weights of a classifier head, beside those of the model."""
NONE: PerType = MappingProxyType({})
NO_BIASES: Biases = NONE


def parse_per_type(content: Mapping[str, Any], name: str, labels: Labels) -> dict[str, float]:
    """Read the entry ``biases`` or ``accept``, which is missing if there are none, in the block of `reading`.

    Raises:
        ValueError: it is malformed, or not of the types of the labels.
    """
    values = content.get(name, {})
    if not isinstance(values, dict) or not all(type(each) is float and math.isfinite(each) for each in values.values()):
        raise ValueError(f"{name} is {values!r}")
    if unknown := sorted(values.keys() - labels.types):
        raise ValueError(f"{name} of {', '.join(unknown)}, which the labels do not have")
    return values
