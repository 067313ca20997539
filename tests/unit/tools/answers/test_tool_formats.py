"""What is written for annotation tools is read back as the same entities."""

import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from helpers.annotated import accepted, kinds
from helpers.formats import section
from helpers.project import json_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.labels.entities import Entity, entities
from tagline.text.words import split_words
from tagline.tools.answers.options import TOOLS
from tagline.tools.answers.task import AnnotationTask, in_text
from tagline.tools.answers.tool_formats import save

# An emoji of several code points, a flag, a combining accent, line ends, quotes and markup beside plain words.
FOLDER = Path(__file__).parent
PIECES = ["Ada", "Oslo", " ", "  ", "\n", "\r\n", "\u2028", "\x85", "\t", "e\u0301", "\U0001f469\u200d\U0001f467"]
PIECES += ["\U0001f1f3\U0001f1f4", '"', "<b>&", "\\", ".", "don't", "\u6771\u4eac", "\u0645\u0631"]
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=3)
TEXTS = st.lists(st.sampled_from(PIECES) | ANY).map("".join)
TEXT = "Ada met\nBo Lind \U0001f44b in Oslo."
BO = in_text(Entity("PER", 2, 4), split_words(TEXT), 0.87654)
ADA = AnnotationTask(TEXT, split_words(TEXT), suggested=[BO], fields={"id": "a-1"})


@st.composite
def tasks(draw):
    """A text with suggested entities that do not overlap, which it also returns in words."""
    text = draw(TEXTS.filter(split_words))
    words = split_words(text)
    borders = sorted(draw(st.sets(st.integers(0, len(words)), max_size=6)))
    types = draw(st.lists(st.sampled_from(["PER", "LOC", ""]), min_size=6, max_size=6))
    chosen = [Entity(type_, *pair) for type_, pair in zip(types, pairwise(borders), strict=False) if type_]
    return AnnotationTask(text, words, [in_text(span, words, 0.5) for span in chosen]), chosen


def read(name, path):
    return list(section(name).read(path))


def saved(name, written, folder):
    path = folder / "out"
    save(name, path, written, ["LOC", "PER"])
    return path


@pytest.mark.parametrize("name", TOOLS)
@settings(max_examples=15)
@given(st.lists(tasks(), min_size=1, max_size=3))
def test_accepted_suggestions_are_read_back(name, given):
    with tempfile.TemporaryDirectory() as folder:
        found = read(name, accepted(name, saved(name, [task for task, _ in given], Path(folder))))
    assert [each.words for each in found] == [[task.text[slice(*word)] for word in task.words] for task, _ in given]
    assert [entities(sentence.tags["ner"]) for sentence in found] == [expected for _, expected in given]
    assert not [note for sentence in found for note in sentence.notes]


@pytest.mark.parametrize("name", TOOLS)
def test_gold_is_read_back_beside_suggestions(name, tmp_path):
    words, gold = ["Ada", "Lind", "in", "Oslo"], [Entity("PER", 0, 2)]
    task = AnnotationTask.of_words(words, suggested=[(Entity("LOC", 3, 4), 0.9)], gold=gold)
    (sentence,) = read(name, saved(name, [task], tmp_path))
    assert (sentence.words, entities(sentence.tags["ner"])) == (words, gold)


def test_tools_get_what_they_import(tmp_path):
    """Label Studio predictions and annotations, Prodigy tokens and spans, both as they import them."""
    words = split_words("in Oslo.")
    task = AnnotationTask("in Oslo.", words, [in_text(Entity("LOC", 1, 2), words, 0.9)])
    studio = saved("label_studio", [ADA, AnnotationTask("Oslo", [(0, 4)], gold=[])], tmp_path)
    assert studio.read_text("utf-8") == (FOLDER / "label_studio.json").read_text("utf-8")
    assert kinds(read("label_studio", studio)[0]) == ["unannotated_texts"], "a prediction that nobody accepted"
    prodigy = saved("prodigy", [task, replace(task, gold=[])], tmp_path)
    assert prodigy.read_text("utf-8") == (FOLDER / "prodigy.jsonl").read_text("utf-8")


def test_configuration_of_label_studio_has_all_types(tmp_path):
    types = ['A "B" <C> & D', "PER"]
    save("label_studio", tmp_path / "out.json", [], types)
    assert json_of(tmp_path / "out.json") == []
    control, text = ElementTree.parse(tmp_path / "out.labels.xml").getroot()
    assert (control.attrib["name"], control.attrib["toName"], text.attrib["name"]) == ("label", "text", "text")
    assert [label.attrib["value"] for label in control] == types
    assert len({label.attrib["background"] for label in control}) == 2
