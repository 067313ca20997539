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
        inputs: windows are cut as in data/tokenized, with context from data/raw.
        predicted: int (words,), the labels of the unaltered words, which words that the model reads alike keep.

    Returns:
        The labels, int (words,), by the name of the form.

    Raises:
        UserError: the tokenizer or data/raw is damaged.
    """
    split = inputs.loaded[name]
    _, words = split.ids_and_words()
    lengths = np.array(split.lengths())
    cutter = inputs.window_cutter()
    documents = inputs.document_numbers(name) if cutter.context else None
    if documents is None:
        documents = np.arange(len(lengths))
    labelled = {}
    ends = np.cumsum(lengths)
    for form, alter in FORMS.items():
        if all(alter(sentence) == sentence for sentence in words):
            continue
        labelled[form] = predicted.copy()
        for begin, end in pairwise(_document_borders(lengths, documents)):
            of_words = slice(ends[begin] - lengths[begin], ends[end - 1])
            altered = list(chain.from_iterable(map(alter, words[begin:end])))
            windows, _ = cutter.cut_words(altered, np.cumsum(lengths[begin:end]), documents[begin:end])
            if _are_equal(windows, split.mapped_windows.of_sentences(begin, end)):
                continue
            scores = predictor.score(lengths[begin:end], windows, f"{name}, {form}")
            labelled[form][of_words] = predictor.label(scores).labels
    return labelled


def _document_borders(lengths: Ints, documents: Ints) -> list[int]:
    """Divide sentences into whole documents of about ALTERED_WORDS words: 0 0 1 2 may become 0 to 2 and 2 to 4."""
    first = np.flatnonzero(np.diff(documents, prepend=-1))
    chunks = (np.cumsum(lengths) - lengths)[first] // ALTERED_WORDS
    borders = first[np.flatnonzero(np.diff(chunks, prepend=-1))]
    return [*borders.tolist(), len(lengths)]


def _are_equal(windows: Windows, others: Windows) -> bool:
    """Whether windows have the same sub-words and words, as for an uncased encoder."""
    pairs = (windows.input_ids, others.input_ids), (windows.word_ids, others.word_ids)
    return all(np.array_equal(ours[0], theirs[0]) for ours, theirs in pairs)
