"""The examples for other libraries find the Tagger's entities; that of onnxruntime is in unit/export/test_parity.py."""

import json
from runpy import run_path

import pytest
from helpers.project import ROOT

TEXT = "Ada Lind lives in Oslo, Bo in (Oslo)."


def example(name):
    return run_path(str(ROOT / f"examples/{name}.py"))


def test_presidio_recogniser(export):
    pytest.importorskip("presidio_analyzer")
    analyzer = example("presidio_recognizer")["analyzer"](export)
    found = [(each.entity_type, TEXT[each.start : each.end]) for each in analyzer.analyze(TEXT, "en")]
    assert sorted(found) == [("LOCATION", "Oslo"), ("LOCATION", "Oslo"), ("PERSON", "Ada Lind"), ("PERSON", "Bo")]
    assert {each.entity_type for each in analyzer.analyze(TEXT, "en", ["PERSON"])} == {"PERSON"}


def test_spacy_component(export):
    spacy = pytest.importorskip("spacy")
    example("spacy_component")
    nlp = spacy.blank("en")
    nlp.add_pipe("tagline", config={"folder": str(export)})
    first, *others = ([(each.label_, each.text) for each in doc.ents] for doc in nlp.pipe([TEXT, "", "Oslo+x"]))
    assert first == [("PER", "Ada Lind"), ("LOC", "Oslo"), ("PER", "Bo"), ("LOC", "Oslo")]
    assert others == [[], [("LOC", "Oslo+x")]]


def test_notebook_labels_shows_and_scores(beside_export, tmp_path, monkeypatch):
    notebook = json.loads((ROOT / "examples/quickstart.ipynb").read_text(encoding="utf-8"))
    (tmp_path / "examples").mkdir()
    monkeypatch.chdir(tmp_path / "examples")  # as Jupyter does
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert "<b>PER</b></mark> lives in <mark" in names["pages"][0]
    assert (names["gold"], names["f1"]) == (4, 1)
