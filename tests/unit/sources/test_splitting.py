"""Drawing splits: what a sentence's split depends on, and what it does not."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tagline.sources.splitting import drawn_split

SHARES = {"test": 0.2, "validation": 0.1}
SENTENCES = [["word", str(number)] for number in range(5000)]


def test_shares_are_met_and_another_seed_draws_others() -> None:
    first, second = ([drawn_split(words, seed, SHARES) for words in SENTENCES] for seed in (1, 2))
    counts = Counter(first)
    assert abs(counts["test"] - 1000) < 100
    assert abs(counts["validation"] - 500) < 75
    assert sum(pair == ("test", "test") for pair in zip(first, second, strict=True)) < counts["test"] / 3


def test_the_same_on_any_host() -> None:
    """A change of the rule would move sentences between the splits of every user."""
    drawn = [drawn_split(words, 42, SHARES) for words in SENTENCES[:12]]
    assert " ".join(drawn) == "test train train validation test train test train train train train train"


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_words_are_told_apart(one: list[str], other: list[str]) -> None:
    """That ["a", "b"] and ["a b"] fall alike must be chance, so at many seeds they differ somewhere."""
    drawn = [[drawn_split(words, seed, {"test": 0.5}) for seed in range(64)] for words in (one, other)]
    assert (drawn[0] == drawn[1]) == (one == other)
