"""spaCy: a DocBin as spaCy writes it, and training tuples."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged

from tagline.core.errors import UserError
from tagline.sources.formats.spacy_docs import SpacyFiles


def files(**keys: Any) -> SpacyFiles:
    return dataset(SpacyFiles, "spacy", **keys)


TUPLES = [["Ada in \U0001f44b Oslo", {"entities": [[0, 3, "PER"], [9, 13, "LOC"]]}], ["nobody", {"entities": []}]]
UTF16 = [["Ada in \U0001f44b Oslo", {"entities": [[0, 3, "PER"], [10, 14, "LOC"]]}], ["unknown", {"entites": []}]]


@pytest.mark.parametrize("content", [TUPLES, UTF16, {"classes": ["PER"], "annotations": [*TUPLES, None]}])
def test_training_tuples(tmp_path: Path, content: Any) -> None:
    (tmp_path / "f").write_text(json.dumps(content))
    sentences = list(files().read(tmp_path / "f"))
    assert [tagged(sentence) for sentence in sentences] == ["Ada/B-PER Oslo/B-LOC", ""]
    assert kinds(sentences[1]) == (["unannotated_texts"] if content is UTF16 else [])


def test_a_doc_bin(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    path = tmp_path / "train.spacy"
    make = spacy.blank("en")
    docs = [make(text) for text in ("Ada  isn't in \U0001f44b Oslo", "nobody", "not annotated")]
    first = docs[0]
    first.ents = [first.char_span(0, 3, "PER"), first.char_span(16, 20, "LOC")]
    first.spans["sc"] = [first.char_span(0, 3, "A"), first.char_span(0, 10, "B")]
    docs[1].ents = []
    spacy.tokens.DocBin(docs=docs).to_disk(path)
    sentences = list(files().read(path))
    assert sentences[0].words == ["Ada", "is", "n't", "in", "\U0001f44b", "Oslo"], "tokens of white space are no words"
    assert [tagged(sentence) for sentence in sentences] == ["Ada/B-PER Oslo/B-LOC", "", ""]
    assert [kinds(sentence) for sentence in sentences] == [[], [], ["unannotated_texts"]]
    group = list(files(span_group="sc", overlaps="longest").read(path))
    assert [tagged(sentence) for sentence in group] == ["Ada/B-B is/I-B n't/I-B", "", ""]
    assert [kinds(sentence) for sentence in group] == [["overlapping_spans"], *[["unannotated_texts"]] * 2]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"train.spacy: not a DocBin, or damaged \(.*\); expected a DocBin of spaCy"):
        list(files().read(path))


def test_a_partly_annotated_doc_is_an_error(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    doc = spacy.blank("en")("Ada lives in Oslo")
    doc.set_ents([doc.char_span(0, 3, "PER")], default="missing")
    spacy.tokens.DocBin(docs=[doc]).to_disk(tmp_path / "f")
    with pytest.raises(UserError, match=r"f: row 1: 3 of 4 tokens, such as 'lives', are neither in an entity nor O"):
        list(files().read(tmp_path / "f"))


def test_spacy_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"\x78\x9c")
    for name in ("spacy", "spacy.tokens"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        UserError, match=r"f: needs spacy.tokens, which is not installed; run `pip install -e '.\[spacy\]'`"
    ):
        list(files().read(tmp_path / "f"))
