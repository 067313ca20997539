"""Context: what windows read of the neighbouring sentences, also across the borders of chunks."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
import pyarrow as pa
from helpers.tiny import ODD_WORDS, word_piece
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.labels.alignment import IGNORED, NO_WORD
from tagline.model.stitching import UNSEEN, choose_windows
from tagline.tokenization import windows
from tagline.tokenization.context import document_numbers, surrounded
from tagline.tokenization.encoding import Encoded, WindowMaker

TOKENIZER = word_piece(["ab", "##ab"]).backend_tokenizer
WORDS = st.one_of(st.sampled_from(ODD_WORDS), st.text("ab", min_size=1, max_size=5))
# Documents of sentences of words.
DOCUMENTS = st.lists(st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=4), min_size=1, max_size=4)


def batch(documents: list[list[list[str]]]) -> pa.RecordBatch:
    names = [f"d{number}" for number, sentences in enumerate(documents) for _ in sentences]
    words = [words for sentences in documents for words in sentences]
    return pa.record_batch({"document": pa.array(names, pa.string()), "words": pa.array(words, pa.list_(pa.string()))})


def encode(maker: WindowMaker, rows: pa.RecordBatch, own: slice = slice(None)) -> Encoded:
    """The windows of sentences in which the label of each word is its index among all of them."""
    ends = rows["words"].offsets.to_numpy()[1:].astype(np.int64)
    begins = ends - np.diff(ends, prepend=0)
    labels = np.arange(begins[own][0], ends[own][-1])
    words = rows["words"].values.dictionary_encode()
    return maker.make(words, ends, labels, document_numbers(rows), own)


def maker(max_length: int, stride: int, context: int, one_by_one: bool = True) -> WindowMaker:
    return WindowMaker(TOKENIZER, one_by_one, max_length, stride, range(1000), True, context)


@given(DOCUMENTS, st.integers(3, 40), st.integers(0, 30), st.booleans(), st.data())
def test_each_word_is_labelled_once_in_its_own_sentence(
    documents: list[list[list[str]]], max_length: int, context: int, one_by_one: bool, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(0, (max_length - 2) // 2))
    rows = batch(documents)
    plain = encode(maker(max_length, stride, 0, one_by_one), rows)
    read = encode(maker(max_length, stride, context, one_by_one), rows)
    assert read.sentence.tolist() == plain.sentence.tolist()
    sentences = rows["words"].to_pylist()
    of_document = np.repeat(np.arange(len(documents)), [len(each) for each in documents])
    chosen = []
    for made in (plain, read):
        labels = made.labels.to_pylist()
        found = choose_windows([len(words) for words in sentences], made.sentence, made.word_ids.to_pylist())
        chosen.append(
            [
                UNSEEN if window == UNSEEN else labels[window][at]
                for window, at in zip(*map(np.concatenate, found), strict=True)
            ]
        )
    indices = range(len(chosen[0]))
    assert (
        chosen[0]
        == chosen[1]
        == [index if count else UNSEEN for index, count in zip(indices, plain.counts, strict=True)]
    )
    for window, sentence in enumerate(read.sentence):
        ids, words, labels = (column[window].as_py() for column in (read.input_ids, read.word_ids, read.labels))
        own = [position for position, word in enumerate(words) if word != NO_WORD]
        assert [position for position, label in enumerate(labels) if label != IGNORED] == own
        first, last = (own[0], own[-1] + 1) if own else (1, 1)
        # The window without its context is that of a sentence by itself; all of it is a part of the document.
        assert [ids[0], *ids[first:last], ids[-1]] == plain.input_ids[window].as_py()
        assert len(ids) <= max_length and first - 1 <= context and len(ids) - 1 - last <= context
        whole = [words for words, number in zip(sentences, of_document, strict=True) if number == of_document[sentence]]
        stream = [piece for each in whole for word in each for piece in pieces(word)[: max_length - 2]]
        assert any(stream[start : start + len(ids) - 2] == ids[1:-1] for start in range(len(stream) + 1))


def pieces(word: str) -> list[int]:
    return TOKENIZER.encode([word], is_pretokenized=True, add_special_tokens=False).ids


def extended(counts: list[int], window: tuple[int, int], capacity: int, context: int) -> tuple[int, int]:
    arrays = [np.array([number]) for number in (0, *window)]
    found = windows.extended(
        windows.Windows(*arrays), np.array(counts), np.array([0]), np.array([len(counts)]), capacity, context
    )
    return int(found.begin[0]), int(found.end[0])


def test_context_is_whole_words_as_far_as_there_is_room() -> None:
    assert extended([2, 2, 2, 2, 3], (2, 3), 7, 3) == (1, 4)
    assert extended([1] * 9, (4, 5), 100, 3) == (1, 8), "at most so many sub-words on each side"
    assert extended([1] * 9, (4, 5), 5, 9) == (2, 7), "both sides share the room"
    assert extended([1] * 9, (1, 2), 5, 9) == (0, 5), "what one side does not need is for the other"
    assert extended([1] * 9, (8, 9), 5, 9) == (4, 9)
    assert extended([1] * 9, (2, 7), 5, 9) == (2, 7), "a window that is full has no context"
    assert extended([3, 3, 3], (1, 2), 9, 2) == (1, 2), "no word is cut"
    assert extended([1, 0, 1], (1, 2), 9, 5) == (1, 2), "a window without sub-words of its own has no context"


@settings(max_examples=40)
@given(DOCUMENTS, st.integers(1, 12), st.data())
def test_chunks_do_not_cut_the_context(documents: list[list[list[str]]], context: int, data: st.DataObject) -> None:
    rows = batch(documents)
    # Each chunk but the last has at least so many sub-words as the context.
    sizes = list(accumulate(sum(len(pieces(word)) for word in words) for words in rows["words"].to_pylist()))
    borders, start = [0], 0
    for number, size in enumerate(sizes[:-1], 1):
        if size - start >= context and data.draw(st.booleans()):
            borders.append(number)
            start = size
    parts = [rows[begin:end].to_pylist() for begin, end in pairwise([*borders, rows.num_rows])]
    chunks = [pa.RecordBatch.from_pylist(part, rows.schema) for part in parts]
    found = []
    for around in surrounded(chunks, TOKENIZER, context):
        own = slice(around.before.num_rows, around.before.num_rows + around.chunk.num_rows)
        made = encode(maker(16, 4, context), around.all, own)
        assert len(made.counts) == len(around.chunk["words"].flatten())
        found += made.input_ids.to_pylist()
    assert found == encode(maker(16, 4, context), rows).input_ids.to_pylist()


def test_without_context_nothing_is_read_ahead() -> None:
    chunks = iter([batch([[["a"]]]), batch([[["b"]]])])
    first = next(surrounded(chunks, TOKENIZER, 0))
    assert first.all is first.chunk
    assert next(chunks)["words"].to_pylist() == [["b"]]
