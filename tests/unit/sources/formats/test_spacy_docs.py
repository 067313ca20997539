"""spaCy: a DocBin as spaCy writes it."""

import sys

import pytest
from helpers.annotated import kinds, tagged
from helpers.formats import fault, read


def test_a_doc_bin(tmp_path):
    spacy = pytest.importorskip("spacy")
    make = spacy.blank("en")
    docs = [make(text) for text in ("Ada  isn't in \U0001f44b Oslo", "nobody", "not annotated")]
    first = docs[0]
    first.ents = [first.char_span(0, 3, "PER"), first.char_span(16, 20, "LOC")]
    first.spans["sc"] = [first.char_span(0, 3, "A"), first.char_span(0, 10, "B")]
    docs[1].ents = []
    content = spacy.tokens.DocBin(docs=docs).to_bytes()
    sentences = read(tmp_path, "spacy", content)
    assert sentences[0].words == ["Ada", "is", "n't", "in", "\U0001f44b", "Oslo"], "tokens of white space are no words"
    assert list(map(tagged, sentences)) == ["Ada/B-PER Oslo/B-LOC", "", ""]
    assert list(map(kinds, sentences)) == [[], [], ["unannotated_texts"]]
    group = read(tmp_path, "spacy", content, span_group="sc", overlaps="longest")
    assert list(map(tagged, group)) == ["Ada/B-B is/I-B n't/I-B", "", ""]
    assert list(map(kinds, group)) == [["overlapping_spans"], *[["unannotated_texts"]] * 2]
    damaged = fault(tmp_path, "spacy", content[:-9])
    assert damaged.startswith("f: not a DocBin, or damaged (") and damaged.endswith("expected a DocBin of spaCy")
    first.set_ents([first.char_span(0, 3, "PER")], outside=[first[1:3]], default="missing")
    (partly,) = read(tmp_path, "spacy", spacy.tokens.DocBin(docs=[first]).to_bytes())
    assert tagged(partly) == "Ada/B-PER n't/? in/? \U0001f44b/? Oslo/?"


def test_spacy_is_not_installed(tmp_path, monkeypatch):
    for name in ("spacy", "spacy.tokens"):
        monkeypatch.setitem(sys.modules, name, None)
    message = "f: the format spacy needs spacy.tokens, which is not installed; run `pip install -e '.[spacy]'`"
    assert fault(tmp_path, "spacy", b"\x78\x9c") == message
