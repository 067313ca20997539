"""Agreement of pre-tokenised words with the rule by which `tagline predict` splits raw text."""

from collections.abc import Sequence

import regex

from tagline.text.languages import WordSpans, WordSplitter
from tagline.text.sentence import Sentence, Surface

# Of the training sentences the first ones are compared, and then one in STEP.
FIRST, STEP = 1000, 10
SHOWN = 3
DIGITS = 4

# Words that are written without a space after or before them, so that a rule must find where they end: brackets,
# elided words (l'), clitics ('s, n't), punctuation, and words of scripts without spaces.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_OPENS = regex.compile(r"[(\[{\u00AB\u201E\u00BF\u00A1]|.*\p{L}['\u2019]")
_CLOSES = regex.compile(r"[,.;:!?%)\]}\u00BB\u2026]+|['\u2019]\p{L}+|[nN]['\u2019][tT]")
_ENDS_UNSPACED, _BEGINS_UNSPACED = regex.compile(rf"{_UNSPACED}\p{{M}}*$"), regex.compile(_UNSPACED)


class Agreement:
    """Counts how many words of training sentences the rule finds again in running text.

    Args:
        write_text: whether sentences without a raw text are written as `running_text`; otherwise they are not compared.
    """

    def __init__(self, split: WordSplitter, write_text: bool = True) -> None:
        self._split = split
        self._write_text = write_text
        self._seen = 0
        self.compared = 0
        self.found = 0
        self.differences: dict[str, None] = {}  # the first ones, in order

    @property
    def share(self) -> float:
        return share([self])

    def add(self, sentence: Sentence) -> None:
        """Compare a sentence if it is of the sample."""
        is_sampled = self._seen < FIRST or self._seen % STEP == 0
        self._seen += 1
        if is_sampled and (sentence.surface is not None or self._write_text):
            self.compare(sentence.words, sentence.surface)

    def compare(self, words: Sequence[str], surface: Surface | None = None) -> None:
        """Compare words with those that the rule finds in their text, by default `running_text`."""
        text, spans = surface or running_text(words)
        by_rule = set(self._split(text))
        self.compared += len(spans)
        self.found += len(by_rule.intersection(spans))
        missed = [index for index, span in enumerate(spans) if span not in by_rule]
        if missed and len(self.differences) < SHOWN:
            first, last = spans[missed[0]]
            last = max(last, first + 1)  # a word that is not in the text begins with the one that is
            others = [repr(text[start:end]) for start, end in sorted(by_rule) if start < last and end > first]
            self.differences[f"{words[missed[0]]!r} is found as {' '.join(others)}"] = None


def share(agreements: Sequence[Agreement]) -> float:
    """The share of the compared words that is found, rounded; 1 without any."""
    compared = sum(agreement.compared for agreement in agreements)
    if not compared:
        return 1.0
    found = sum(agreement.found for agreement in agreements)
    return round(found / compared, DIGITS)


class SentenceAgreement(Agreement):
    """Counts how many training sentences ``split`` leaves whole in running text."""

    def compare(self, words: Sequence[str], surface: Surface | None = None) -> None:  # not used
        self.compared += 1
        self.found += len(self._split(running_text(words)[0])) <= 1


def running_text(words: Sequence[str]) -> Surface:
    """Write words with spaces only where they usually stand, and give the span of each word.

    ``["l'", "Oise", "(", "France", ")", "."]`` becomes *l'Oise (France).*
    """
    text = ""
    spans: WordSpans = []
    for index, word in enumerate(words):
        if text and not _joined(words[index - 1], word):
            text += " "
        spans.append((len(text), len(text) + len(word)))
        text += word
    return Surface(text, spans)


def _joined(left: str, right: str) -> bool:
    if _OPENS.fullmatch(left) or _CLOSES.fullmatch(right):
        return True
    return _ENDS_UNSPACED.search(left) is not None and _BEGINS_UNSPACED.match(right) is not None
