"""Agreement of pre-tokenised words and sentences with the rules for raw text."""

import pytest

from tagline.text.agreement import FIRST, STEP, SentenceAgreement, running_text
from tagline.text.sentence import Sentence
from tagline.text.sentences import split_sentences

TEXTS = {"Ada 's l' Oise ( France ) .": "Ada's l'Oise (France).", "do n't ' quoted ' -- 5 %": "don't ' quoted ' -- 5%"}
TEXTS |= {"ไทย คน in 北 京 .": "ไทยคน in 北京.", "": ""}


@pytest.mark.parametrize("words, text", TEXTS.items())
def test_running_text(words, text):
    found, spans = running_text(words.split())
    assert found == text
    assert [found[start:end] for start, end in spans] == words.split()


def test_share_of_sentences_that_stay_whole_is_of_a_sample():
    agreement = SentenceAgreement(split_sentences)
    assert agreement.share == 1
    whole, two = (Sentence("f:1", words.split(), {}) for words in ("Ada left .", "Ada left . Bo stayed ."))
    agreement.add(two)
    agreement.add(whole)
    assert agreement.share == 0.5
    for _ in range(FIRST + 5 * STEP - 2):
        agreement.add(whole)
    assert agreement.compared == FIRST + 5
