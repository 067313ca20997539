"""The sample corpus: its form, its tags, and what its card says of it."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest
from helpers.formats import section
from helpers.project import ROOT

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
UPOS = set("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())
CHUNKS = set("NP VP PP ADVP ADJP SBAR PRT CONJP INTJ LST".split())
ENTITIES = {"PER", "LOC", "ORG", "MISC"}

Sentence = dict[str, list[str]]


def entities(sentence: Sentence) -> list[tuple[str, str]]:
    """Type and text of each entity."""
    found: list[tuple[str, list[str]]] = []
    for word, tag in zip(sentence["words"], sentence["ner"], strict=True):
        prefix, kind = split_tag(tag)
        if prefix == "B":
            found.append((kind, [word]))
        elif prefix == "I":
            found[-1][1].append(word)
    return [(kind, " ".join(words)) for kind, words in found]


def seen_in_train(split: str) -> float:
    """The share of a split's entities whose text is an entity of the same type in train."""
    train = {entity for sentence in SPLITS["train"] for entity in entities(sentence)}
    found = [entity for sentence in SPLITS[split] for entity in entities(sentence)]
    return sum(entity in train for entity in found) / len(found)


@pytest.mark.parametrize("split", SPLITS)
def test_every_word_line_has_four_columns_divided_by_one_space(split: str) -> None:
    content = (SAMPLE / f"{split}.conll").read_bytes().decode("utf-8")
    assert "\r" not in content
    assert content.endswith("\n")
    for number, line in enumerate(content.removesuffix("\n").split("\n"), 1):
        assert line == "" or [len(line.split()), line.count(" ")] == [4, 3], f"{split}.conll:{number}: {line!r}"


@pytest.mark.parametrize("split", SPLITS)
def test_tags_are_those_of_the_guideline(split: str) -> None:
    for sentence in SPLITS[split]:
        text = " ".join(sentence["words"])
        assert set(sentence["pos"]) <= UPOS, text
        for layer, types in (("chunk", CHUNKS), ("ner", ENTITIES)):
            for tag in sentence[layer]:
                prefix, kind = split_tag(tag)
                assert tag == "O" or (prefix in ("B", "I") and kind in types), f"{tag} in {text}"
            for left, tag in pairwise([None, *sentence[layer]]):
                assert to_iob2(left, tag, "IOB2") == (tag, False), f"{tag} after {left} in {layer} of {text}"


def test_no_sentence_stands_twice() -> None:
    counts = Counter(" ".join(sentence["words"]).lower() for rows in SPLITS.values() for sentence in rows)
    assert [text for text, count in counts.items() if count > 1] == []


def test_the_sentence_of_the_course_is_new() -> None:
    words = {word for sentence in SPLITS["train"] for word in sentence["words"]}
    assert not {"Sylvain", "Hugging", "Brooklyn"} & words
    texts = [" ".join(sentence["words"]) for sentence in SPLITS["train"]]
    assert not [text for text in texts if re.search("[Mm]y name is .* I work (at|for) .* in ", text)]


def test_it_is_large_enough_and_divided_as_promised() -> None:
    sizes = {split: len(rows) for split, rows in SPLITS.items()}
    words = sum(len(sentence["words"]) for rows in SPLITS.values() for sentence in rows)
    assert sum(sizes.values()) >= 3000
    assert min(sizes.values()) >= 450
    assert words >= 42_000
    assert 0.65 <= sizes["train"] / sum(sizes.values()) <= 0.75


@pytest.mark.parametrize("split", SPLITS)
def test_the_card_counts_each_split(split: str) -> None:
    rows = SPLITS[split]
    lengths = [len(sentence["words"]) for sentence in rows]
    without = sum(not entities(sentence) for sentence in rows)
    assert f"| {split}.conll | {len(rows):,} | {sum(lengths):,} | {max(lengths)} | {without} |" in CARD


def test_the_card_counts_each_tag() -> None:
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
