"""Sub-word windows: sentences apart into windows and together again, for any words, lengths, context and tokenizers."""

from itertools import chain

import numpy as np
import pytest
from helpers.tiny import ODD_WORDS, byte_level_bpe, unigram, word_piece
from helpers.windows import cut, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import processors

from tagline.labels.windows import NO_WORD, align_labels
from tagline.model.prediction import UNSEEN, choose_windows
from tagline.text.subword_windows import WindowCutter, cut_ranges

WORDS = st.one_of(st.sampled_from(ODD_WORDS), st.text(max_size=6), st.text("ab1.", min_size=1, max_size=12))
# Documents of sentences of words.
DOCUMENTS = st.lists(st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=3), min_size=1, max_size=3)


TOKENIZERS = {
    "WordPiece": lambda: word_piece(["ab", "##ab"], lowercase=True).backend_tokenizer,
    "byte-level BPE": byte_level_bpe,
    "Unigram": unigram,
}


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request):
    return TOKENIZERS[request.param]()


@pytest.mark.parametrize("template, expected", [("$A [SEP]", [[4, 3], [3]]), ("[CLS] $A", [[2, 4], [2]])])
def test_special_tokens_may_be_on_one_side_only(template, expected):
    tokenizer = word_piece(["ab"]).backend_tokenizer
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ends)
    made, _ = cut(WindowCutter(tokenizer, True, 4, 0), [["ab"], []])
    assert rows(made, made.input_ids) == expected


@settings(max_examples=40)
@given(DOCUMENTS, st.integers(3, 40), st.integers(0, 30), st.booleans(), st.data())
def test_each_word_is_whole_and_labelled_once_in_its_own_sentence(
    tokenizer, documents, max_length, context, label_all_tokens, data
):
    stride, one_by_one = data.draw(st.integers(0, (max_length - 2) // 2)), data.draw(st.booleans())
    sentences = list(chain(*documents))
    of_document = np.repeat(np.arange(len(documents)), list(map(len, documents))).tolist()
    whole = [tokenizer.encode(words, is_pretokenized=True) for words in sentences]
    counts = [made.word_ids.count(word) for made, row in zip(whole, sentences, strict=True) for word in range(len(row))]
    (plain, plain_counts), (read, read_counts) = (
        cut(WindowCutter(tokenizer, one_by_one, max_length, stride, size), sentences, of_document)
        for size in (0, context)
    )
    begins = np.cumsum([0, *map(len, sentences)])
    for made, counted in ((plain, plain_counts), (read, read_counts)):
        assert counted.tolist() == counts
        # The label of each word is its index among all words.
        words = made.word_indices(begins)
        aligned = align_labels(made, words, np.arange(len(counts)), range(len(counts)), label_all_tokens)
        labels = rows(made, [aligned])
        chosen = zip(*choose_windows(list(map(len, sentences)), made), strict=True)
        found = [UNSEEN if window == UNSEEN else labels[window][position] for window, position in chosen]
        assert found == [index if count else UNSEEN for index, count in enumerate(counts)]
        if label_all_tokens:
            assert ((aligned >= 0) == (made.word_ids[0] != NO_WORD)).all(), "context is not labelled"
    owners = read.sentence.tolist()
    assert owners == plain.sentence.tolist()
    assert sorted(set(owners)) == list(range(len(sentences)))
    columns = [rows(made, column) for made in (plain, read) for column in (made.input_ids, made.word_ids)]
    for owner, alone, words_alone, ids, words in zip(owners, *columns, strict=True):
        pieces, capacity = pieces_of(tokenizer, sentences[owner]), max_length - 2
        expected = [piece for word in sorted({*words_alone} - {NO_WORD}) for piece in pieces[word][:capacity]]
        assert alone == [whole[owner].ids[0], *expected, whole[owner].ids[-1]]
        # The window without its context is that of the sentence by itself; all of it is a part of the document.
        own = [position for position, word in enumerate(words) if word != NO_WORD]
        first, last = (own[0], own[-1] + 1) if own else (1, 1)
        assert [ids[0], *ids[first:last], ids[-1]] == alone
        assert len(ids) <= max_length and first - 1 <= context and len(ids) - 1 - last <= context
        near = [row for row, number in zip(sentences, of_document, strict=True) if number == of_document[owner]]
        stream = [piece for row in near for word in pieces_of(tokenizer, row) for piece in word[:capacity]]
        assert any(stream[start : start + len(ids) - 2] == ids[1:-1] for start in range(len(stream) + 1))


def pieces_of(tokenizer, words):
    """The sub-words of each word of a sentence."""
    encoding = tokenizer.encode(words, is_pretokenized=True)
    pieces = [[] for _ in words]
    for piece, owner in zip(encoding.ids, encoding.word_ids, strict=True):
        if owner is not None:
            pieces[owner].append(piece)
    return pieces


@pytest.mark.parametrize("one_by_one", [True, False])
def test_sentences_whose_capitals_say_nothing_are_read_in_small_letters(tokenizer, one_by_one):
    def made(sentences, **options):
        # With context, where each sentence is read as it is by itself.
        windows, counts = cut(WindowCutter(tokenizer, one_by_one, 40, 4, 12, **options), sentences, [0] * 4)
        return rows(windows, windows.input_ids), rows(windows, windows.word_ids), counts.tolist()

    first, *others = (text.split() for text in ("ADA LIVES IN OSLO .", "Ada Lind", "OSLO", "Ada lives in OSLO"))
    assert made([first, *others], lowercase=True) == made([[word.lower() for word in first], *others])


OVERLAPPING = [
    ([[], [1], []], 4, 1, [[0, 0, 0], [1, 0, 1], [2, 1, 1]]),
    # Six words of two sub-words each, windows of six, an overlap of two.
    ([[2] * 6], 6, 2, [[0, 0, 3], [0, 2, 5], [0, 4, 6]]),
    # A long word after the cut takes the room of the overlap.
    ([[1, 1, 1, 4]], 4, 2, [[0, 0, 3], [0, 3, 4]]),
    # Long and short sentences keep their order.
    ([[3, 3], [1], [2, 2, 2]], 4, 2, [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 5], [2, 4, 6]]),
]


@pytest.mark.parametrize("sentences, capacity, stride, expected", OVERLAPPING)
def test_windows_overlap_by_whole_words(sentences, capacity, stride, expected):
    lengths = np.array(list(map(len, sentences)), dtype=np.int64)
    ends = np.cumsum(lengths)
    found = cut_ranges(np.array([*chain(*sentences)], dtype=np.int64), ends - lengths, ends, capacity, stride)
    assert np.transpose(found).tolist() == expected
