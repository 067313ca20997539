"""Stored chunks: read as often as needed, as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tagline.core.errors import UserError
from tagline.evaluation import stored_chunks
from tagline.evaluation.stored_chunks import stored
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


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk(np.zeros((1, 3), np.float32), np.array([1]), np.array([True]))
    expected = (
        "No space left on device; expected room for the scores of validation, 4 bytes per word and label; free some"
    )
    with Path("/dev/full").open("r+b", buffering=0) as full:
        monkeypatch.setattr(stored_chunks, "TemporaryFile", lambda dir: full)  # noqa: A006  # tempfile's name
        with pytest.raises(UserError, match=expected), stored([chunk], tmp_path):
            pass
