"""The sample corpus: its form, its tags, and what its card says of it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from helpers.formats import section
from helpers.project import ROOT

from tagline.labels.entities import entities as spans
from tagline.labels.schemes import split_tag, to_iob2

# A clone may have other data.
pytestmark = pytest.mark.release

SAMPLE = ROOT / "data/sample"
if not all((SAMPLE / name).is_file() for name in ("README.md", "train.conll", "validation.conll", "test.conll")):
    pytest.skip("the sample corpus is not in this clone", allow_module_level=True)
CARD = (SAMPLE / "README.md").read_text(encoding="utf-8")
COLUMNS = ["words", "pos", "chunk", "ner"]
SPLITS = {
    split: [
        {"words": sentence.words, **sentence.tags}
        for sentence in section("conll", columns=COLUMNS).read(SAMPLE / f"{split}.conll")
    ]
    for split in ("train", "validation", "test")
}
Sentence = dict[str, list[str]]


def entities(sentence: Sentence) -> list[tuple[str, str]]:
    """Type and text of each entity."""
    return [(type_, " ".join(sentence["words"][start:end])) for type_, start, end in spans(sentence["ner"])]


def seen_in_train(split: str) -> float:
    """The share of a split's entities whose text is an entity of the same type in train."""
    train = {entity for sentence in SPLITS["train"] for entity in entities(sentence)}
    found = [entity for sentence in SPLITS[split] for entity in entities(sentence)]
    return sum(entity in train for entity in found) / len(found)


def test_tags_are_legal_and_no_sentence_stands_twice() -> None:
    counts = Counter(" ".join(sentence["words"]).lower() for rows in SPLITS.values() for sentence in rows)
    assert [text for text, count in counts.items() if count > 1] == []
    assert not {"sylvain", "hugging", "brooklyn"} & {word for text in counts for word in text.split()}, "of the course"
    for sentence in (sentence for rows in SPLITS.values() for sentence in rows):
        for layer in ("chunk", "ner"):
            for left, tag in pairwise([None, *sentence[layer]]):
                assert to_iob2(left, tag, "IOB2") == (tag, False), f"{tag} after {left} in {layer} of {sentence}"


def test_the_card_counts_each_split_and_tag() -> None:
    for split, rows in SPLITS.items():
        lengths = [len(sentence["words"]) for sentence in rows]
        without = sum(not entities(sentence) for sentence in rows)
        assert f"| {split}.conll | {len(rows):,} | {sum(lengths):,} | {max(lengths)} | {without} |" in CARD
    for layer in ("pos", "chunk", "ner"):
        counts = {split: layer_counts(rows, layer) for split, rows in SPLITS.items()}
        for name in set().union(*counts.values()):
            cells = " | ".join(f"{counts[split][name]:,}" for split in SPLITS)
            assert f"| {name} | {cells} |" in CARD, f"{layer} {name}"


def layer_counts(rows: list[Sentence], layer: str) -> Counter[str]:
    """Words by tag for parts of speech, spans by type for the others."""
    tags = [split_tag(tag) for sentence in rows for tag in sentence[layer]]
    return Counter(kind for prefix, kind in tags if kind and prefix in ("", "B"))


def test_the_card_says_how_many_entities_training_has_seen() -> None:
    number = sum(len(entities(sentence)) for sentence in SPLITS["test"])
    told = f"Of the {number} entities of the test split, {100 * seen_in_train('test'):.0f} % have a text"
    flat = " ".join(CARD.split())
    assert told in flat
    assert f"(validation: {100 * seen_in_train('validation'):.0f} %)" in flat
    assert seen_in_train("test") < 0.3, "most names of test must be new"
