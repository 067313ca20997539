"""Slices: scores of parts of a split, which show where a model fails, also by what the training split has of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tagline.labels.entities import EntityArrays, marked
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten
from tagline.labels.windows import AnyInts, Bools
from tagline.metrics.scores import Counts, ratios, rounded, scores_of
from tagline.text.case import in_capitals

Scores = dict[str, float | int]

TEXTS = ("seen", "seen_as_other_type", "unseen")
# Upper limits of the length slices in words; one more slice has no upper limit.
ENTITY_LENGTHS = (1, 2)
SENTENCE_LENGTHS = (10, 20, 40)
# In a title, the share of words that begin with a capital, of those with letters that have one.
TITLE = 0.8


class TrainingIndex:
    """What the training split has of other splits' sentences and entities, case-sensitive.

    Memory grows with the different entities of the other splits, and by a hash for each of their sentences: the
    training split is read once, sentence by sentence.

    Args:
        training: words and label names of each sentence of the training split; "" for plain tags that are unknown.
        others: the splits that are looked up, with gold and predicted entities.
        kind: how the labels are read.
    """

    def __init__(
        self,
        training: Iterable[tuple[Sequence[str], Sequence[str]]],
        others: Iterable[Sequence[TaggedSentence]],
        kind: Kind,
    ) -> None:
        sentences: set[int] = set()
        texts: set[tuple[str, ...]] = set()
        for split in map(flatten, others):
            sentences.update(hash(tuple(words)) for words in split.words or ())
            for side in (split.gold_entities, split.predicted_entities):
                texts.update(split.texts(side))
        # Hashes of 64 bits: ten million sentences contain a collision with a probability of 3 in a million.
        self._sentences: set[int] = set()
        self._types: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for words, labels in training:
            whole = tuple(words)
            if (hashed := hash(whole)) in sentences:
                self._sentences.add(hashed)
            for entity in marked(labels, kind):
                if entity.type and (text := whole[entity.start : entity.end]) in texts:
                    self._types[text].add(entity.type)

    def contains(self, words: Sequence[str]) -> bool:
        """Whether the training split has a sentence of exactly these words."""
        return hash(tuple(words)) in self._sentences

    def types(self, text: tuple[str, ...]) -> set[str]:
        """The types of the training split's entities of exactly these words."""
        return self._types.get(text, set())


def slices(sentences: Sequence[TaggedSentence], counts: Counts, training: TrainingIndex) -> dict[str, Any]:
    """Score parts of a split. Which slices exist depends on gold alone.

    Args:
        sentences: with gold labels.
        counts: of these sentences.
        training: index of the training split.

    Returns:
        - ``text``: entities (plain tags: words) by whether the training split has them with this type (``seen``), with
          other types only (``seen_as_other_type``), or not (``unseen``);
        - ``entity_length``: entities by number of words, for spans only;
        - ``sentence_length``: sentences by number of words;
        - ``case``: sentences by `letter_case`, unless all have the same;
        - ``not_in_train``: the sentences that the training split does not have.

        All but the last are dictionaries of scores by slice. The gold and the predicted entity of a correct pair are in
        the same slice.
    """
    flat = flatten(sentences)

    def by_length(entities: EntityArrays) -> AnyInts:
        return np.searchsorted(ENTITY_LENGTHS, entities.end - entities.start)

    result: dict[str, Any] = {"text": _of_entities(flat, counts.kind, partial(in_train, flat, training), TEXTS)}
    if counts.kind == "spans":
        result["entity_length"] = _of_entities(flat, counts.kind, by_length, _ranges(ENTITY_LENGTHS))
    range_of_each = np.searchsorted(SENTENCE_LENGTHS, np.diff(flat.offsets))
    by_range = {
        name: _of_sentences(counts, range_of_each == index) for index, name in enumerate(_ranges(SENTENCE_LENGTHS))
    }
    result["sentence_length"] = {name: scores for name, scores in by_range.items() if scores["number"]}
    by_case = {name: _of_sentences(counts, chosen) for name, chosen in of_each_case(flat).items()}
    if by_case := {name: scores for name, scores in by_case.items() if scores["number"]}:
        result["case"] = by_case
    is_new = (not training.contains(words) for words in flat.words or ())
    new = _of_sentences(counts, np.fromiter(is_new, bool, count=len(flat)))
    return result | ({"not_in_train": new} if new["number"] else {})


def in_train(flat: TaggedSentences, training: TrainingIndex, entities: EntityArrays) -> AnyInts:
    """Look up entities of some sentences in the training split: the index in `TEXTS` of each, int8 (entities,)."""
    types = (entities.types[type_] for type_ in entities.type.tolist())
    pairs = zip(types, map(training.types, flat.texts(entities)), strict=True)
    return np.fromiter((0 if own in known else 1 if known else 2 for own, known in pairs), np.int8, len(entities.type))


def of_each_case(sentences: Sequence[TaggedSentence]) -> dict[str, Bools]:
    """Which sentences have each `letter_case`, bool (sentences,), by its name; empty if all have the same."""
    found = np.array([letter_case(words) for words in flatten(sentences).words or ()], dtype=np.str_)
    names = np.unique(found).tolist()
    return {name: found == name for name in names if name} if len(names) > 1 else {}


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
    flat: TaggedSentences, kind: Kind, slice_of: Callable[[EntityArrays], AnyInts], names: Sequence[str]
) -> dict[str, Scores]:
    """Score the entities of each slice; for plain tags, compute the accuracy of its words."""
    gold = slice_of(flat.gold_entities)
    sides = (gold[flat.correct[0]], slice_of(flat.predicted_entities), gold)
    correct, in_predicted, in_gold = (np.bincount(side, minlength=len(names)) for side in sides)
    result: dict[str, Scores] = {}
    for index, name in sorted(enumerate(names), key=lambda item: item[1]):
        if number := int(in_gold[index]):
            of_slice = ratios(correct[index], in_predicted[index], number)
            accuracy: Scores = {"accuracy": rounded(of_slice.recall), "number": number}
            result[name] = scores_of(*of_slice, number) if kind == "spans" else accuracy
    return result


def _of_sentences(counts: Counts, chosen: Bools) -> Scores:
    """Compute the overall scores of the chosen sentences; ``number`` is 0 if none is chosen."""
    total = counts.total(chosen)
    scores = scores_of(*total.overall(), total.gold.sum(), total.accuracy())
    return scores | {"sentences": int(np.count_nonzero(chosen))}


def _ranges(limits: Sequence[int]) -> list[str]:
    """Name the ranges between limits, such as 1-10, 11-20 and 21+ for 10 and 20."""
    lows = [1, *(limit + 1 for limit in limits)]
    closed = [f"{low}-{high}" if low < high else str(high) for low, high in zip(lows, limits, strict=False)]
    return [*closed, f"{lows[-1]}+"]
