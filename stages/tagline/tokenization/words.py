"""Words of raw text: split text that is not pre-tokenised into words.

From left to right, the first rule that matches:

1. letters with dots between and after them, as in *U.S.* and *e.g.*;
2. the English genitive *'s* after a letter or digit, so that *Norway's* is *Norway* and *'s*;
3. a Han, Hiragana or Katakana character, since these scripts have no spaces between words;
4. a run of letters, digits and underscores, with their combining marks and joiners. One apostrophe, hyphen, full stop,
   comma, colon or middle dot is allowed between two of its characters: *don't*, *well-known*, *3.14*, *1,000*,
   *10:30*, *example.com*. A comma or colon needs digits on both sides;
5. any other character that is not white space, with its combining marks.

The text is not normalised or lower-cased. Text in Thai, Khmer and other scripts without spaces becomes long runs; split
it into words before, and use a format with words.
"""

from __future__ import annotations

import regex

_JOINERS = r"\u00AD\u200C\u200D\u2060"  # soft hyphen, zero-width non-joiner and joiner, word joiner
_MARKS = rf"[\p{{M}}{_JOINERS}]"
_IDEOGRAPH = r"[\p{Han}\p{Hiragana}\p{Katakana}&&\p{L}]"
_CHARACTER = rf"(?:[[\p{{L}}\p{{N}}_]--{_IDEOGRAPH}]{_MARKS}*+)"
_APOSTROPHE = r"'\u2019"
_GENITIVE = rf"[{_APOSTROPHE}][sS](?!{_CHARACTER}|{_MARKS})"
# Hyphens, full stop and middle dot (Catalan); an apostrophe unless of a genitive; comma and colon in numbers.
_CONNECTOR = rf"(?:(?!{_GENITIVE})[{_APOSTROPHE}\-\u2010\u2011.\u00B7]|(?<=\p{{N}})[,:](?=\p{{N}}))"
# White space for str.isspace(): \s of `regex` lacks the file, group, record and unit separators.
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
    """Find the words of a text as (start, end) offsets in code points, ascending, with end exclusive.

    Every character that is not white space is in exactly one word, and no word contains white space.
    """
    return [match.span() for match in _WORD.finditer(text)]
