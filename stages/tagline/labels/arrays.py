"""Names of array types, and the indices of ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
AnyInts = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
AnyFloats = npt.NDArray[np.floating[Any]]


def ranges(starts: AnyInts, sizes: AnyInts) -> Ints:
    """The numbers in some ranges, one range after the other, int64: starts 2, 5 and sizes 3, 2 give 2 3 4 5 6."""
    numbers: Ints = np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    return numbers
