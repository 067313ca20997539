"""Batches of rows of similar length, limited by their number of sub-words, padding included."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from tagline.labels import AnyInts, Ints

AnyLengths = TypeVar("AnyLengths", int, Ints)

# Sub-words per forward pass of a model that only predicts: on a CPU, as many as fit the caches of the core that
# computes the batch, or of all cores if they compute it together. On any other device, so many that computing them
# takes longer than starting the operations, which is several milliseconds for BERT base.
ONE_CORE = 256
ALL_CORES = 1024
DEVICE = 16_384


def default_size(device: str, on_cpu: int = ONE_CORE) -> int:
    """The maximum number of sub-words per forward pass, padding included."""
    if device == "cpu":
        return on_cpu
    return DEVICE


def longest_first(lengths: Ints, subwords_per_batch: int) -> list[Ints]:
    """Put rows into batches, the longest first, so that a lack of memory shows at once.

    Args:
        lengths: int64 (rows,), number of sub-words.
        subwords_per_batch: maximum, padding included; a longer row is a batch of its own.

    Returns:
        The indices of each batch's rows; rows of equal length keep their order, rows of length 0 are left out.
    """
    order = np.argsort(-lengths, kind="stable")
    borders = batch_borders(lengths[order[: np.count_nonzero(lengths)]], subwords_per_batch, most_padding=1)
    return [order[start:end] for start, end in pairwise(borders)]


def batch_borders(descending: Ints, subwords_per_batch: int, most_padding: float) -> list[int]:
    """Find where batches start, and the end, for positive lengths in descending order.

    ``most_padding`` is the largest share of padding in a batch, from 0 to 1.
    """
    borders = [0]
    while borders[-1] < len(descending):
        start = borders[-1]
        longest = int(descending[start])
        lengths = descending[start : start + max(1, subwords_per_batch // longest)]
        # Rows get shorter, so the share of padding only grows: lengths 9 9 6 3 have 0, 0, 1/9 and 1/4.
        full = np.cumsum(lengths) >= (1 - most_padding) * longest * np.arange(1, len(lengths) + 1)
        borders.append(start + int(np.count_nonzero(full)))
    return borders


def rounded_up(lengths: AnyLengths, multiple: int) -> AnyLengths:
    return -(-lengths // multiple) * multiple


def pad(rows: Sequence[AnyInts], padding: int, multiple: int = 1, count: int = 0) -> tuple[Ints, Ints]:
    """Pad rows on the right to the longest, or to the next multiple of a number.

    Args:
        rows: the sub-word ids, or labels, of each row; at least one row, unless ``count`` is positive.
        count: minimum number of rows. Additional ones are padding, their first value unmasked, since attention over no
            position is NaN.

    Returns:
        Two int64 arrays (rows, longest): the padded rows; their mask, 1 for values and 0 for padding.
    """
    rows = [*rows]
    while len(rows) < count:
        rows.append(np.array([padding]))
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    mask = np.arange(rounded_up(lengths, multiple).max()) < lengths[:, None]
    padded = np.full(mask.shape, padding, dtype=np.int64)
    padded[mask] = np.concatenate(rows)
    return padded, mask.astype(np.int64)
