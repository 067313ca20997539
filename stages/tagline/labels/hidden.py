"""Hidden labels: those of types that a sentence of validation or test is not annotated for.

Gold says O where such an entity may be, so a prediction of these types is neither right nor wrong: it becomes O.
"""

from collections.abc import Collection, Sequence

import numpy as np

from tagline.labels.label_list import Labels
from tagline.labels.schemes import OUTSIDE
from tagline.labels.windows import AnyInts, Bools, Ints, LabelIds


def hidden_labels(annotated: Sequence[Collection[str] | None], lengths: Sequence[int] | Ints, labels: Labels) -> Bools:
    """Whether each label is hidden for each word, bool (words, labels).

    Args:
        annotated: the types that each sentence is annotated for; None: all.
    """
    hidden = np.zeros((len(annotated), len(labels.names)), bool)
    for row, types in zip(hidden, annotated, strict=True):
        if types is not None:
            row[:] = [type_ not in ("", *types) for type_ in labels.type_of_labels]
    return np.repeat(hidden, lengths, axis=0)


def without_hidden(ids: AnyInts, hidden: Bools | None, labels: Labels) -> LabelIds:
    """Turn hidden labels into O.

    Args:
        ids: int (words,), label ids.
        hidden: bool (words, labels).

    Returns:
        int32 (words,).
    """
    if hidden is not None:
        ids = np.where(hidden[np.arange(len(ids)), ids], labels.label2id[OUTSIDE], ids)
    return ids.astype(np.int32)
