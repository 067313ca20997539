"""What is shown of a sentence."""

from __future__ import annotations

import pytest
from helpers.evaluations import row

from tagline.report.sentences import AROUND, CHARACTERS, MISTAKES, WORDS, shown, visible


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Oslo", "Oslo"),
        ("שלום", "שלום"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # divides letters, which is seen
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("e\u0301", "e\u0301"),
        ("a\u202eb", r"a\u202eb"),  # would turn the rest of the line
        ("a\x00b", r"a\x00b"),
        ("a\nb", r"a\nb"),
        ("\u200b", r"\u200b"),
        ("\u0301", r"\u0301"),
        ("\u00a0\u3000", r"\xa0\u3000"),
        (" ", " "),
        ("", ""),
        ("x" * 200, "x" * CHARACTERS + "…"),
    ],
)
def test_words_that_a_browser_may_show(word: str, expected: str) -> None:
    assert visible(word) == expected


def test_mistakes_in_words() -> None:
    sentence = shown(row("the Bank of Oslo", "O B-ORG I-ORG I-ORG", "O O O B-LOC", 0.75), "test", "spans", 1.5)
    missed, spurious = sentence.mistakes
    assert (missed.kind, missed.gold, missed.predicted) == ("missed", ("ORG", "Bank of Oslo"), None)
    assert (spurious.kind, spurious.gold, spurious.predicted) == ("spurious", None, ("LOC", "Oslo"))
    assert (missed.confidence, sentence.errors, sentence.cost) == (0.75, 2, 1.5)


def test_a_long_sentence_is_shown_around_its_mistakes() -> None:
    length = 10 * WORDS
    place = length // 2
    gold = ["O"] * length
    gold[place] = "B-X"
    text = " ".join(f"w{number}" for number in range(length))
    sentence = shown(row(text, " ".join(gold), " ".join(["O"] * length)), "test", "spans", 0)
    assert sentence.is_cut
    words = " ".join(piece.text for piece in sentence.pieces).split()
    assert words == [f"w{number}" for number in range(place - AROUND, place + AROUND + 1)]
    assert sum(piece.left_out for piece in sentence.pieces) == length - len(words)


def test_a_sentence_of_the_usual_length_is_whole() -> None:
    text = " ".join(["w"] * WORDS)
    sentence = shown(row(text, " ".join(["O"] * WORDS), " ".join(["B-X"] + ["O"] * (WORDS - 1))), "test", "spans", 0)
    assert not sentence.is_cut
    assert "".join(piece.text for piece in sentence.pieces) == text


def test_of_very_many_mistakes_the_first_are_listed() -> None:
    length = 1000
    sentence = shown(row(" ".join(["w"] * length), "NOUN " * length, "VERB " * length), "test", "tags", 0)
    assert len(sentence.mistakes) == MISTAKES
    assert sentence.errors == length
    assert sentence.pieces[-1].left_out == length - MISTAKES - AROUND + 1 - 1
