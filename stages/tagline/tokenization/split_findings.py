"""Findings in a split: what is unusual in its tags, words and sentences."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagline.artifacts.raw_data import ID, SPLITS, WORDS, name_word
from tagline.core.findings import LONG_SENTENCE, LONG_WORD, Findings
from tagline.labels.schemes import OUTSIDE
from tagline.labels.windows import NO_WORD, AnyInts, Ints, Windows
from tagline.terminal.errors import UserError
from tagline.tokenization.tags import Tags


def find_in_tags(split: str, tags: Mapping[str, Tags]) -> Findings:
    """Find illegal tags, unseen labels and a lack of entities in a split."""
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


def check_no_illegal_tags(findings: Mapping[str, Findings], tags: Mapping[str, Tags]) -> None:
    """Check that no split has illegal tags.

    Raises:
        UserError: one has; the message names the first of each split.
    """
    lines = []
    for split in SPLITS:
        if tags[split].illegal:
            lines.append(f"{split}, in {tags[split].scheme}: {findings[split].line('illegal_tags')}")
    if lines:
        raise UserError(
            "\n  ".join(["illegal tags; correct them, or set tokenize_align.illegal: repair in params.yaml:", *lines])
        )


def find_unknown_words(findings: Findings, batch: pa.RecordBatch, windows: Windows, words: Ints, unknown: int) -> None:
    """Find the words with a sub-word that the tokenizer does not know.

    Args:
        findings: to add to.
        batch: the sentences.
        windows: of these sentences.
        words: int64 (sub-words,), the word of each sub-word among all words, or `NO_WORD`.
        unknown: the id of the sub-word that stands for what the vocabulary lacks.
    """
    is_unknown = (windows.input_ids[0] == unknown) & (words != NO_WORD)
    _add_words(findings, "unknown_words", batch, np.unique(words[is_unknown]))


def find_long_words(findings: Findings, batch: pa.RecordBatch, subwords: Ints, capacity: int) -> None:
    """Find words that are long, or have no sub-words or too many.

    Args:
        findings: to add to.
        batch: the sentences.
        subwords: int64 (words,), the number of sub-words of each word.
        capacity: the largest number of sub-words of a window, without special tokens.
    """
    characters = pc.utf8_length(batch[WORDS].values).to_numpy()
    _add_words(findings, "words_without_subwords", batch, np.flatnonzero(subwords == 0))
    _add_words(findings, "long_words", batch, np.flatnonzero(characters > LONG_WORD))
    _add_words(findings, "truncated_words", batch, np.flatnonzero(subwords > capacity))


def find_long_sentences(findings: Findings, batch: pa.RecordBatch, windows: Windows) -> None:
    """Find sentences that are long, or have several windows."""
    words = pc.list_value_length(batch[WORDS]).to_numpy()
    _add_sentences(findings, "long_sentences", batch, np.flatnonzero(words > LONG_SENTENCE))
    _add_sentences(findings, "windowed_sentences", batch, np.flatnonzero(np.bincount(windows.sentence) > 1))


def find_unknown_labels(findings: Findings, batch: pa.RecordBatch, unknown: AnyInts) -> None:
    """Add the words of unknown label, given their indices among all words."""
    _add_words(findings, "unknown_labels", batch, unknown)


def _add_words(findings: Findings, kind: str, batch: pa.RecordBatch, words: AnyInts) -> None:
    findings.add(kind, len(words), (name_word(batch, int(index)) for index in words))


def _add_sentences(findings: Findings, kind: str, batch: pa.RecordBatch, rows: AnyInts) -> None:
    findings.add(kind, len(rows), (batch[ID][int(row)].as_py() for row in rows))
