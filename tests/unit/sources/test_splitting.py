"""Drawing splits: what a sentence's split depends on, and what it does not."""

import math
from collections import Counter
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tagline.sources.splitting import Drawn, Draws, draw, lacking, moves, split_of

SHARES = {"test": 0.2, "validation": 0.1}
SENTENCES = [["word", str(number)] for number in range(5000)]


def test_shares_are_met_and_another_seed_draws_others():
    first, second = ([split_of(draw(words, seed), SHARES) for words in SENTENCES] for seed in (1, 2))
    counts = Counter(first)
    assert abs(counts["test"] - 1000) < 100
    assert abs(counts["validation"] - 500) < 75
    assert sum(pair == ("test", "test") for pair in zip(first, second, strict=True)) < counts["test"] / 3


def test_the_same_on_any_host():
    """A change of the rule would move sentences between the splits of every user."""
    drawn = [split_of(draw(words, 42), SHARES) for words in SENTENCES[:12]]
    assert " ".join(drawn) == "test train train validation test train test train train train train train"


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_words_are_told_apart(one, other):
    """That ["a", "b"] and ["a b"] fall alike must be chance, so at many seeds they differ somewhere."""
    drawn = [[split_of(draw(words, seed), {"test": 0.5}) for seed in range(64)] for words in (one, other)]
    assert (drawn[0] == drawn[1]) == (one == other)


def numbers_of(documents: list[Drawn], moved: dict[int, str]):
    numbers = Counter[tuple[str, str]]()
    for document in documents:
        split = moved.get(document.number, document.split)
        numbers.update((type_, split) for type_ in document.types)
    return numbers


SPLITS = ("train", "test", "validation")


def test_split_that_lacks_a_type_gets_the_document_of_the_lowest_draw():
    kinds = [("train", "A"), ("train", "AB"), ("train", "B"), ("train", "B"), ("test", "A"), ("validation", "AB")]
    documents = [Drawn(9 - index, split, frozenset(types)) for index, (split, types) in enumerate(kinds)]
    assert lacking(numbers_of(documents, {}), SPLITS) == [("B", "test")]
    assert moves(documents, {"test": 0.4, "validation": 0.2}) == {6: "test"}


def test_split_that_has_its_share_exchanges_a_document():
    """Of 200 rare types, no split can have each: it keeps its share, and train does not shrink."""
    kinds = [("train", "AB"), ("train", "B"), ("train", ""), ("test", "A"), ("test", "A")]
    documents = [Drawn(number, split, frozenset(types)) for number, (split, types) in enumerate(kinds)]
    assert moves(documents, {"test": 0.4}) == {3: "train", 1: "test"}
    rare = []
    for number in range(1000):
        split = split_of(number * 2**64 // 1000, {"test": 0.1, "validation": 0.1})
        rare.append(Drawn(number, split, frozenset({str(number % 200), str(number % 7)})))
    moved = moves(rare, {"test": 0.1, "validation": 0.1})
    sizes = Counter(moved.get(document.number, document.split) for document in rare)
    assert moved
    assert sizes == {"train": 800, "test": 100, "validation": 100}


DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(SPLITS), st.frozensets(st.sampled_from("ABC")), st.integers(1, 3)), max_size=12
)


@given(DOCUMENTS)
def test_no_split_loses_a_type_or_gets_more_than_its_share_by_a_move(drawn):
    documents = []
    for number, (split, types, copies) in enumerate(drawn):
        documents += [Drawn(number, split, types)] * copies
    before = numbers_of(documents, {})
    shares = {"test": 0.2, "validation": 0.2}
    moved = moves(documents, shares)
    sizes = [Counter(of.get(each.number, each.split) for each in documents) for of in ({}, moved)]
    for split, share in shares.items():
        assert sizes[1][split] <= max(sizes[0][split], math.ceil(share * len(documents)))
    after = numbers_of(documents, moved)
    assert {pair for pair in before if before[pair]} <= {pair for pair in after if after[pair]}
    if not lacking(before, SPLITS):
        assert moved == {}


@given(st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=3), min_size=1, max_size=4))
def test_documents_are_drawn_while_they_are_read(sentences):
    draws = Draws(42)
    for words in sentences:
        draws.add("d", words, [("ner", words[0])])
    assert draws.is_one
    (document,) = draws.documents(lambda tag: tag[1] or "", {"test": 0.5})
    assert document.number == draw([*chain.from_iterable(sentences)], 42)
    assert document.types == {words[0] for words in sentences} - {""}
