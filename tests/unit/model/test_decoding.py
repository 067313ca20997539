"""Decoding: the best legal sequence, compared with an exhaustive search."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.label_list import Labels
from tagline.model.decoding import decode

SPANS = Labels("ner", "spans", ("O", "B-X", "B-Y", "I-X", "I-Y"), "O")


def legal(names: tuple[str, ...]) -> bool:
    pairs = pairwise(("O", *names))
    return all(not name.startswith("I-") or before in ("B" + name[1:], name) for before, name in pairs)


def brute_force(scores: np.ndarray, labels: Labels) -> float:
    sequences = product(range(len(labels.names)), repeat=len(scores))
    allowed = [ids for ids in sequences if legal(tuple(labels.names[label] for label in ids))]
    return max(sum(scores[index, label] for index, label in enumerate(ids)) for ids in allowed)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_constrained_finds_the_best_legal_sequence(lengths: list[int], seed: int) -> None:
    scores = np.log(np.random.default_rng(seed).dirichlet(np.ones(5) * 0.4, size=sum(lengths)) + 1e-9)
    ids = decode(scores, np.array(lengths), SPANS, "constrained")
    sides = (np.split(side, np.cumsum(lengths)[:-1]) for side in (scores, ids))
    for rows, chosen in zip(*sides, strict=True):
        assert legal(tuple(SPANS.names[label] for label in chosen))
        assert rows[np.arange(len(rows)), chosen].sum() == pytest.approx(brute_force(rows, SPANS))
