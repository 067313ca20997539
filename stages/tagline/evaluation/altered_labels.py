"""Altered labels: what the model predicts for a split in altered forms."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from tagline.evaluation.altered_forms import FORMS
from tagline.labels import AnyInts, Ints, Windows
from tagline.model.prediction import Predictor

if TYPE_CHECKING:
    from tagline.evaluation.inputs import EvaluationInputs

# Words that are altered at a time.
ALTERED_WORDS = 2**18


def label_altered(inputs: EvaluationInputs, name: str, predictor: Predictor, predicted: AnyInts) -> dict[str, AnyInts]:
    """Label the words of a split in each altered form that changes a word.

    Args:
        inputs: windows are cut as in data/tokenized.
        predicted: int (words,), the labels of the unaltered words, which words that the model reads alike keep.

    Returns:
        The labels, int (words,), by the name of the form.

    Raises:
        UserError: the tokenizer is damaged.
    """
    split = inputs.loaded[name]
    _, words = split.ids_and_words()
    lengths = np.array(split.lengths())
    cutter = inputs.window_cutter()
    labelled = {}
    ends = np.cumsum(lengths)
    for form, alter in FORMS.items():
        if all(alter(sentence) == sentence for sentence in words):
            continue
        labelled[form] = predicted.copy()
        for begin, end in pairwise(_borders(lengths)):
            of_words = slice(ends[begin] - lengths[begin], ends[end - 1])
            altered = list(chain.from_iterable(map(alter, words[begin:end])))
            windows, _ = cutter.cut_words(altered, np.cumsum(lengths[begin:end]))
            if _are_equal(windows, split.mapped_windows.of_sentences(begin, end)):
                continue
            scores = predictor.score(lengths[begin:end], windows, f"{name}, {form}")
            labelled[form][of_words] = predictor.label(scores).labels
    return labelled


def _borders(lengths: Ints) -> list[int]:
    """Where parts of about ALTERED_WORDS words begin among the sentences, then the end."""
    parts = (np.cumsum(lengths) - lengths) // ALTERED_WORDS
    return [*np.flatnonzero(np.diff(parts, prepend=-1)).tolist(), len(lengths)]


def _are_equal(windows: Windows, others: Windows) -> bool:
    """Whether windows have the same sub-words and words, as for an uncased encoder."""
    pairs = (windows.input_ids, others.input_ids), (windows.word_ids, others.word_ids)
    return all(np.array_equal(ours[0], theirs[0]) for ours, theirs in pairs)
