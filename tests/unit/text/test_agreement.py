"""Agreement of pre-tokenised words and sentences with the rules for raw text."""

from __future__ import annotations

import pytest

from tagline.text.agreement import FIRST, STEP, Agreement, SentenceAgreement, running_text
from tagline.text.sentence import Sentence, Surface
from tagline.text.sentences import split_sentences
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


def test_words_that_are_not_found_again_lower_the_share() -> None:
    agreement = Agreement(split_words)
    assert agreement.share == 1.0
    for words in ("Ada lives in Oslo .", "Ms. Lind does n't .", "Ms. Lind does n't ."):
        agreement.compare(words.split())
    assert agreement.share == round((5 + 2 * 2) / 15, 4)
    assert list(agreement.differences) == ["'Ms.' is found as 'Ms' '.'"]


def test_words_of_a_raw_text_are_compared_in_it() -> None:
    agreement = Agreement(split_words, write_text=False)
    surface = Surface("Pain du .", [(0, 4), (5, 5), (5, 5), (8, 9)])
    without_text = Sentence("", ["Ms."], {})
    list(agreement.watch([without_text, Sentence("", ["Pain", "de", "le", "."], {}, surface=surface)]))
    assert (agreement.words, agreement.found) == (4, 2)
    assert list(agreement.differences) == ["'de' is found as 'du'"]


def test_share_of_sentences_that_stay_whole_is_of_a_sample() -> None:
    agreement = SentenceAgreement(split_sentences)
    assert agreement.share == 1
    sentences = [Sentence("f:1", words.split(), {}) for words in ("Ada left .", "Ada left . Bo stayed .")]
    assert list(agreement.watch(sentences)) == sentences
    assert agreement.share == 0.5
    list(agreement.watch([sentences[0]] * (FIRST + 5 * STEP)))
    assert agreement.compared == 2 + FIRST + 5
