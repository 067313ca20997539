"""Batches: rows of like length together, as many as a budget of sub-words holds, padding included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Lengths = TypeVar("Lengths", int, Ints)


def longest_first(lengths: Ints, subwords_per_batch: int, most_padding: float = 1.0) -> list[Ints]:
    """Put rows into batches, the longest first, so that memory that is too small shows at once.

    Args:
        lengths: int64, the sub-words of each row.
        subwords_per_batch: most sub-words of a batch once its rows are padded to the longest; a row that is longer by
            itself is a batch of its own.
        most_padding: the largest share of it that padding may take; a batch ends before it would be more.

    Returns:
        The places of each batch's rows; equals keep their order, and a row of length 0 is in none.
    """
    order = np.argsort(-lengths, kind="stable")
    order = order[: np.count_nonzero(lengths)]
    batches = []
    while len(order):
        longest = int(lengths[order[0]])
        rows = order[: max(1, subwords_per_batch // longest)]
        # Each further row is no longer than those before it, so that the share of padding only grows.
        full = np.cumsum(lengths[rows]) >= (1 - most_padding) * longest * np.arange(1, len(rows) + 1)
        batches.append(rows[: np.count_nonzero(full)])
        order = order[len(batches[-1]) :]
    return batches


def rounded_up(lengths: Lengths, multiple: int) -> Lengths:
    """A length or several, each raised to the next multiple."""
    return -(-lengths // multiple) * multiple


def pad(rows: Sequence[npt.NDArray[Any]], padding: int, multiple: int = 1, count: int = 0) -> tuple[Ints, Ints]:
    """Pad rows on the right to the longest, or to the next multiple of a number.

    Args:
        rows: at least one.
        padding: what to pad with.
        multiple: what the padded length is a multiple of.
        count: how many rows the result has at least. Further ones hold `padding` alone, and their first is not masked,
            since attention to nothing at all is no number.

    Returns:
        Two int64 arrays (rows, longest): the padded rows; 1 for what was there and 0 for padding.
    """
    rows = [*rows, *[np.array([padding])] * (count - len(rows))]
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    mask = np.arange(rounded_up(lengths, multiple).max()) < lengths[:, None]
    padded = np.full(mask.shape, padding, dtype=np.int64)
    padded[mask] = np.concatenate(rows)
    return padded, mask.astype(np.int64)
