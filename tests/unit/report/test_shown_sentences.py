"""Sentences on the page: visible words, confidences of errors, what is left out, and pieces."""

import pytest
from helpers.evaluations import sentence, with_common_labels
from helpers.tagged import sentences, sides
from hypothesis import given
from hypothesis import strategies as st

from tagline.metrics.outcomes import outcomes, outcomes_of_errors
from tagline.report import shown_sentences
from tagline.report.shown_sentences import CONTEXT, ERRORS, WORDS, confidence, pieces, shown_sentence


def test_word_is_safe_and_visible():
    for word in ("שלום", "\u0645\u06cc\u200c\u062e", "e\u0301", ""):  # the second has a joiner between letters
        assert shown_sentences.visible(word) == word
    assert shown_sentences.visible("\u200b") == r"\u200b"
    assert shown_sentences.visible("x" * 200) == "x" * shown_sentences.CHARACTERS + "…"


def shown(text, gold, predicted, **options):
    tagged = sentence(text, gold, predicted, **options)
    return shown_sentence(tagged, outcomes(tagged), "test", 1.5)


def test_long_sentence_is_shortened_to_the_words_around_its_errors():
    length, index = 10 * WORDS, 5 * WORDS
    words, outside = [f"w{number}" for number in range(length)], ["O"] * length
    found = shown(" ".join(words), " ".join([*outside[:index], "B-X", *outside[index + 1 :]]), " ".join(outside))
    assert found.is_shortened
    kept = "".join(piece.text for piece in found.pieces).split()
    assert kept == words[index - CONTEXT : index + CONTEXT + 1]
    assert sum(piece.left_out for piece in found.pieces) == length - len(kept)


def test_only_the_first_errors_keep_their_words():
    found = shown(" ".join("w" * 1000), "NOUN " * 1000, "VERB " * 1000, kind="tags")
    assert len(found.confidences) == 1000
    assert found.pieces[-1].left_out == 1000 - ERRORS - CONTEXT


def test_confidence_is_the_mean_over_the_words_of_both_entities():
    (found,) = sentences(["B-X I-X O O"], ["O B-X I-X O"], scores=[[0.9, 0.8, 0.4, 1.0]])
    (outcome,) = outcomes(found)
    assert confidence(found, outcome) == pytest.approx(0.7)


def test_sentences_with_errors_are_sorted_by_cost():
    ranked = with_common_labels(
        [
            sentence("a", "B-X", "B-X", 1.0),  # correct: left out
            sentence("a", "B-X", "O", 0.6),
            sentence("a b", "B-X B-X", "O O", 0.5),  # two errors with less confidence
            sentence("a", "B-X", "O", 0.9),
            sentence("a", "O", "B-X", 0.6),  # the same cost as the second sentence
            sentence("a", "B-X", "I-X", 1.0),  # another label, but the same entity: left out
        ]
    )
    assert shown_sentences.worst_first(ranked, outcomes_of_errors(ranked)) == [(2, 1.0), (3, 0.9), (1, 0.6), (4, 0.6)]


LABELS = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=12))
def test_pieces_keep_all_words_and_outcomes(labels):
    words = [f"w{index}" for index in range(len(labels))]
    ((gold,), (predicted,)) = sides([labels])
    found = outcomes(sentence(" ".join(words), " ".join(gold), " ".join(predicted)))
    result = pieces(words, found, [True] * len(words))
    assert "".join(piece.text for piece in result) == " ".join(words)
    read = 0  # each note follows the last word of its entities
    for piece in result:
        read += len(piece.text.split())
        assert piece.note is None or piece.note.extent[1] == read
    assert sorted((piece.note for piece in result if piece.note), key=repr) == sorted(found, key=repr)
    for side, names in (("gold", gold), ("predicted", predicted)):
        marked = "".join(piece.text for piece in result if getattr(piece, side)).replace(" ", "")
        assert marked == "".join(word for word, name in zip(words, names, strict=True) if name != "O")
