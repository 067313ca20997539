"""Slices: scores of parts of a split, which show where a model fails."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from tagline.labels import AnyInts, Bools, Kind, TaggedSentence, TaggedSentences, flatten
from tagline.labels.entities import EntityArrays, marked
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import Counts, score
from tagline.text.case import in_capitals

SliceScores = dict[str, float | int]

TEXTS = ("seen", "seen_as_other_type", "unseen")
# In a title, the share of words that begin with a capital, of those with letters that have one.
TITLE = 0.8


class TrainingIndex:
    """What the training split has of other splits' sentences and entities, case-sensitive.

    Memory grows with the other splits: train is read sentence by sentence.

    Args:
        training: words and label names of each sentence of train; "" for unknown labels.
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
        """Whether train has a sentence of exactly these words."""
        return hash(tuple(words)) in self._sentences

    def types(self, text: tuple[str, ...]) -> set[str]:
        """The types of train's entities of exactly these words."""
        return self._types.get(text, set())


def slices(sentences: Sequence[TaggedSentence], counts: Counts, training: TrainingIndex) -> dict[str, Any]:
    """Score parts of a split. Which slices exist depends on gold alone.

    Returns:
        The scores by slice of ``text`` (`TEXTS`) and ``case`` (unless all have the same), and of ``not_in_train``, the
        sentences that train does not have; of entities with the interval of F1.
    """
    flat = flatten(sentences)
    result: dict[str, Any] = {"text": _of_texts(flat, counts, training)}
    by_case = _of_sentences(counts, of_each_case(flat))
    if by_case:
        result["case"] = by_case
    is_new = np.array([not training.contains(words) for words in flat.words or ()], bool)
    return result | _of_sentences(counts, {"not_in_train": is_new})


def in_train(flat: TaggedSentences, training: TrainingIndex, entities: EntityArrays) -> AnyInts:
    """The index in `TEXTS` of each entity, int8 (entities,), as found in the training split."""
    indices = np.full(len(entities.type), TEXTS.index("unseen"), np.int8)
    for index, (type_, text) in enumerate(zip(entities.type.tolist(), flat.texts(entities), strict=True)):
        types = training.types(text)
        if entities.types[type_] in types:
            indices[index] = TEXTS.index("seen")
        elif types:
            indices[index] = TEXTS.index("seen_as_other_type")
    return indices


def of_each_case(sentences: Sequence[TaggedSentence]) -> dict[str, Bools]:
    """Which sentences have each `letter_case`, bool (sentences,); empty if all have the same."""
    cases = np.array([letter_case(words) for words in flatten(sentences).words or ()], dtype=np.str_)
    names = np.unique(cases).tolist()
    if len(names) < 2:
        return {}
    return {name: cases == name for name in names if name}


def letter_case(words: Sequence[str]) -> str:
    """The letter case of a sentence: capitals, small_letters, title or mixed; "" without cased letters.

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


def _of_texts(flat: TaggedSentences, counts: Counts, training: TrainingIndex) -> dict[str, SliceScores]:
    """Score the entities of `TEXTS`; for plain tags, the accuracy of words."""

    def per_sentence(entities: EntityArrays, indices: AnyInts) -> csr_array:
        where = (flat.sentences_of(entities.start), indices)
        return csr_array((np.ones(len(indices)), where), shape=(len(counts.words), len(TEXTS)))

    gold, is_correct = in_train(flat, training, flat.gold_entities), flat.correct[0]
    of_texts = replace(
        counts,
        types=TEXTS,
        correct=per_sentence(flat.gold_entities.where(is_correct), gold[is_correct]),
        predicted=per_sentence(flat.predicted_entities, in_train(flat, training, flat.predicted_entities)),
        gold=per_sentence(flat.gold_entities, gold),
    )
    found = {name: scores for name, scores in score(of_texts)["per_type"].items() if scores["number"]}
    if counts.kind == "tags":
        return {name: {"accuracy": scores["recall"], "number": scores["number"]} for name, scores in found.items()}
    ends = intervals(of_texts)["per_type"]
    return {name: scores | ends[name]["f1"] for name, scores in found.items()}


def _of_sentences(counts: Counts, slices: Mapping[str, Bools]) -> dict[str, SliceScores]:
    """Score slices of sentences, bool (sentences,) each, with an entity in gold."""
    result: dict[str, SliceScores] = {}
    for name, is_in in slices.items():
        of_slice = counts.of_sentences(is_in)
        scores = score(of_slice)["overall"]
        if scores["number"]:
            result[name] = scores | {"sentences": int(np.count_nonzero(is_in))}
            if counts.kind == "spans":
                result[name] |= intervals(of_slice)["overall"]["f1"]
    return result
