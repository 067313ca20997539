"""Sentences on the page: visible words, confidences of errors, what is left out, and pieces."""

import pytest
from helpers import evaluations
from helpers.evaluations import sentence, with_common_labels
from helpers.tagged import sentences, sides
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.entities import Entity
from tagline.metrics.outcomes import outcomes, outcomes_of_errors
from tagline.report import shown_sentences
from tagline.report.shown_sentences import CONTEXT, ERRORS, WORDS, confidence, pieces, shown_sentence

VISIBLE = [
    ("שלום", "שלום"),
    ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # a joiner between letters
    ("e\u0301", "e\u0301"),
    ("\u200b", r"\u200b"),
    ("", ""),
    ("x" * 200, "x" * shown_sentences.CHARACTERS + "…"),
]


@pytest.mark.parametrize(("word", "expected"), VISIBLE)
def test_word_is_safe_and_visible(word, expected):
    assert shown_sentences.visible(word) == expected


def shown(text, gold, predicted, score=0.5, kind="spans"):
    tagged = evaluations.sentence(text, gold, predicted, score, kind=kind)
    return shown_sentence(tagged, outcomes(tagged), "test", 1.5)


def test_long_entity_is_shortened():
    text = " ".join("w" * CONTEXT) + " …"
    assert shown_sentences.entity_text(["w"] * (CONTEXT + 1), Entity("X", 0, CONTEXT + 1)) == text


def test_long_sentence_is_shortened_to_the_words_around_its_errors():
    length, index = 10 * WORDS, 5 * WORDS
    gold = ["O"] * length
    gold[index] = "B-X"
    sentence = shown(" ".join(f"w{number}" for number in range(length)), " ".join(gold), " ".join("O" * length))
    assert sentence.is_shortened
    words = " ".join(piece.text for piece in sentence.pieces).split()
    assert words == [f"w{number}" for number in range(index - CONTEXT, index + CONTEXT + 1)]
    assert sum(piece.left_out for piece in sentence.pieces) == length - len(words)


def test_only_the_first_errors_keep_their_words():
    length = 1000
    sentence = shown(" ".join("w" * length), "NOUN " * length, "VERB " * length, kind="tags")
    assert len(sentence.confidences) == length
    assert sentence.pieces[-1].left_out == length - ERRORS - CONTEXT + 1 - 1


def test_confidence_is_the_mean_over_the_words_of_both_entities():
    (found,) = sentences(["B-X I-X O O"], ["O B-X I-X O"], scores=[[0.9, 0.8, 0.4, 1.0]])
    (outcome,) = outcomes(found)
    assert confidence(found, outcome) == pytest.approx(0.7)


def test_sentences_with_errors_are_sorted_by_cost():
    ranked = [
        sentence("a", "B-X", "B-X", 1.0),  # correct: left out
        sentence("a", "B-X", "O", 0.6),
        sentence("a b", "B-X B-X", "O O", 0.5),  # two errors with less confidence
        sentence("a", "B-X", "O", 0.9),
        sentence("a", "O", "B-X", 0.6),  # the same cost as the second sentence
        sentence("a", "B-X", "I-X", 1.0),  # another label, but the same entity: left out
    ]
    ranked = with_common_labels(ranked)
    assert shown_sentences.worst_first(ranked, outcomes_of_errors(ranked)) == [(2, 1.0), (3, 0.9), (1, 0.6), (4, 0.6)]


LABELS = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])


def split(text, gold, predicted):
    """Pieces as text: [gold], <predicted>, [<both>], and the kind of each note."""
    tagged = sentence(text, gold, predicted)
    result = []
    for piece in pieces(tagged.words, outcomes(tagged), [True] * len(tagged.words)):
        text = f"<{piece.text}>" if piece.predicted else piece.text
        text = f"[{text}]" if piece.gold else text
        result.append(piece.note.kind if piece.note else text)
    return result


PIECES = [
    ("a b c d", "B-X I-X I-X O", "O B-X I-X I-X", ["[a ]", "[<b c>]", "< d>", "boundary_error"]),
    ("Oslo Rome", "B-X B-X", "B-X B-X", ["[<Oslo>]", "correct", " ", "[<Rome>]", "correct"]),
    ("a b", "B-X I-X", "B-X B-X", ["[<a>]", "[ ]", "[<b>]", "boundary_error", "spurious"]),
]


@pytest.mark.parametrize(("text", "gold", "predicted", "expected"), PIECES)
def test_sentence_is_split_where_entities_begin_and_end(text, gold, predicted, expected):
    assert split(text, gold, predicted) == expected


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=12))
def test_pieces_keep_all_words_and_outcomes(labels):
    words = [f"w{index}" for index in range(len(labels))]
    ((gold,), (predicted,)) = sides([labels])
    found = outcomes(sentence(" ".join(words), " ".join(gold), " ".join(predicted)))
    result = pieces(words, found, [True] * len(words))
    assert "".join(piece.text for piece in result) == " ".join(words)
    assert sorted((piece.note for piece in result if piece.note), key=repr) == sorted(found, key=repr)
    for side, names in (("gold", gold), ("predicted", predicted)):
        marked = "".join(piece.text for piece in result if getattr(piece, side)).replace(" ", "")
        assert marked == "".join(word for word, name in zip(words, names, strict=True) if name != "O")
