"""Altered labels: the labels that the model gives the words of a split in altered forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from tagline.evaluation.altered_forms import FORMS
from tagline.labels import AnyInts, Ints, Windows
from tagline.labels.hidden import without_hidden
from tagline.model.prediction import Predictor

if TYPE_CHECKING:
    from tagline.evaluation.inputs import EvaluationInputs

# Words that are altered at a time.
ALTERED_WORDS = 2**18


def label_altered(inputs: EvaluationInputs, name: str, predictor: Predictor, predicted: AnyInts) -> dict[str, AnyInts]:
    """Label the words of a split in each altered form that changes a word; sentences that are read alike once.

    Args:
        inputs: of the stage; windows are made as those of data/tokenized, with context from data/raw.
        name: of the split.
        predictor: of the model.
        predicted: int (words,), the labels of the words as they are.

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
    labelled = {form: np.empty_like(predicted) for form in _changing_forms(words)}
    ends = np.cumsum(lengths)
    for begin, end in pairwise(_document_borders(lengths, documents)):
        of_chunk = lengths[begin:end]
        of_words = slice(ends[begin] - lengths[begin], ends[end - 1])
        keys = _keys(split.mapped_windows.of_sentences(begin, end), of_chunk)
        labels_of = {}
        if split.annotated is None:  # else equal sentences may have other hidden labels
            labels_of = dict(zip(keys, _per_sentence(predicted[of_words], of_chunk), strict=True))
        for form, labels in labelled.items():
            altered = list(chain.from_iterable(map(FORMS[form], words[begin:end])))
            windows, _ = cutter.cut_words(altered, np.cumsum(of_chunk), documents[begin:end])
            new = _label_new(predictor, of_chunk, windows, labels_of, f"{name}, {form}")
            labels[of_words] = without_hidden(new, split.hidden(begin, end), split.labels)
    return labelled


def _changing_forms(sentences: Sequence[Sequence[str]]) -> list[str]:
    """The forms that change a word."""
    forms = []
    for form, alter in FORMS.items():
        if any(alter(words) != words for words in sentences):
            forms.append(form)
    return forms


def _document_borders(lengths: Ints, documents: Ints) -> list[int]:
    """Divide sentences into whole documents of about ALTERED_WORDS words: 0 0 1 2 may become 0 to 2 and 2 to 4."""
    first = np.flatnonzero(np.diff(documents, prepend=-1))
    chunks = (np.cumsum(lengths) - lengths)[first] // ALTERED_WORDS
    borders = first[np.flatnonzero(np.diff(chunks, prepend=-1))]
    return [*borders.tolist(), len(lengths)]


def _per_sentence(labels: AnyInts, lengths: Ints) -> list[AnyInts]:
    """Divide the labels of words by sentence."""
    return np.split(labels, np.cumsum(lengths)[:-1])


def _label_new(
    predictor: Predictor, lengths: Ints, windows: Windows, labels_of: dict[bytes, AnyInts], name: str
) -> AnyInts:
    """Label the words of sentences, of which those that are read alike are predicted once."""
    keys = _keys(windows, lengths)
    new = {key: row for row, key in enumerate(keys) if key not in labels_of}
    rows = np.sort(np.fromiter(new.values(), np.int64, len(new)))
    if len(rows):
        of_rows = windows.take(np.flatnonzero(np.isin(windows.sentence, rows)))
        of_rows = replace(of_rows, sentence=np.searchsorted(rows, of_rows.sentence))
        labels = predictor.label(predictor.score(lengths[rows], of_rows, name)).labels
        for row, of_row in zip(rows.tolist(), _per_sentence(labels, lengths[rows]), strict=True):
            labels_of[keys[row]] = of_row
    return np.concatenate([labels_of[key] for key in keys])


def _keys(windows: Windows, lengths: Ints) -> list[bytes]:
    """What the labels of each sentence depend on, as a hash: its sub-words, their words and windows, and its length.

    Args:
        windows: of the sentences, in one array per column.
        lengths: int64 (sentences,), their numbers of words.
    """
    (ids,), (words,), (offsets,) = windows.input_ids, windows.word_ids, windows.offsets
    borders = np.searchsorted(windows.sentence, np.arange(len(lengths) + 1)).tolist()
    keys = []
    for length, (first, last) in zip(lengths.tolist(), pairwise(borders), strict=True):
        of_sentence = slice(offsets[first], offsets[last])
        digest = blake2b(np.append(length, windows.lengths[first:last]).tobytes())
        digest.update(ids[of_sentence].tobytes())
        digest.update(words[of_sentence].tobytes())
        keys.append(digest.digest())
    return keys
