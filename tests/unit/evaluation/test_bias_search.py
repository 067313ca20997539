"""Bias search: the smallest bias that reaches a target, compared with a plain scan of the grid."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.evaluation import bias_search
from tagline.evaluation.bias_search import find_biases
from tagline.evaluation.targets import TypeBias, TypeTarget
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences
from tagline.metrics.scores import count
from tagline.model.heads.crf import CrfHead
from tagline.model.heads.head import Head
from tagline.model.heads.linear import LinearHead
from tagline.model.prediction import Chunk, bias_of_labels

SPANS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")
TAGS = Labels("pos", "tags", ("ADJ", "NOUN", "X"), "NOUN")
TRANSITIONS = np.random.default_rng(5).normal(size=(5, 5)).astype(np.float32)
HEADS = {
    "greedy": LinearHead(SPANS),
    "constrained": LinearHead(SPANS, "constrained"),
    "crf": CrfHead(SPANS, "constrained").with_weights({"transitions": TRANSITIONS}),
    "tags": LinearHead(TAGS),
}
# A coarser grid than that of the module, which takes a plain scan less time.
BORDERS, STEPS_PER_UNIT = (0, 4, 8, 32), 4
GRID = [step / STEPS_PER_UNIT for step in range(BORDERS[-1] + 1)]


def split(head: Head, seed: int, lengths: Sequence[Sequence[int]]) -> tuple[list[Chunk], np.ndarray]:
    """Random scores in chunks of sentences, and gold labels that they often agree with."""
    generator = np.random.default_rng(seed)
    chunks = []
    for of_chunk in lengths:
        scores = head.scores(generator.normal(0, 2, (sum(of_chunk), len(head.labels.names))).astype(np.float32))
        chunks.append(Chunk(scores, np.array(of_chunk, np.int64), np.ones(sum(of_chunk), bool)))
    noisy = np.concatenate([chunk.scores for chunk in chunks]) + generator.normal(0, 2, (1, len(head.labels.names)))
    return chunks, noisy.argmax(-1).astype(np.int32)


def decoded(chunks: Sequence[Chunk], head: Head, biases: dict[str, float]) -> np.ndarray:
    added = bias_of_labels(head.labels, biases)
    return np.concatenate([head.decode(chunk.scores + added, chunk.lengths) for chunk in chunks])


def value(chunks: Sequence[Chunk], gold: np.ndarray, head: Head, target: TypeTarget, biases: dict[str, float]) -> float:
    ids, lengths = decoded(chunks, head, biases), np.concatenate([chunk.lengths for chunk in chunks])
    counts = count(TaggedSentences(head.labels, lengths.tolist(), ids, np.ones(len(ids)), gold), head.labels.kind)
    if target.type not in counts.types:
        return 0.0
    return float(counts.total().per_type().recall[counts.types.index(target.type)])


@pytest.mark.parametrize("name", HEADS)
@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    lengths=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=2),
    least=st.sampled_from([0.3, 0.7, 0.999]),
)
def test_bias_is_that_of_a_scan(name: str, seed: int, lengths: list, least: float) -> None:
    head = HEADS[name]
    chunks, gold = split(head, seed, lengths)
    target = TypeTarget("X", least)
    values = [value(chunks, gold, head, target, {"X": bias}) for bias in GRID]
    expected = next((bias for bias, found in zip(GRID, values, strict=True) if found >= least), None)
    best = TypeBias(0.0, max(values)) if expected is None else TypeBias(expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bias_search, "BORDERS", BORDERS)
        patch.setattr(bias_search, "STEPS_PER_UNIT", STEPS_PER_UNIT)
        assert find_biases(chunks, gold, head, [target]) == {"X": best}


def one_word_each(scores: list[list[float]], gold: list[int]) -> tuple[list[Chunk], np.ndarray]:
    """Sentences of one word, whose scores are of ADJ, NOUN and X."""
    size = len(scores)
    return [Chunk(np.array(scores, np.float32), np.ones(size, np.int64), np.ones(size, bool))], np.array(gold, np.int32)


def search(chunks: list[Chunk], gold: np.ndarray, targets: list[TypeTarget]) -> dict[str, float]:
    return {name: of_type.bias for name, of_type in find_biases(chunks, gold, LinearHead(TAGS), targets).items()}


def test_biases_of_several_types_settle_together() -> None:
    targets = [TypeTarget("ADJ", 0.9), TypeTarget("NOUN", 0.9)]
    # NOUN needs 0.5 to win the second word from X, with which it takes the first one from ADJ, unless that gets 0.3.
    chunks, gold = one_word_each([[0.2, 0, -9], [-9, 0, 0.5]], [0, 1])
    assert search(chunks, gold, targets=targets[:1]) == {"ADJ": 0.0}
    biases = search(chunks, gold, targets=targets)
    assert biases == {"ADJ": 0.3125, "NOUN": 0.5}
    assert [value(chunks, gold, LinearHead(TAGS), target, biases) for target in targets] == [1, 1]
    # The words exclude each other: the search ends.
    chunks, gold = one_word_each([[0, 1, -9], [0, 0.5, -9]], [0, 1])
    biases = search(chunks, gold, targets=targets)
    assert [value(chunks, gold, LinearHead(TAGS), target, biases) for target in targets] == [0, 1]
