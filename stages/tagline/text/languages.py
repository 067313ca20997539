"""Words of raw text by language, where the rule of `tagline.text.words` does not find them.

spaCy's rule-based tokenizers know elisions, clitics and abbreviations (*l'* and *Arras*, *do* and *n't*, *Ms.*); ICU's
dictionaries know the words of Thai, Lao, Khmer and Burmese, written without spaces. Both libraries are extras.
Artifacts record their versions, since another one may split differently.
"""

import os
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from threading import Lock
from typing import Literal, get_args

import regex

from tagline.terminal import UserError, quoted
from tagline.terminal.command_line import install_command
from tagline.text.words import NOT_SPACE, TAGS_AND_EMOJI, split_words

WordSpans = list[tuple[int, int]]
# Finds the words of a text, as `split_words` does.
WordSplitter = Callable[[str], WordSpans]

# ISO codes of the languages whose words are tested against the segmentation of Universal Dependencies.
Language = Literal["ca", "de", "en", "es", "fr", "he", "it", "km", "lo", "my", "nl", "ru", "th"]
# Libraries; the extras that install them have the same names.
SPACY, ICU = "spacy", "icu4py"
WITHOUT_SPACES = ("km", "lo", "my", "th")
# Share of the training words that a rule should find again in running text.
LEAST_AGREEMENT = 0.98

_ZERO_WIDTH_SPACE = "\u200b"  # between words of Khmer and Lao
# Runs of the scripts of WITHOUT_SPACES. Without characters beyond the basic plane, ICU's offsets, which count UTF-16
# units, count code points.
_RUN = regex.compile(r"[[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&[\u0000-\uFFFF]]+", regex.VERSION1)
# Handles, hashtags, URLs and abbreviations with dots.
_WHOLE = regex.compile(r"[@#].+|.*/.*|.+\.")


def library(language: str | None) -> str | None:
    """The library that splits the words of a language; None for the default rule.

    Raises:
        UserError: the language is unknown.
    """
    if language is None:
        return None
    if language not in get_args(Language):
        raise UserError(
            f"language: {quoted(language)} is unknown; expected one of {', '.join(get_args(Language))}, or none"
        )
    return ICU if language in WITHOUT_SPACES else SPACY


def library_version(language: str | None) -> str | None:
    """The library of a language with its version, as ``spacy 3.8.11``; None for the default rule.

    Raises:
        UserError: the language is unknown, or its library is not installed.
    """
    name = library(language)
    if name is None:
        return None
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        raise UserError(
            f"language: the words of {language} are split by {name}, which is not installed; run "
            f"`{install_command(name)}`"
        ) from None


@cache
def splitter(language: str | None) -> WordSplitter:
    """The function that splits raw text in a language into words; safe to call from several threads.

    Raises:
        UserError: see `library_version`.
    """
    if language is None:
        return split_words
    library_version(language)  # raises if it is not installed
    return _of_icu(language) if language in WITHOUT_SPACES else _of_spacy(language)


if hasattr(os, "register_at_fork"):  # a lock that another thread holds stays locked in a forked process
    os.register_at_fork(after_in_child=splitter.cache_clear)


def _of_spacy(language: str) -> WordSplitter:
    import spacy
    from spacy.util import compile_infix_regex

    pipeline = spacy.blank(language)
    tokenizer = pipeline.tokenizer
    lock = Lock()
    if language == "ru":
        # A hyphen between letters divides words in spaCy and not in Universal Dependencies.
        infixes = [infix for infix in pipeline.Defaults.infixes if "(?:-|" not in infix]
        tokenizer.infix_finditer = compile_infix_regex(infixes).finditer

    def split(text: str) -> WordSpans:
        # Outside a zone, memory grows with each new word. Zones of several threads would end each other.
        with lock, pipeline.memory_zone():
            tokens = [(token.idx, token.text) for token in tokenizer(text)]
        # spaCy keeps white space as tokens, and inside some abbreviations.
        words = []
        for start, token in tokens:
            for match in NOT_SPACE.finditer(token):
                words.append((start + match.start(), start + match.end()))
        units = [match.span() for match in TAGS_AND_EMOJI.finditer(text)]
        if units:
            return _joined(words, units)
        return words

    return split


def _joined(words: WordSpans, units: WordSpans) -> WordSpans:
    """Join the words of each unit; units contain no white space."""
    inside: set[int] = set()
    for start, end in units:
        inside.update(range(start + 1, end))
    starts = [start for start, _ in words if start not in inside]
    ends = [end for _, end in words if end not in inside]
    return list(zip(starts, ends, strict=True))


def _of_icu(language: str) -> WordSplitter:
    from icu4py.breakers import WordBreaker

    def split(text: str) -> WordSpans:
        spans: WordSpans = []
        for start, end in split_words(text):
            word = text[start:end]
            borders = {start, end}
            if not _WHOLE.fullmatch(word):
                for run in _RUN.finditer(word):
                    first = start + run.start()
                    borders.add(first)
                    for _, stop in WordBreaker(run.group(), language).segments():
                        borders.add(first + stop)
            if word != _ZERO_WIDTH_SPACE:
                spans += pairwise(sorted(borders))
        return spans

    return split
