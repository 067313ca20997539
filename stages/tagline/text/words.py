"""Words of raw text: split text that is not pre-tokenised into words.

From left to right, the first rule that matches:

1. letters with dots between and after them, as in *U.S.* and *e.g.*;
2. a URL that begins with *http://*, *https://*, *ftp://* or *www.*, without the punctuation after it;
3. a run of letters, digits and underscores, with their combining marks and joiners. One apostrophe, hyphen, full stop,
   comma, colon or middle dot is allowed between two of its characters: *don't*, *well-known*, *3.14*, *1,000*,
   *10:30*, *example.com*. A comma or colon needs digits on both sides, the @ of *ada@example.com* a dot after it, the
   quotation mark of a Hebrew acronym letters around it. Scripts of rule 5 are apart;
4. the English genitive *'s* after a letter or digit, so that *Norway's* is *Norway* and *'s*;
5. a Han or Hiragana character, or a run of Katakana, since these scripts have no spaces between words;
6. a handle or hashtag, as in *@ada* and *#Oslo*;
7. a flag, or several emoji that joiners make one;
8. any other character that is not white space, with its combining marks.

The text is not normalised or lower-cased. Elisions (*d'Arras*) stay one word, and text in Thai, Khmer and other scripts
without spaces becomes long runs: `tagline.text.languages` splits the words of such languages.
"""

from collections.abc import Sequence

import regex

_JOINERS = r"\u00AD\u200C\u200D\u2060"  # soft hyphen, zero-width non-joiner and joiner, word joiner
_MARKS = rf"[\p{{M}}{_JOINERS}]"
_KATAKANA = r"[\p{Katakana}\u30FC\uFF70\uFF9E\uFF9F&&\p{L}]"  # with the marks of long and voiced sounds
_IDEOGRAPH = r"[\p{Han}\p{Hiragana}&&\p{L}]"
_CHARACTER = rf"(?:[[\p{{L}}\p{{N}}_]--{_IDEOGRAPH}--{_KATAKANA}]{_MARKS}*+)"
_APOSTROPHE = r"'\u2019"
_GENITIVE = rf"[{_APOSTROPHE}][sS](?!{_CHARACTER}|{_MARKS})"
# An acronym has several letters before the quotation mark or one after it, unlike a prefix before a quotation.
_GERSHAYIM = r'(?<=\p{Hebrew})["\u05F4](?:(?<=\p{Hebrew}{2}.)(?=\p{Hebrew})|(?=\p{Hebrew}(?!\p{Hebrew})))'
# Hyphens, full stop and middle dot (Catalan); an apostrophe unless of a genitive; comma and colon in numbers. The first
# lookahead is for speed: most words end before a space.
_CONNECTOR = rf"""(?=[{_APOSTROPHE}\-\u2010\u2011.\u00B7,:@"\u05F4])(?:
      (?!{_GENITIVE})[{_APOSTROPHE}\-\u2010\u2011.\u00B7]
    | (?<=\p{{N}})[,:](?=\p{{N}})
    | @(?=[\p{{L}}\p{{N}}\-]+\.[\p{{L}}\p{{N}}])
    | {_GERSHAYIM}
)"""
# White space for str.isspace(): \s of `regex` lacks the file, group, record and unit separators.
_SPACE = r"\s\x1C-\x1F"
_URL = rf"(?:(?:https?|ftp)://|www\.)[^{_SPACE}<>\"]*[^{_SPACE}<>\"\p{{P}}--[/_\-]]"
_TAG = rf"(?: @ (?= [\p{{L}}\p{{N}}_] ) | \# (?= \p{{L}} ) ) (?<! {_CHARACTER} . ) {_CHARACTER}+"
_FLAG = rf"\p{{Regional_Indicator}}{{2}} {_MARKS}*+"
_EMOJI = rf"\p{{Extended_Pictographic}}{_MARKS}*+[\U0001F3FB-\U0001F3FF]?+[{_MARKS}\U000E0020-\U000E007F]*+"
_EMOJIS = rf"{_EMOJI} (?: (?<= \u200D ) {_EMOJI} )*"

NOT_SPACE = regex.compile(rf"[^{_SPACE}]+", regex.VERSION1)
# What the rules of languages leave to this module.
TAGS_AND_EMOJI = regex.compile(rf"{_TAG} | {_FLAG} | {_EMOJIS}", regex.VERBOSE | regex.VERSION1)

_WORD = regex.compile(
    rf"""
      (?: \p{{L}} {_MARKS}*+ \. ){{2,}}+ (?! {_CHARACTER} )
    | {_URL}
    | {_CHARACTER}+ (?: {_CONNECTOR} {_CHARACTER}+ )*
    | (?= [{_APOSTROPHE}] ) (?<= [\p{{L}}\p{{N}}] {_MARKS}* ) {_GENITIVE}
    | {_IDEOGRAPH} {_MARKS}*+
    | (?: {_KATAKANA} {_MARKS}*+ )+
    | {_TAG}
    | {_FLAG}
    | {_EMOJIS}
    | [^{_SPACE}] {_MARKS}*+
    """,
    regex.VERBOSE | regex.VERSION1,
)


def split_words(text: str) -> list[tuple[int, int]]:
    """Find the words of a text as (start, end) offsets in code points, ascending, end exclusive.

    Every character that is not white space is in exactly one word, and no word contains white space.
    """
    return [match.span() for match in _WORD.finditer(text)]


def join_words(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Join words by spaces; return the text, and the start and end of each word."""
    spans = []
    start = 0
    for word in words:
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return " ".join(words), spans
