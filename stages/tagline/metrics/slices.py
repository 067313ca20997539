"""Slices: scores of parts of a split, which show where a model fails, also by what the training split has of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from tagline.labels import AnyInts, Bools, Kind, TaggedSentence, TaggedSentences, flatten
from tagline.labels.entities import EntityArrays, marked
from tagline.metrics.scores import Counts, rounded, scores_of
from tagline.text.case import in_capitals

SliceScores = dict[str, float | int]
F1Intervals = Callable[[Counts], Mapping[str, Mapping[str, float]]]
"""Computes ``{low, high}`` of the F1 of each type of counts."""

TEXTS = ("seen", "seen_as_other_type", "unseen")
# Upper limits of the length slices in words; one more slice has no upper limit.
ENTITY_LENGTHS = (1, 2)
SENTENCE_LENGTHS = (10, 20, 40)
# In a title, the share of words that begin with a capital, of those with letters that have one.
TITLE = 0.8


def no_intervals(_: Counts) -> dict[str, dict[str, float]]:
    """Compute none."""
    return {}


class TrainingIndex:
    """What the training split has of other splits' sentences and entities, case-sensitive.

    Memory grows with what the other splits have: train is read once, sentence by sentence.

    Args:
        training: words and label names of each sentence of train; "" for unknown labels.
        others: the splits that are looked up, with gold and predicted entities.
        kind: how the labels are read.
    """

    def __init__(
        self,
        training: Iterable[tuple[Sequence[str], Sequence[str]]],
        others: Iterable[Sequence[TaggedSentence]],
        kind: Kind,
    ) -> None:
        hashes: set[int] = set()
        texts: set[tuple[str, ...]] = set()
        for split in map(flatten, others):
            hashes.update(hash(tuple(words)) for words in split.words or ())
            for side in (split.gold_entities, split.predicted_entities):
                texts.update(split.texts(side))
        # Hashes of 64 bits: ten million sentences contain a collision with a probability of 3 in a million.
        self._sentences: set[int] = set()
        self._types: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for words, labels in training:
            whole = tuple(words)
            if hash(whole) in hashes:
                self._sentences.add(hash(whole))
            for entity in marked(labels, kind):
                text = whole[entity.start : entity.end]
                if entity.type and text in texts:
                    self._types[text].add(entity.type)

    def contains(self, words: Sequence[str]) -> bool:
        """Whether the training split has a sentence of exactly these words."""
        return hash(tuple(words)) in self._sentences

    def types(self, text: tuple[str, ...]) -> set[str]:
        """The types of the training split's entities of exactly these words."""
        return self._types.get(text, set())


def slices(
    sentences: Sequence[TaggedSentence],
    counts: Counts,
    training: TrainingIndex,
    f1_intervals: F1Intervals = no_intervals,
) -> dict[str, Any]:
    """Score parts of a split. Which slices exist depends on gold alone.

    Args:
        sentences: with gold labels.
        counts: of these sentences.
        training: index of the training split.
        f1_intervals: called with counts whose types are slices; what it returns is among their scores.

    Returns:
        The scores by slice of ``text`` (`TEXTS`), ``entity_length``, ``sentence_length``, ``case`` (unless all have the
        same), and those of ``not_in_train``, the sentences that train does not have.
    """
    flat = flatten(sentences)

    def by_length(entities: EntityArrays) -> AnyInts:
        return np.searchsorted(ENTITY_LENGTHS, entities.end - entities.start)

    of_entities = partial(_of_entities, flat, counts, f1_intervals)
    result: dict[str, Any] = {"text": of_entities(partial(in_train, flat, training), TEXTS)}
    if counts.kind == "spans":
        result["entity_length"] = of_entities(by_length, _ranges(ENTITY_LENGTHS))
    lengths = np.searchsorted(SENTENCE_LENGTHS, np.diff(flat.offsets))
    by_range = {name: lengths == index for index, name in enumerate(_ranges(SENTENCE_LENGTHS))}
    result["sentence_length"] = _of_sentences(counts, f1_intervals, by_range)
    by_case = _of_sentences(counts, f1_intervals, of_each_case(flat))
    if by_case:
        result["case"] = by_case
    is_new = np.array([not training.contains(words) for words in flat.words or ()], bool)
    return result | _of_sentences(counts, f1_intervals, {"not_in_train": is_new})


def in_train(flat: TaggedSentences, training: TrainingIndex, entities: EntityArrays) -> AnyInts:
    """Look up entities of some sentences in the training split: the index in `TEXTS` of each, int8 (entities,)."""
    indices = np.full(len(entities.type), TEXTS.index("unseen"), np.int8)
    for index, (type_, text) in enumerate(zip(entities.type.tolist(), flat.texts(entities), strict=True)):
        types = training.types(text)
        if entities.types[type_] in types:
            indices[index] = TEXTS.index("seen")
        elif types:
            indices[index] = TEXTS.index("seen_as_other_type")
    return indices


def of_each_case(sentences: Sequence[TaggedSentence]) -> dict[str, Bools]:
    """Which sentences have each `letter_case`, bool (sentences,), by its name; empty if all have the same."""
    cases = np.array([letter_case(words) for words in flatten(sentences).words or ()], dtype=np.str_)
    names = np.unique(cases).tolist()
    if len(names) < 2:
        return {}
    return {name: cases == name for name in names if name}


def letter_case(words: Sequence[str]) -> str:
    """The letter case of a sentence, by the letters that have one: capitals, small_letters, title or mixed; else "".

    A sentence whose words nearly all begin with a capital is a title, see `TITLE`.
    """
    text = " ".join(words)
    if in_capitals(text):
        return "capitals"
    if text.islower():
        return "small_letters"
    cased = [word for word in words if word.lower() != word.upper()]
    if not cased:
        return ""
    return "title" if sum(word[0].isupper() for word in cased) >= TITLE * len(cased) else "mixed"


def _of_entities(
    flat: TaggedSentences,
    counts: Counts,
    f1_intervals: F1Intervals,
    slice_of: Callable[[EntityArrays], AnyInts],
    names: Sequence[str],
) -> dict[str, SliceScores]:
    """Score the entities of each slice; for plain tags, compute the accuracy of its words."""

    def per_sentence(entities: EntityArrays, indices: AnyInts) -> csr_array:
        where = (flat.sentences_of(entities.start), indices)
        return csr_array((np.ones(len(indices)), where), shape=(len(counts.words), len(names)))

    gold, is_correct = slice_of(flat.gold_entities), flat.correct[0]
    of_slices = replace(
        counts,
        types=tuple(names),
        correct=per_sentence(flat.gold_entities.where(is_correct), gold[is_correct]),
        predicted=per_sentence(flat.predicted_entities, slice_of(flat.predicted_entities)),
        gold=per_sentence(flat.gold_entities, gold),
    )
    total = of_slices.total()
    scores = total.per_type()
    intervals = f1_intervals(of_slices) if counts.kind == "spans" else {}
    result: dict[str, SliceScores] = {}
    for name in sorted(names):
        index = names.index(name)
        number = int(total.gold[index])
        if not number:
            continue
        if counts.kind == "spans":
            of_slice = scores_of(scores.precision[index], scores.recall[index], scores.f1[index], number)
            result[name] = {**of_slice, **intervals.get(name, {})}
        else:
            result[name] = {"accuracy": rounded(scores.recall[index]), "number": number}
    return result


def _of_sentences(counts: Counts, f1_intervals: F1Intervals, slices: Mapping[str, Bools]) -> dict[str, SliceScores]:
    """Compute the overall scores of slices of sentences, bool (sentences,) each, that have an entity in gold."""
    intervals: Mapping[str, Mapping[str, float]] = {}
    if counts.kind == "spans" and slices:
        is_in = np.column_stack([*slices.values()])
        sides = ("correct", "predicted", "gold")
        of_slices = {side: csr_array(getattr(counts, side).sum(1)[:, None] * is_in) for side in sides}
        intervals = f1_intervals(replace(counts, types=tuple(slices), **of_slices))
    result: dict[str, SliceScores] = {}
    for name, is_in in slices.items():
        total = counts.total(is_in)
        if total.gold.sum():
            result[name] = scores_of(*total.overall(), total.gold.sum(), total.accuracy())
            result[name]["sentences"] = int(np.count_nonzero(is_in))
            result[name] |= intervals.get(name, {})
    return result


def _ranges(limits: Sequence[int]) -> list[str]:
    """Name the ranges between limits, such as 1-10, 11-20 and 21+ for 10 and 20."""
    lows = [1, *(limit + 1 for limit in limits)]
    closed = [f"{low}-{high}" if low < high else str(high) for low, high in zip(lows, limits, strict=False)]
    return [*closed, f"{lows[-1]}+"]
