"""Common sentences of runs, in any order, with any ids, between any others."""

from __future__ import annotations

from helpers.runs import split_of
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.tagged import TaggedSentence
from tagline.tools.comparison.joining import join


def rows(*sentences: tuple[str, str]) -> list[TaggedSentence]:
    """Build sentences from (id, words)."""
    return split_of([(name, text, text, text) for name, text in sentences])


def joined(*runs: list[TaggedSentence]) -> list[list[int]]:
    """Join runs and return the indices of the common sentences in each."""
    indices = [{id(sentence): index for index, sentence in enumerate(run)} for run in runs]
    return [[of_run[id(sentence)] for sentence in run] for of_run, run in zip(indices, join(runs), strict=True)]


A, B, C = ("0", "Ada lives"), ("1", "in Oslo"), ("2", "no more")


def test_the_same_in_another_order() -> None:
    assert joined(rows(A, B, C), rows(C, A, B)) == [[2, 0, 1], [0, 1, 2]]


def test_sentences_of_one_run_are_left_out() -> None:
    assert joined(rows(A, B), rows(B, C)) == [[1], [0]]
    assert joined(rows(A), rows(B)) == [[], []]


def test_different_words_are_different_sentences() -> None:
    assert joined(rows(A, B), rows(A, ("1", "in Oslo ."))) == [[0], [0]]


def test_an_inserted_sentence_that_renumbers_the_others() -> None:
    later = rows(("0", "a new one"), ("1", "Ada lives"), ("2", "in Oslo"))
    assert joined(rows(A, B), later) == [[0, 1], [1, 2]]


def test_among_equal_words_the_same_id_is_matched_first() -> None:
    twice = rows(("0", "Ada"), ("1", "Ada"), ("2", "Ada"))
    assert joined(twice, rows(("2", "Ada"), ("7", "Ada"))) == [[2, 0], [0, 1]]


def test_only_sentences_of_all_runs() -> None:
    assert joined(rows(A, B, C), rows(B, C), rows(C, B, A)) == [[2, 1], [1, 0], [0, 1]]


SENTENCES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=8)


@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_matches_have_the_same_words_and_no_sentence_is_matched_twice(runs: list[list[tuple[str, str]]]) -> None:
    whole = [rows(*sentences) for sentences in runs]
    indices = joined(*whole)
    assert len({len(each) for each in indices}) == 1
    for each in indices:
        assert len(set(each)) == len(each)
    assert indices[-1] == sorted(indices[-1])
    for together in zip(*indices, strict=True):
        assert len({tuple(run[index].words) for run, index in zip(whole, together, strict=True)}) == 1


@given(SENTENCES, st.randoms())
def test_shuffling_loses_no_sentence(sentences: list[tuple[str, str]], random: object) -> None:
    shuffled = list(sentences)
    random.shuffle(shuffled)
    assert len(join([rows(*shuffled), rows(*sentences)])[0]) == len(sentences)
