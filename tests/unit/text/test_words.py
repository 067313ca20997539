"""Words of raw text: the documented rule, and what must hold of any text."""

import pytest

from tagline.text.words import split_words


def words(text):
    return [text[start:end] for start, end in split_words(text)]


RULE = [
    ("Ada lives in Oslo.", "Ada|lives|in|Oslo|."),
    ("the U.S. and the U.S.A., e.g. a.b", "the|U.S.|and|the|U.S.A.|,|e.g.|a.b"),
    ("Norway's don't O\u2019Brien\u2019s James' '80s", "Norway|'s|don't|O\u2019Brien|\u2019s|James|'|'|80s"),
    ("well-known -- a- Al\u00b7l", "well-known|-|-|a|-|Al\u00b7l"),
    ("3.14 1,000 10:30, a,b c:d 5%", "3.14|1,000|10:30|,|a|,|b|c|:|d|5|%"),
    ("@user_1 #tag x#y #1 @ example.com/x", "@user_1|#tag|x|#|y|#|1|@|example.com|/|x"),
    ("a.b@ex-am.org a@b", "a.b@ex-am.org|a|@|b"),
    ("see https://x.no/a?b=1-2. (www.x.no/y) http://", "see|https://x.no/a?b=1-2|.|(|www.x.no/y|)|http|:|/|/"),
    ("re\u0301sume\u0301 \u0915\u094d\u0937", "re\u0301sume\u0301|\u0915\u094d\u0937"),
    ("\u0645\u06cc\u200c\u062e in\u00adner", "\u0645\u06cc\u200c\u062e|in\u00adner"),
    ("\u5317\u4eac in \u30cb\u30e5\u30fc\u30fb\u30e8\u306e", "\u5317|\u4eac|in|\u30cb\u30e5\u30fc|\u30fb|\u30e8|\u306e"),
    # Hebrew: IDF, Dr., and a prefix before a quotation.
    ('\u05e6\u05d4"\u05dc \u05d3"\u05e8', '\u05e6\u05d4"\u05dc|\u05d3"\u05e8'),
    ('\u05d4"\u05d4\u05d0"', '\u05d4|"|\u05d4\u05d0|"'),
    ("\u2764\ufe0f\U0001f44d\U0001f3fd \u200b", "\u2764\ufe0f|\U0001f44d\U0001f3fd|\u200b"),
    # Two flags, a family, the flag of Wales.
    ("\U0001f1f3\U0001f1f4\U0001f1f8\U0001f1ea", "\U0001f1f3\U0001f1f4|\U0001f1f8\U0001f1ea"),
    ("\U0001f469\u200d\U0001f467!", "\U0001f469\u200d\U0001f467|!"),
    ("\U0001f3f4\U000e0067\U000e0062\U000e007f.", "\U0001f3f4\U000e0067\U000e0062\U000e007f|."),
    ("a\u00a0b\u3000c\x1cd\x85e\u2028f", "a|b|c|d|e|f"),
    (" \n\t", ""),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", RULE)
def test_the_rule(text, expected):
    assert "|".join(words(text)) == expected
