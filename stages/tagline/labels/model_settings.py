"""Settings of a model that travel with it: how it computes and how its labels are chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from tagline.labels.label_list import Labels
from tagline.labels.windows import Bools, Doubles, Floats

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
# Entries of values per type, which are missing where they are empty.
PER_TYPE = ("biases", "accept")
NONE: PerType = MappingProxyType({})
NO_BIASES: Biases = NONE
Curve = Sequence[Sequence[float]]
"""Points, each the log-odds of the model and the share that is right; both rise, with straight lines between points."""
# Probabilities that are nearer to 0 or 1 count as this far from them, since float32 hardly has any between.
LEAST_DOUBT = 1e-7


def log_odds(probabilities: Floats) -> Doubles:
    """Compute the log-odds of probabilities, from -16.1 to 16.1."""
    clipped = np.clip(probabilities.astype(np.float64), LEAST_DOUBT, 1 - LEAST_DOUBT)
    return np.log(clipped / (1 - clipped))


class Calibration(NamedTuple):
    """What turns the lowest probability of an entity, or that of a word outside, into how probably it is right.

    Attributes:
        entities: for entities, or for words with plain tags; None: the model's probability stays.
        outside: for words outside entities; None likewise.
    """

    entities: Curve | None = None
    outside: Curve | None = None

    def apply(self, scores: Floats, outside: Bools) -> Floats:
        """Calibrate scores.

        Args:
            scores: float32 (words,), of `NOT_CALIBRATED`; 0, of words without sub-words, stays 0.
            outside: bool (words,), see `is_outside`.
        """
        result = scores.copy()
        for words, curve in ((~outside, self.entities), (outside, self.outside)):
            if curve is not None:
                seen = words & (scores > 0)
                odds, shares = np.array(curve, np.float64).T
                result[seen] = np.interp(log_odds(scores[seen]), odds, shares)
        return result

    def to_json(self) -> dict[str, Curve]:
        """The entry ``calibration``, without curves that are None."""
        return {name: curve for name, curve in self._asdict().items() if curve is not None}


NOT_CALIBRATED = Calibration()
"""The lowest probability of an entity is its score."""


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


def parse_calibration(content: Mapping[str, Any]) -> Calibration | None:
    """Read the entry ``calibration``, which earlier versions did not write, in the block of `reading`.

    Raises:
        ValueError: it is malformed.
    """
    if (found := content.get("calibration")) is None:
        return None
    for curve in found.values():
        odds, shares = np.array(curve, np.float64).T
        is_rising = (np.diff([odds, shares]) >= 0).all() and np.isfinite(odds).all()
        if not is_rising or not 0 <= shares[0] <= shares[-1] <= 1:
            raise ValueError(f"calibration is {found!r}")
    return Calibration(**found)
