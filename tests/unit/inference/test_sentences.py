"""The tagger with sentences: the windows of tokenize-align, whatever else is in the batch."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.handmade_export import save_export
from helpers.windows import cut, rows

from tagline.artifacts import exported
from tagline.artifacts.exported import SentenceRule
from tagline.inference import Document, Tagger
from tagline.text.sentences import library_version, split_sentences
from tagline.text.subword_windows import WindowCutter
from tagline.text.words import split_words

TEXT = "Ada lives in Oslo. Bo lives in Lind. Is Ada in?\n\nOslo " + "in Oslo " * 9 + "."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = save_export(tmp_path_factory.mktemp("export"))
    about = exported.read(made)
    exported.write(replace(about, sentences=SentenceRule(True, library_version(), 1.0)), made)
    return made


@pytest.fixture(scope="module")
def tagger(folder):
    with Tagger(folder, verify=False) as made:
        yield made


class RecordingBackend:
    """Remembers the windows that it labels."""

    def __init__(self, size):
        self.size, self.windows = size, set()

    def logits(self, rows, positions):
        self.windows |= {tuple(row.tolist()) for row in rows}
        return np.zeros((sum(map(len, positions)), self.size), dtype=np.float32)


@pytest.fixture
def windows_of(tagger, monkeypatch):
    """Returns the windows that label a stream, and what is found in it."""

    def windows(stream):
        backend = RecordingBackend(len(tagger.labels.names))
        monkeypatch.setattr(tagger._predictor, "backend", backend)
        pairs = [pair for part in tagger.tag_stream(stream) for pair in part]
        return backend.windows, pairs

    return windows


def test_windows_of_texts_are_those_of_tokenize_align(tagger, windows_of):
    spans = split_words(TEXT)
    words = [[TEXT[slice(*word)] for word in spans if a <= word[0] < b] for a, b in split_sentences(TEXT)]
    assert len(words) == 4
    about = exported.read(tagger.folder)
    made, _ = cut(WindowCutter(tagger._cutter.tokenizer, about.one_by_one, about.max_length, about.stride), words)
    expected = {tuple(ids) for ids in rows(made, made.input_ids)}
    assert max(map(len, expected)) == about.max_length
    text, other = tagger.document(TEXT), tagger.document("Oslo. Ada.")
    assert windows_of([text])[0] == expected
    # Another document in the batch changes nothing.
    assert windows_of([other, text, other])[0] == expected | windows_of([other])[0]


def test_sentences_and_offsets_of_a_document(tagger, folder):
    found = tagger(TEXT)
    first = [("PER", "Ada", 0, 3), ("LOC", "Oslo", 13, 17), ("PER", "Bo", 19, 21)]
    assert [tuple(mention)[:4] for mention in found[:3]] == first
    assert all(TEXT[mention.start : mention.end] == mention.text for mention in found)
    assert tagger.document(TEXT).lengths() == [5, 5, 4, 20]
    assert tagger(["", TEXT, "\n\n"]) == [[], found, []]
    with Tagger(folder, verify=False, split_sentences=False) as whole:
        assert whole.document(TEXT).lengths() == [34]
        assert whole.document(TEXT).words == tagger.document(TEXT).words


def test_no_entity_continues_in_the_next_sentence(tagger):
    """Lind is I-PER to the model, which can't begin a sentence: it is O after Bo, which is one of its own."""
    apart = Document(["Bo", "Lind", "Oslo"], "Bo Lind Oslo", [(0, 2), (3, 7), (8, 12)], ends=[1, 3])
    tagged = tagger.tag([apart, Document.of_words(["Bo", "Lind"])])
    assert [each.predicted_names for each in tagged] == [["B-PER", "O", "B-LOC"], ["B-PER", "I-PER"]]
