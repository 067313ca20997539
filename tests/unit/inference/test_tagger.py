"""The tagger: offsets, windows, order and batches, with a model whose predictions are known."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import onnx
import pytest
import torch
from helpers.handmade_export import SPANS, TAGS, WORDS, save_export
from helpers.messages import message_of
from helpers.project import ROOT
from helpers.tiny import save_encoder, word_piece
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForTokenClassification, pipeline

from tagline.artifacts import exported
from tagline.artifacts.exported import Exported, SentenceRule, WordRule
from tagline.core import HASHES, sha256, write_json
from tagline.inference import Document, Mention, Tagger
from tagline.inference import tagger as module
from tagline.terminal import UserError
from tagline.text.words import split_words

KNOWN = ["Ada", "Bo", "Lind", "Oslo", "lives", "in", "Osmo", "."]


@pytest.fixture(scope="module")
def random_tagger(tmp_path_factory):
    """A tagger that finds entities in any text."""
    with Tagger(save_export(tmp_path_factory.mktemp("export"), seed=1), subwords_per_batch=32) as made:
        yield made


def mention(type_, text, start, end):
    return Mention(type_, text, start, end, pytest.approx(0.9))


def test_texts_give_mentions_with_offsets(tagger):
    assert (tagger.backend, tagger.labels) == ("onnx", SPANS)
    text = "\u00a0Ada  Lind lives\nin Oslo."
    assert tagger(text) == [mention("PER", "Ada  Lind", 1, 10), mention("LOC", "Oslo", 20, 24)]
    assert tagger([text, "", "Bo"]) == [tagger(text), [], [mention("PER", "Bo", 0, 2)]]
    assert tagger([]) == []


def test_some_types_alone_are_found(random_tagger, tmp_path):
    """Entities of other types do not become those of the chosen one."""
    text = "ab Oslo x Bo lives Ada , Lind"
    found = random_tagger(text)
    assert {entity.type for entity in found} == {"LOC", "PER"}
    with Tagger(random_tagger.folder, types=["PER"], subwords_per_batch=32) as of_persons:
        assert of_persons.types == ["PER"]
        assert of_persons(text) == [entity for entity in found if entity.type == "PER"]
    message = ": the model has no type 'PRE'; expected some of its 2, such as PER"
    assert message_of(Tagger, random_tagger.folder, types=["PRE"]).endswith(message)
    message = "types can't be chosen, since the model gives each word a tag; expected a mode"
    assert message in message_of(Tagger, save_export(tmp_path, labels=TAGS), types=["VERB"])


def test_lists_of_words_give_mentions_with_indices_of_words(tagger):
    words = ["in", "Ada", "Lind", "Oslo"]
    expected = [mention("PER", "Ada Lind", 1, 3), mention("LOC", "Oslo", 3, 4)]
    assert tagger.words(words) == expected
    assert tagger.words([words, [], words]) == [expected, [], expected]
    assert tagger.words([]) == []
    with pytest.raises(TypeError, match="expected a list of words, got a text"):
        tagger.words("Ada")


CHANGED_SPLITS = [
    ({"words": WordRule(agreement=0.9749)}, "raw text is split differently than in training (97.5% agreement); pa"),
    ({"words": WordRule("fr", "spacy 3.8", 1.0)}, "the training words were split by spacy 3.8; spacy 3.9 may spli"),
    ({"sentences": SentenceRule(True, "old", 1.0)}, "the training sentences were compared with those of old; sent"),
]


@pytest.mark.parametrize("changed, message", CHANGED_SPLITS)
def test_raw_text_that_is_split_otherwise_than_in_training_warns_once(tmp_path, monkeypatch, changed, message):
    monkeypatch.setattr(module, "splitter", {"fr": lambda _: [(0, 2), (2, 5)], None: split_words}.get)
    monkeypatch.setattr(module, "library_version", lambda language: language and "spacy 3.9")
    save_export(tmp_path)
    exported.write(replace(exported.read(tmp_path), **changed), tmp_path)
    with Tagger(tmp_path, verify=False) as tagger:
        tagger.words(["Ada"])
        with pytest.warns(UserWarning, match=f"{tmp_path}: {re.escape(message)}") as warned:
            found = tagger(["l'Ada"] * 2)
    assert len(warned) == 1
    if "spacy" in message:
        assert found == [[mention("PER", "Ada", 2, 5)]] * 2


@given(st.text())
def test_offsets_are_exact_for_any_unicode(random_tagger, text):
    words = Document.of_text(text).spans
    last = 0
    for mention in random_tagger(text):
        assert text[mention.start : mention.end] == mention.text
        assert last <= mention.start < mention.end
        assert mention.start in [start for start, _ in words], "a word was split"
        assert mention.end in [end for _, end in words]
        assert 0 <= mention.score <= 1
        last = mention.end


@given(st.lists(st.lists(st.sampled_from(sorted({*KNOWN} - {"Lind"})), max_size=60), max_size=8))
def test_nothing_is_truncated_and_order_is_kept(tagger, sentences):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FIRST_WORDS", 2)
        patch.setattr(module, "MOST_WORDS", 50)
        pairs = [pair for part in tagger.tag_stream(map(Document.of_words, sentences)) for pair in part]
    assert [document.words for document, _ in pairs] == sentences
    for (_, tagged), sentence in zip(pairs, sentences, strict=True):
        assert tagged.words == sentence
        assert tagged.predicted_names == [WORDS["ner"].get(word, "O") for word in sentence]


def test_threads_share_a_tagger(tagger):
    sentences = [["in", *(f"x{first}y{number}" for number in range(20)), "Oslo"] for first in range(100)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(tagger.words, sentences)) == [[mention("LOC", "Oslo", 21, 22)]] * 100


def test_missing_graph_and_other_weights_than_those_of_the_graph_are_refused(tmp_path):
    """An int8 graph that is listed but missing would else be another backend, with other scores."""
    folder = save_export(tmp_path)
    path, weights, hashes = folder / exported.GRAPHS["onnx"], folder / "model.safetensors", folder / HASHES
    graph = onnx.load(path)
    weights.write_bytes(b"weights")
    onnx.helper.set_model_props(graph, {f"sha256:{weights.name}": sha256(weights)})
    onnx.save(graph, path)
    Tagger(folder).close()
    weights.write_bytes(b"again")
    message = r"safetensors: changed since the stage export .* expected .*/onnx/model\.onnx\);"
    with pytest.raises(UserError, match=message):
        Tagger(folder)
    Tagger(folder, verify=False).close()
    write_json(hashes, {exported.GRAPHS["onnx-int8"]: "0"})
    message = "onnx/model_quantized.onnx is missing; expected what the stage export writes; run"
    assert message in message_of(Tagger, folder)
    hashes.unlink()
    hashes.mkdir()
    assert "hashes.json: damaged (Is a directory)" in message_of(Tagger, folder)


def test_tagger_opened_before_a_fork_is_refused(tmp_path, monkeypatch):
    with Tagger(save_export(tmp_path)) as opened:
        parent = os.getpid()
        monkeypatch.setattr("os.getpid", lambda: parent + 1)
        opened.close()  # its threads are the parent's: to end them could wait forever
        for use in (lambda: opened("Ada"), lambda: opened.words(["Ada"])):
            assert "this Tagger was opened before a fork, which its threads do not surv" in message_of(use)


@pytest.mark.rare
def test_program_that_ends_without_closing_its_tagger_ends(tmp_path):
    # With PyTorch loaded, Python takes its modules apart before it would close the tagger.
    program = f"import torch; from tagline.inference import Tagger; print(Tagger({str(save_export(tmp_path))!r})('Bo'))"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_stream_is_read_lazily(tagger):
    read = count()
    stream = tagger.stream("Ada lives in Oslo." if next(read) % 2 else ["Bo"] for _ in range(10**9))
    assert [next(stream)[0].text for _ in range(3)] == ["Bo", "Ada", "Bo"]
    assert next(read) < 400


# The pipeline would truncate a sentence of more than 64 sub-words.
SENTENCE = st.lists(st.text("abOslAd1", min_size=1, max_size=8), min_size=1, max_size=7)


@settings(max_examples=40)
@given(st.lists(SENTENCE, min_size=1, max_size=3))
def test_entities_are_those_of_the_pipeline(models, sentences):
    """For words that the tokenizer does not split again; the pipeline makes several words of those."""
    tagger, pipeline = models
    theirs = pipeline(sentences, is_split_into_words=True)
    for words, found, entities in zip(sentences, tagger.words(sentences), theirs, strict=True):
        _, spans = Document.of_words(words).text_and_spans()
        in_text = [(mention.type, spans[mention.start][0], spans[mention.end - 1][1]) for mention in found]
        assert in_text == [(entity["entity_group"], entity["start"], entity["end"]) for entity in entities]
        scores = [mention.score for mention in found]
        assert scores == pytest.approx([float(entity["score"]) for entity in entities], abs=1e-5)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The tagger and the pipeline with the same untrained model, which never chooses a label that IOB2 may forbid."""
    folder = tmp_path_factory.mktemp("torch")
    save_encoder(folder, word_piece(["Ada", "Oslo", "##lo", "ab"]), positions=128)
    torch.manual_seed(4)
    model = AutoModelForTokenClassification.from_pretrained(folder, id2label=SPANS.id2label, label2id=SPANS.label2id)
    torch.nn.init.normal_(model.classifier.weight, std=1.0)
    model.classifier.bias.data[[2, 4]] = -100
    model.save_pretrained(folder)
    exported.write(Exported(SPANS, "linear", 128, 16, 0, True), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tagline.model.precision.resolve", lambda *_: "fp32")
        with Tagger(folder, "torch") as tagger:
            yield tagger, pipeline("token-classification", model=str(folder), aggregation_strategy="first")
