"""Sub-word windows: sentences apart into windows and together again, for any words, lengths and tokenizers."""

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
SENTENCES = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=6)


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
@given(SENTENCES, st.integers(3, 40), st.booleans(), st.booleans(), st.data())
def test_each_word_is_whole_and_labelled_once_in_its_own_sentence(
    tokenizer, sentences, max_length, one_by_one, label_all_tokens, data
):
    stride = data.draw(st.integers(0, (max_length - 2) // 2))
    pieces = [pieces_of(tokenizer, words) for words in sentences]
    counts = [len(piece) for of_words in pieces for piece in of_words]
    made, counted = cut(WindowCutter(tokenizer, one_by_one, max_length, stride), sentences)
    assert counted.tolist() == counts
    # The label of each word is its index among all words.
    words = made.word_indices(np.cumsum([0, *map(len, sentences)]))
    aligned = align_labels(made, words, np.arange(len(counts)), range(len(counts)), label_all_tokens)
    labels = rows(made, [aligned])
    chosen = zip(*choose_windows(list(map(len, sentences)), made), strict=True)
    found = [UNSEEN if window == UNSEEN else labels[window][position] for window, position in chosen]
    assert found == [index if count else UNSEEN for index, count in enumerate(counts)]
    if label_all_tokens:
        assert ((aligned >= 0) == (made.word_ids[0] != NO_WORD)).all()
    assert sorted(set(made.sentence.tolist())) == list(range(len(sentences)))
    before, after = tokenizer.encode([], is_pretokenized=True).ids
    for owner, ids, of_words in zip(
        made.sentence.tolist(), *(rows(made, each) for each in (made.input_ids, made.word_ids)), strict=True
    ):
        own = [piece for word in sorted({*of_words} - {NO_WORD}) for piece in pieces[owner][word][: max_length - 2]]
        assert ids == [before, *own, after]


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
        windows, counts = cut(WindowCutter(tokenizer, one_by_one, 40, 4, **options), sentences)
        return rows(windows, windows.input_ids), rows(windows, windows.word_ids), counts.tolist()

    first, *others = (text.split() for text in ("ADA LIVES IN OSLO .", "Ada Lind", "OSLO", "Ada lives in OSLO"))
    assert made([first, *others], lowercase=True) == made([[word.lower() for word in first], *others])


# The sub-words of the words of sentences, the room, the overlap, and sentence:first-last of each window.
OVERLAPPING = [
    ("/1/", 4, 1, "0:0-0 1:0-1 2:1-1"),
    ("222222", 6, 2, "0:0-3 0:2-5 0:4-6"),
    # A long word after the cut takes the room of the overlap.
    ("1114", 4, 2, "0:0-3 0:3-4"),
    # Long and short sentences keep their order.
    ("33/1/222", 4, 2, "0:0-1 0:1-2 1:2-3 2:3-5 2:4-6"),
]


@pytest.mark.parametrize("sentences, capacity, stride, expected", OVERLAPPING)
def test_windows_overlap_by_whole_words(sentences, capacity, stride, expected):
    counts = np.array([*map(int, sentences.replace("/", ""))])
    lengths = np.array([*map(len, sentences.split("/"))])
    ends = np.cumsum(lengths)
    found = cut_ranges(counts, ends - lengths, ends, capacity, stride)
    assert " ".join(map("{}:{}-{}".format, *found)) == expected
