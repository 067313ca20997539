"""Sentences cut where spans begin and end."""

from __future__ import annotations

from helpers.evaluations import row
from hypothesis import given
from hypothesis import strategies as st

from tagline.report.outcomes import outcomes
from tagline.report.pieces import Piece, pieces

LABELS = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])


def cut(text: str, gold: str, predicted: str) -> list[str]:
    """Pieces as text: [gold], <predicted>, [<both>], and the kind of each note."""
    sentence = row(text, gold, predicted)
    told = []
    for piece in pieces(sentence.words, outcomes(sentence, "spans"), [True] * len(sentence.words)):
        text = f"<{piece.text}>" if piece.predicted else piece.text
        text = f"[{text}]" if piece.gold else text
        told.append(piece.note.kind if piece.note else text)
    return told


def test_a_right_entity_is_one_piece() -> None:
    assert cut("in New York .", "O B-X I-X O", "O B-X I-X O") == ["in ", "[<New York>]", "correct", " ."]


def test_spans_that_overlap() -> None:
    assert cut("a b c d", "B-X I-X I-X O", "O B-X I-X I-X") == ["[a ]", "[<b c>]", "< d>", "boundary_error"]


def test_the_space_between_two_entities_is_in_neither() -> None:
    assert cut("Oslo Rome", "B-X B-X", "B-X B-X") == ["[<Oslo>]", "correct", " ", "[<Rome>]", "correct"]


def test_a_gold_entity_in_two_predicted_ones() -> None:
    assert cut("a b", "B-X I-X", "B-X B-X") == ["[<a>]", "[ ]", "[<b>]", "boundary_error", "spurious"]


def test_what_is_left_out_is_counted() -> None:
    sentence = row("a b c d", "O O B-X O", "O O O O")
    found = outcomes(sentence, "spans")
    assert pieces(sentence.words, found, [False, False, True, False]) == [
        Piece(left_out=2),
        Piece("c", gold=True),
        Piece(note=found[0]),
        Piece(left_out=1),
    ]


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=12))
def test_nothing_is_lost_and_every_outcome_is_noted(labels: list[tuple[str, str]]) -> None:
    words = [f"w{place}" for place in range(len(labels))]
    sentence = row(" ".join(words), *(" ".join(column) for column in zip(*labels, strict=True)))
    found = outcomes(sentence, "spans")
    made = pieces(words, found, [True] * len(words))
    assert "".join(piece.text for piece in made) == " ".join(words)
    notes = [piece.note for piece in made if piece.note]
    assert sorted(notes, key=repr) == sorted(found, key=repr)
    in_gold = "".join(piece.text for piece in made if piece.gold).replace(" ", "")
    assert in_gold == "".join(word for word, (gold, _) in zip(words, labels, strict=True) if gold != "O")
