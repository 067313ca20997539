"""Sentences that runs have in common, however their splits were cut, ordered and numbered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagline.comparison.joining import join
from tagline.comparison.runs import Rows


def rows(*sentences: tuple[str, str]) -> Rows:
    words = [text.split() for _, text in sentences]
    return Rows([name for name, _ in sentences], words, words, words)


A, B, C = ("0", "Ada lives"), ("1", "in Oslo"), ("2", "no more")


def test_the_same_in_another_order() -> None:
    assert join([rows(A, B, C), rows(C, A, B)]) == [[2, 0, 1], [0, 1, 2]]


def test_what_only_one_has_is_left_out() -> None:
    assert join([rows(A, B), rows(B, C)]) == [[1], [0]]
    assert join([rows(A), rows(B)]) == [[], []]


def test_other_words_are_another_sentence() -> None:
    assert join([rows(A, B), rows(A, ("1", "in Oslo ."))]) == [[0], [0]]


def test_a_sentence_that_came_in_further_up_renumbers_the_others() -> None:
    later = rows(("0", "a new one"), ("1", "Ada lives"), ("2", "in Oslo"))
    assert join([rows(A, B), later]) == [[0, 1], [1, 2]]


def test_of_equal_words_the_same_id_goes_first() -> None:
    twice = rows(("0", "Ada"), ("1", "Ada"), ("2", "Ada"))
    assert join([twice, rows(("2", "Ada"), ("7", "Ada"))]) == [[2, 0], [0, 1]]


def test_of_several_runs_only_what_all_have() -> None:
    assert join([rows(A, B, C), rows(B, C), rows(C, B, A)]) == [[2, 1], [1, 0], [0, 1]]


SENTENCES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=8)


@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_pairs_have_the_same_words_and_none_stands_in_two(runs: list[list[tuple[str, str]]]) -> None:
    whole = [rows(*sentences) for sentences in runs]
    places = join(whole)
    assert len({len(each) for each in places}) == 1
    for each in places:
        assert len(set(each)) == len(each)
    assert places[-1] == sorted(places[-1])
    for together in zip(*places, strict=True):
        assert len({tuple(run.words[place]) for run, place in zip(whole, together, strict=True)}) == 1


@given(SENTENCES, st.randoms())
def test_nothing_is_lost_by_shuffling(sentences: list[tuple[str, str]], random: object) -> None:
    shuffled = list(sentences)
    random.shuffle(shuffled)
    assert len(join([rows(*shuffled), rows(*sentences)])[0]) == len(sentences)
