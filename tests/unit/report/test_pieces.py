"""Pieces: sentences split at the boundaries of entities."""

from __future__ import annotations

import pytest
from helpers.evaluations import sentence
from helpers.tagged import sides
from hypothesis import given
from hypothesis import strategies as st

from tagline.metrics.outcomes import outcomes
from tagline.report.pieces import pieces

LABELS = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])


def split(text: str, gold: str, predicted: str) -> list[str]:
    """Pieces as text: [gold], <predicted>, [<both>], and the kind of each note."""
    tagged = sentence(text, gold, predicted)
    result = []
    for piece in pieces(tagged.words, outcomes(tagged), [True] * len(tagged.words)):
        text = f"<{piece.text}>" if piece.predicted else piece.text
        text = f"[{text}]" if piece.gold else text
        result.append(piece.note.kind if piece.note else text)
    return result


@pytest.mark.parametrize(
    ("text", "gold", "predicted", "expected"),
    [
        ("in New York .", "O B-X I-X O", "O B-X I-X O", ["in ", "[<New York>]", "correct", " ."]),
        ("a b c d", "B-X I-X I-X O", "O B-X I-X I-X", ["[a ]", "[<b c>]", "< d>", "boundary_error"]),
        ("Oslo Rome", "B-X B-X", "B-X B-X", ["[<Oslo>]", "correct", " ", "[<Rome>]", "correct"]),
        ("a b", "B-X I-X", "B-X B-X", ["[<a>]", "[ ]", "[<b>]", "boundary_error", "spurious"]),
    ],
)
def test_sentence_is_split_where_entities_begin_and_end(text: str, gold: str, predicted: str, expected) -> None:
    assert split(text, gold, predicted) == expected


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=12))
def test_pieces_keep_all_words_and_outcomes(labels: list[tuple[str, str]]) -> None:
    words = [f"w{index}" for index in range(len(labels))]
    ((gold,), (predicted,)) = sides([labels])
    tagged = sentence(" ".join(words), " ".join(gold), " ".join(predicted))
    found = outcomes(tagged)
    result = pieces(words, found, [True] * len(words))
    assert "".join(piece.text for piece in result) == " ".join(words)
    notes = [piece.note for piece in result if piece.note]
    assert sorted(notes, key=repr) == sorted(found, key=repr)
    for side, names in (("gold", gold), ("predicted", predicted)):
        marked = "".join(piece.text for piece in result if getattr(piece, side)).replace(" ", "")
        assert marked == "".join(word for word, name in zip(words, names, strict=True) if name != "O")
