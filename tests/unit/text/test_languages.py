"""Words of languages: compared with sentences segmented as Universal Dependencies does, in segmented/LANGUAGE.txt.

Words end at spaces and at |. No treebank exists for Lao, Khmer and Burmese: their words are those of dictionaries.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import chain, pairwise
from pathlib import Path
from statistics import harmonic_mean
from typing import get_args

import pytest
from helpers.messages import message_of
from hypothesis import example, given
from hypothesis import strategies as st

from tagline.text.languages import Language, library, splitter
from tagline.text.words import NOT_SPACE

SEGMENTED = Path(__file__).parent / "segmented"
INSTALLED = [language for language in get_args(Language) if find_spec(str(library(language)))]
TWO = sorted({"fr", "th"} & {*INSTALLED})


def words(text, language):
    return [text[start:end] for start, end in splitter(language)(text)]


def segmented(language):
    """Each text with the spans of its words."""
    for line in (SEGMENTED / f"{language}.txt").read_text("utf-8").splitlines():
        text, spans, end = line.replace("|", ""), set(), 0
        for word in line.replace("|", " ").split():
            start = text.index(word, end)
            end = start + len(word)
            spans.add((start, end))
        yield text, spans


@pytest.mark.parametrize("language", INSTALLED)
def test_words_are_those_of_universal_dependencies(language):
    words = [(expected, set(splitter(language)(text))) for text, expected in segmented(language)]
    borders = [(set(chain(*expected)), set(chain(*found))) for expected, found in words]  # a word is right if both are
    assert min(shares(borders)) > 0.9
    assert harmonic_mean(shares(words)) > (0.85 if library(language) == "icu4py" else 0.93)


def shares(pairs):
    """Recall and precision of pairs of what is expected and what is found."""
    right = sum(len(expected & found) for expected, found in pairs)
    return [right / sum(map(len, side)) for side in zip(*pairs, strict=True)]


WORDS = [
    ("fr", "l'Assemblée d\u2019Arras", "l'|Assemblée|d\u2019|Arras"),
    ("nl", "foto's", "foto's"),
    ("en", "Ms. Lind don't", "Ms.|Lind|do|n't"),
    ("ru", "кто-то и др.", "кто-то|и|др."),  # spaCy has a token with a space
    # What the default rule keeps whole; spaCy keeps addresses itself.
    ("fr", "@ada #oslo \U0001f1f3\U0001f1f4\U0001f1f8\U0001f1ea!", "@ada|#oslo|\U0001f1f3\U0001f1f4|\U0001f1f8\U0001f1ea|!"),
    ("en", "\U0001f469\u200d\U0001f467 https://a.no/b. ada@a.no", "\U0001f469\u200d\U0001f467|https://a.no/b|.|ada@a.no"),
    ("th", "ไทยคน200คน #ไทยคน ก.ค. A-\U0001d49cไทยคน", "ไทย|คน|200|คน|#ไทยคน|ก.ค.|A-\U0001d49c|ไทย|คน"),
    ("km", "ខ្ញុំ\u200bមិន", "ខ្ញុំ|មិន"),
]  # fmt: skip


@pytest.mark.parametrize("language, text, expected", WORDS)
def test_words(language, text, expected):
    pytest.importorskip(str(library(language)))
    assert "|".join(words(text, language)) == expected


# Characters between which the default rule decides, more often than chance would bring them together.
TELLING_ONES = (
    "aZ9_ .,:'\u2019-\u00b7\u0301\u200c\u200d\u00ad\u5317\u30cb\x1c\u00a0\u0600\U0001f469sS@#\"/hw\u05d0\U0001f1f3"
)
TELLING = st.text(st.sampled_from(TELLING_ONES))


@pytest.mark.parametrize("language", [None, *TWO])
@given(text=st.text(st.characters(codec="utf-8")) | TELLING)
@example(text="a\x1cb\u00a0\u3000c\x85d\u0600 \u0301")
@example(text="\U0001f1f3\U0001f1f4@ada#b 'l'\u2019n\u0e44\u0e17\u0e22\U00020000")
def test_every_character_but_white_space_is_in_one_word(language, text):
    spans = splitter(language)(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(NOT_SPACE.fullmatch(word) for word in words(text, language))
    assert "".join(words(text, language)).replace("\u200b", "") == "".join(text.split()).replace("\u200b", "")


@given(TELLING | st.just("\ud800a"), TELLING)
def test_white_space_divides(left, right):
    assert words(f"{left} {right}", None) == words(left, None) + words(right, None)


@pytest.mark.parametrize("language", TWO)
def test_threads_get_the_same_words(language):
    texts = [text for text, _ in segmented(language)] * 20
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(splitter(language), texts)) == [splitter(language)(text) for text in texts]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("language", TWO[:1])
def test_a_forked_process_inherits_no_lock(language):
    inherited = splitter(language)
    child = os.fork()
    if child == 0:
        os._exit(splitter(language) is inherited)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_unknown_language_is_an_error():
    """What is said of a missing library, tests/test_install.py shows."""
    message = "language: 'xx' is unknown; expected one of ca, de, "
    assert message_of(splitter, "xx").startswith(message)
