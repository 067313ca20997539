"""Agreement of pre-tokenised words with the rule for raw text."""

from __future__ import annotations

import pytest

from tagline.text.agreement import FIRST, STEP, Agreement, running_text
from tagline.text.sentence import Sentence, Surface
from tagline.text.words import split_words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Ada 's l' Oise ( France ) .", "Ada's l'Oise (France)."),
        ("do n't ' quoted ' -- 5 %", "don't ' quoted ' -- 5%"),
        ("ไทย คน in 北 京 .", "ไทยคน in 北京."),
        ("", ""),
    ],
)
def test_running_text(words: str, text: str) -> None:
    found, spans = running_text(words.split())
    assert found == text
    assert [found[start:end] for start, end in spans] == words.split()


def test_words_that_are_not_found_again() -> None:
    agreement = Agreement(split_words)
    assert agreement.share == 1.0
    agreement.compare("Ada lives in Oslo .".split())
    assert (agreement.share, list(agreement.differences)) == (1.0, [])
    for _ in range(2):
        agreement.compare("Ms. Lind does n't .".split())
    assert agreement.share == round((5 + 2 * 2) / 15, 4)
    assert list(agreement.differences) == ["'Ms.' is found as 'Ms' '.'"]


def test_some_sentences_are_compared() -> None:
    agreement = Agreement(split_words)
    list(agreement.watch(Sentence("", [str(number)], {}) for number in range(FIRST + 5 * STEP)))
    assert agreement.words == FIRST + 5


def test_words_of_a_raw_text() -> None:
    agreement = Agreement(split_words, write_text=False)
    list(agreement.watch([Sentence("", ["Ms."], {})]))  # has no text
    assert agreement.words == 0
    surface = Surface("Pain du .", [(0, 4), (5, 5), (5, 5), (8, 9)])
    list(agreement.watch([Sentence("", ["Pain", "de", "le", "."], {}, surface=surface)]))
    assert (agreement.words, agreement.found) == (4, 2)
    assert list(agreement.differences) == ["'de' is found as 'du'"]
