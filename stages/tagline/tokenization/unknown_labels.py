"""Unknown labels: the labels that are possible for words without a tag, and where not all types are annotated."""

from collections.abc import Collection, Iterable

import numpy as np
import pyarrow as pa

from tagline.artifacts.raw_data import ANNOTATED, WORDS, name_word
from tagline.labels import ANY, OUTSIDE, Ints, Labels, label_list
from tagline.labels.conversion import Conversion
from tagline.labels.label_list import LabelSets
from tagline.terminal import UserError


def label_sets(
    labels: Labels,
    conversions: Iterable[Conversion | None],
    annotated_types: Iterable[Collection[str]],
    has_unknown: bool,
) -> LabelSets:
    """The sets of labels of words of unknown label, and of their later sub-words.

    Args:
        conversions: of the splits; None for plain tags.
        annotated_types: of some sentences, the types that alone are annotated.

    Raises:
        UserError: see `unannotated`.
    """
    sets = {ANY} if has_unknown else set()
    for conversion in conversions:
        if conversion is not None:
            sets.update(conversion.labels.values())
    for types in annotated_types:
        sets.add(unannotated(labels, types))
    sets |= {label_list.inside(names) for names in sets}
    return tuple(sorted(names for names in sets if len(names) != 1))


def unannotated(labels: Labels, annotated: Collection[str]) -> tuple[str, ...]:
    """The labels of a word O where some types are annotated: O, or those of the other types.

    Raises:
        UserError: the labels are plain tags.
    """
    if labels.kind == "tags":
        raise UserError(
            f"column {labels.task}: plain tags have no types; expected spans for download.dataset.annotated_types in "
            "params.yaml; use unknown_tag for words without a tag"
        )
    types = zip(labels.names, labels.type_of_labels, strict=True)
    return tuple(name for name, type_ in types if type_ not in annotated)


def mark_unannotated(batch: pa.RecordBatch, gold: Ints, labels: Labels) -> Ints:
    """Give words of train that are O where not all types are annotated the id of their possible labels.

    In a further test set these words stay O, and the types are left out of its scores.

    Args:
        batch: sentences with a column ``annotated_types``.
        gold: int64 (words,), their label ids.

    Raises:
        UserError: such a sentence has an entity of another type, or the labels are plain tags.
    """
    gold = gold.copy()
    annotated = [None if types is None else tuple(types) for types in batch[ANNOTATED].to_pylist()]
    lengths = batch[WORDS].value_lengths().to_numpy()
    for types in sorted({types for types in annotated if types is not None}):
        words = np.flatnonzero(np.repeat([types == of_sentence for of_sentence in annotated], lengths))
        foreign = [number for number, type_ in enumerate(labels.type_of_labels) if type_ not in ("", *types)]
        wrong = words[np.isin(gold[words], foreign)]
        if len(wrong):
            raise UserError(
                f"{name_word(batch, int(wrong[0]))}: {labels.names[gold[wrong[0]]]} in a file of which only "
                f"{', '.join(types)} are annotated; see download.dataset.annotated_types in params.yaml"
            )
        outside = labels.label2id[OUTSIDE]
        gold[words[gold[words] == outside]] = labels.ids.get(unannotated(labels, types), outside)
    return gold
