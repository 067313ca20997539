"""Findings in splits: unusual tags, words and sentences, and sentences of another split."""

from collections.abc import Mapping
from itertools import compress

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pandas.util import hash_array

from tagline.artifacts.raw_data import ID, RawData, name_word
from tagline.core import Findings
from tagline.labels import OUTSIDE, Bools, Ints
from tagline.tokenization.tags import Tags

Hashes = npt.NDArray[np.uint64]


def find_in_tags(split: str, tags: Mapping[str, Tags]) -> Findings:
    findings = Findings()
    findings.add("illegal_tags", tags[split].illegal, tags[split].illegal_tags())
    counts = tags[split].counts
    trained_on = tags["train"].counts
    unseen = sorted(label for label, count in counts.items() if count and not trained_on.get(label))
    findings.add("unseen_labels", len(unseen), [", ".join(unseen)])
    words = sum(counts.values())
    if tags[split].scheme != "tags" and 0 < words == counts.get(OUTSIDE, 0):
        findings.add("no_entities", 1, [f"all {words:,} words are O"])
    return findings


def add_words(findings: Findings, batch: pa.RecordBatch, words: Mapping[str, Bools]) -> None:
    """Add words, given for each kind of finding which are of it, bool (words,)."""
    for kind, is_of_kind in words.items():
        indices = np.flatnonzero(is_of_kind)
        findings.add(kind, len(indices), (name_word(batch, int(index)) for index in indices))


def add_sentences(findings: Findings, batch: pa.RecordBatch, sentences: Mapping[str, Bools]) -> None:
    """Add sentences, given for each kind of finding which are of it, bool (sentences,)."""
    for kind, is_of_kind in sentences.items():
        rows = np.flatnonzero(is_of_kind)
        findings.add(kind, len(rows), (batch[ID][int(row)].as_py() for row in rows))


def find_duplicates(findings: Findings, data: RawData, split: str, hashes: Mapping[str, Hashes]) -> None:
    """Find the sentences of a split that are also in train."""
    is_repeated = are_among(hashes[split], hashes["train"])
    findings.add("duplicate_sentences", int(is_repeated.sum()), compress(data.ids(split), is_repeated))


def hash_sentences(words: pa.DictionaryArray, ends: Ints) -> Hashes:
    """Hash sentences to 64 bits: the same words in the same order give the same hash, in every process.

    Ten million different sentences contain a collision with a probability of 3 in a million.

    Args:
        words: of all sentences, dictionary-encoded (words,).
        ends: int64 (sentences,), where each sentence ends among them.

    Returns:
        uint64 (sentences,).
    """
    begins = ends - np.diff(ends, prepend=0)
    lengths = ends - begins
    positions = np.arange(len(words)) - np.repeat(begins, lengths)  # in the sentence: lengths 2, 3 give 0 1 0 1 2
    distinct = words.dictionary.to_numpy(zero_copy_only=False).astype(object)
    of_words = hash_array(distinct, categorize=False)[words.indices.to_numpy()]
    # A factor per position distinguishes orders of the same words; an odd one keeps all bits of a word's hash.
    factors = hash_array(np.arange(lengths.max(initial=0), dtype=np.uint64)) | np.uint64(1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(of_words * factors[positions])])
    return sums[ends] - sums[begins] + lengths.astype(np.uint64)


def are_among(hashes: Hashes, others: Hashes) -> Bools:
    """Whether each hash is one of the others, of which there is at least one."""
    others = np.sort(others)
    nearest = np.searchsorted(others, hashes).clip(max=len(others) - 1)
    return others[nearest] == hashes


def are_same(first: Hashes, second: Hashes) -> bool:
    """Whether all sentences of one of two splits are in the other, by their hashes."""
    return bool(are_among(first, second).all() or are_among(second, first).all())
