"""Stored chunks: read as often as needed, as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tagline.metrics.stored_chunks import stored
from tagline.model.prediction import Chunk


def test_round_trip(tmp_path: Path) -> None:
    sizes = [[2, 0, 3], [0], [4]]
    generator = np.random.default_rng(1)
    chunks = [
        Chunk(
            generator.normal(size=(sum(of_chunk), 3)).astype(np.float32),
            np.array(of_chunk),
            np.arange(sum(of_chunk)) % 2 == 0,
        )
        for of_chunk in sizes
    ]
    chunks[0].scores[1] = -np.inf
    with stored(iter(chunks), tmp_path) as found:
        for _ in range(2):
            for chunk, expected in zip(found, chunks, strict=True):
                for values, of_expected in zip(chunk, expected, strict=True):
                    assert values.dtype == of_expected.dtype
                    np.testing.assert_array_equal(values, of_expected)
    assert list(tmp_path.iterdir()) == []
