"""Recall: the least bias, compared with a plain scan of the grid, and how often a promise is broken on made texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.evaluation.promises import recall
from tagline.evaluation.promises.promises_params import RecallPromise
from tagline.evaluation.promises.recall import choose_bias
from tagline.labels import Labels, TaggedSentences
from tagline.metrics.scores import count
from tagline.model.heads.crf import CrfHead
from tagline.model.heads.linear import LinearHead
from tagline.model.prediction import Chunk, bias_of_labels

SPANS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")
TAGS = Labels("pos", "tags", ("ADJ", "NOUN", "X"), "NOUN")
TRANSITIONS = np.random.default_rng(5).normal(size=(5, 5)).astype(np.float32)
HEADS = {
    "linear": LinearHead(SPANS),
    "crf": CrfHead(SPANS).with_weights({"transitions": TRANSITIONS}),
    "tags": LinearHead(TAGS),
}
# A coarser grid than that of the module, which takes a plain scan less time.
STEPS, STEPS_PER_UNIT = 32, 4
GRID = [step / STEPS_PER_UNIT for step in range(STEPS + 1)]


def split(head, seed, lengths):
    """Random scores in chunks of sentences, and gold labels that they often agree with."""
    generator = np.random.default_rng(seed)
    size = len(head.labels.names)
    chunks = []
    for of_chunk in lengths:
        words = sum(of_chunk)
        scores = head.scores(generator.normal(0, 2, (words, size)).astype(np.float32))
        chunks.append(Chunk(scores, np.array(of_chunk, np.int64), np.ones(words, bool)))
    noisy = np.concatenate([chunk.scores for chunk in chunks]) + generator.normal(0, 2, (1, size))
    return chunks, noisy.argmax(-1).astype(np.int32)


def decoded(chunks, head, biases):
    added = bias_of_labels(head.labels, biases)
    return np.concatenate([head.decode(chunk.scores + added, chunk.lengths) for chunk in chunks])


def recall_of(chunks, gold, head, type_, biases):
    ids, lengths = decoded(chunks, head, biases), np.concatenate([chunk.lengths for chunk in chunks])
    counts = count(TaggedSentences(head.labels, lengths.tolist(), ids, np.ones(len(ids)), gold), head.labels.kind)
    recalls = dict(zip(counts.types, counts.total().per_type().recall, strict=True))
    return recalls.get(type_, 0.0)


@pytest.mark.parametrize("name", HEADS)
@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    lengths=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=2),
    least=st.sampled_from([0.3, 0.7, 0.999]),
    types=st.sampled_from(["X", "XY"]),
)
def test_bias_is_that_of_a_scan(name, seed, lengths, least, types):
    head = HEADS[name]
    chunks, gold = split(head, seed, lengths)
    recalls = {type_: RecallPromise(at_least=least) for type_ in types if type_ in head.labels.types}

    def keeps(bias):
        biases = dict.fromkeys(recalls, bias)
        return all(recall_of(chunks, gold, head, type_, biases) >= least for type_ in recalls)

    expected = next(filter(keeps, GRID), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recall, "STEPS", STEPS)
        patch.setattr(recall, "STEPS_PER_UNIT", STEPS_PER_UNIT)
        found = choose_bias(chunks, gold, head, recalls)
    assert (found.bias, found.kept) == (expected or 0, expected is not None)


RUNS, CONFIDENCE = 100, 0.9


@pytest.mark.parametrize("of_documents", [False, True])
def test_share_of_broken_promises(of_documents):
    """Each document's entities are missed below a bias of its own, so that the true recall of each step is known."""
    generator = np.random.default_rng(7)
    promise = {"X": RecallPromise(at_least=0.8, found="covered", confidence=CONFIDENCE)}
    # 80 documents of 3 entities that need the same bias, or 240 entities by themselves, in steps of 1 / 16.
    number, documents = (80, np.repeat(np.arange(80), 3)) if of_documents else (240, None)
    ones, broken = np.ones(240, np.int64), 0
    for _ in range(RUNS):
        needs = np.repeat(generator.integers(0, 160, number), 240 // number)
        scores = np.full((240, 5), -20, np.float32)
        scores[:, 0], scores[:, 1] = 0, -needs / 16 + 1 / 32
        chunk = Chunk(scores, ones, np.ones(240, bool))
        found = choose_bias([chunk], ones.astype(np.int32), LinearHead(SPANS), promise, documents)
        assert found.kept
        assert f" of {number} " in found.statements["X"]
        broken += (found.bias * 16 + 1) / 160 < 0.8
    assert 0 < broken <= RUNS * (1 - CONFIDENCE)
