"""Context: what windows read of the neighbouring sentences, also across the borders of chunks."""

from itertools import accumulate, pairwise

import pyarrow as pa
from helpers.tiny import ODD_WORDS, word_piece
from helpers.windows import cut
from helpers.windows import rows as rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.text.subword_windows import WindowCutter
from tagline.tokenization.context import with_neighbours

TOKENIZER = word_piece(["ab", "##ab"]).backend_tokenizer
WORDS = st.one_of(st.sampled_from(ODD_WORDS), st.text("abAB", min_size=1, max_size=5))
# Documents of sentences of words.
SCHEMA = pa.schema({"document": pa.int64(), "words": pa.list_(pa.string())})
DOCUMENTS = st.lists(st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=4), min_size=1, max_size=4)


def batch(documents):
    columns = {"document": [], "words": []}
    for number, sentences in enumerate(documents):
        columns["document"] += [number] * len(sentences)
        columns["words"] += sentences
    return pa.RecordBatch.from_pydict(columns, SCHEMA)


@settings(max_examples=40)
@given(DOCUMENTS, st.integers(1, 12), st.booleans(), st.data())
def test_chunks_do_not_cut_the_context(documents, context, lowercase, data):
    def made(rows, **own):
        windows, counts = cut(cutter, rows["words"].to_pylist(), rows["document"].to_numpy(), **own)
        return rows_of(windows, windows.input_ids), counts

    sentences, cutter = batch(documents), WindowCutter(TOKENIZER, True, 16, 4, context, lowercase)
    # Each chunk but the last has at least so many sub-words as the context.
    sizes = list(accumulate(map(cutter.fewest_subwords, sentences["words"].to_pylist())))
    borders, start = [0], 0
    for number, size in enumerate(sizes[:-1], 1):
        if size - start >= context and data.draw(st.booleans()):
            borders.append(number)
            start = size
    parts = (sentences[begin:end].to_pylist() for begin, end in pairwise([*borders, sentences.num_rows]))
    chunks = [pa.RecordBatch.from_pylist(part, SCHEMA) for part in parts]
    found = []
    for before, chunk, after in with_neighbours(chunks, cutter):
        own = slice(before.num_rows, before.num_rows + chunk.num_rows)
        windows, counts = made(pa.concat_batches([before, chunk, after]), own=own)
        assert len(counts) == len(chunk["words"].flatten())
        found += windows
    assert found == made(sentences)[0]
