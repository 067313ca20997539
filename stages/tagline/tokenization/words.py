"""Words of raw text: the rule by which text that nobody cut into words becomes a sentence.

From left to right, the first that fits:

1. letters with dots between and after them, as in *U.S.* and *e.g.*;
2. the English genitive *'s* after a letter or digit, so that *Norway's* is *Norway* and *'s*;
3. a Han, Hiragana or Katakana character, since these scripts put no space between words;
4. a run of letters, digits and underscores, with the marks and joiners that belong to them. One apostrophe, hyphen,
   full stop, comma, colon or middle dot may stand between two of its characters: *don't*, *well-known*, *3.14*,
   *1,000*, *10:30*, *example.com*. A comma or colon must have digits on both sides;
5. any other character that is not white space, with the marks on it.

Nothing else happens to the text: no normalisation, no lower-casing. Thai, Khmer and other scripts without spaces come
out as long runs; cut them into words before, and use a format that holds words.
"""

from __future__ import annotations

import regex

_JOINERS = r"\u00AD\u200C\u200D\u2060"  # soft hyphen, zero-width non-joiner and joiner, word joiner
_MARKS = rf"[\p{{M}}{_JOINERS}]"
_IDEOGRAPH = r"[\p{Han}\p{Hiragana}\p{Katakana}&&\p{L}]"
_CHARACTER = rf"(?:[[\p{{L}}\p{{N}}_]--{_IDEOGRAPH}]{_MARKS}*+)"
_APOSTROPHE = r"'\u2019"
_GENITIVE = rf"[{_APOSTROPHE}][sS](?!{_CHARACTER}|{_MARKS})"
# Hyphens, full stop and middle dot (Catalan); an apostrophe but that of a genitive; comma and colon in numbers.
_CONNECTOR = rf"(?:(?!{_GENITIVE})[{_APOSTROPHE}\-\u2010\u2011.\u00B7]|(?<=\p{{N}})[,:](?=\p{{N}}))"
# regex and str.isspace() differ in the four separators from file to unit.
_SPACE = r"\s\x1C-\x1F"

_WORD = regex.compile(
    rf"""
      (?: \p{{L}} {_MARKS}*+ \. ){{2,}}+ (?! {_CHARACTER} )
    | (?<= [\p{{L}}\p{{N}}] {_MARKS}* ) {_GENITIVE}
    | {_IDEOGRAPH} {_MARKS}*+
    | {_CHARACTER}+ (?: {_CONNECTOR} {_CHARACTER}+ )*
    | [^{_SPACE}] {_MARKS}*+
    """,
    regex.VERBOSE | regex.VERSION1,
)


def split_words(text: str) -> list[tuple[int, int]]:
    """Where the words of a text begin and end, in code points, ascending.

    Every character that is not white space is in exactly one word, and no word holds white space.
    """
    return [match.span() for match in _WORD.finditer(text)]
