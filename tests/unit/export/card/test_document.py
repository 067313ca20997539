"""The whole card: read as the Hub reads it, with texts that would break it."""

import re
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

from helpers.project import json_of
from huggingface_hub import ModelCard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tagline.artifacts.exported import Exported, SentenceRule
from tagline.export.card.document import CardData, escaped, render
from tagline.export.export_params import Card
from tagline.hub.hub_params import Push
from tagline.labels import Labels
from tagline.terminal import printable

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


FACTS = json_of(Path(__file__).with_name("facts.json"))
SPANS = Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")
TAGGER = Exported(SPANS, "linear", 128, 32, 0, True, sentences=SentenceRule(True, "sentencex 1.0.32", 0.95))
NO_HUB = Push(repo_id=None, private=True, branch="main", push=False)


def card_of(data=(), test=(), **changed):
    """The card of a model by what stages write of it, some of it changed, also of some splits, and scores of test."""
    facts = {"tagger": TAGGER, "card": Card(language=None, license=None), "hub": NO_HUB, **FACTS["model"], **changed}
    facts["data"] = {**facts["data"], **dict(data)}
    if test:
        facts["metrics"] = {**facts["metrics"], "test": facts["metrics"]["test"] | test}
    return render(CardData(**facts, notes=[], folder="models/export"))


HUB = Push(repo_id="ada/people", private=True, branch="tries/1", push=True)
CRF = {"head": "crf", "sentences": SentenceRule(), "lowercase": True}
# What facts.json does not have of other models.
CHANGED = {
    "Hub": {"hub": HUB, "card": Card(language="en", license="cc-by-4.0", data_license="cc0-1.0")},
    "tags": {"tagger": replace(TAGGER, labels=Labels("pos", "tags", ("NOUN", "VERB"), "NOUN"))},
    "options": {"tagger": replace(TAGGER, **CRF)},
    "doubtful": {"tagger": replace(TAGGER, labels=replace(SPANS, names=SPANS.names[:3]))},
    "named": {"card": Card(dataset="ada/streets")},
    "named plainly": {"card": Card(dataset="Streets")},
}
CARD, DIFFERENCES = (Path(__file__).with_name(name).read_text("utf-8") for name in ("card.md", "changes.diff"))


def test_card_is_the_stored_one():
    """Its wording is reviewed in card.md, which a failure shows as it would be."""
    assert card_of() == CARD


def test_other_facts_change_the_stored_lines():
    """Of each model, changes.diff has the lines that card.md lacks (+) or has beside it (-)."""
    lines = []
    for name, changes in FACTS["others"].items():
        card = card_of(**changes, **CHANGED.get(name, {}))
        changed = unified_diff(CARD.splitlines(), card.splitlines(), lineterm="", n=0)
        lines.append(f"# {name}")
        lines += [line for line in changed if not line.startswith(("---", "+++", "@@")) and line[1:].strip()]
        body = card.split("\n---\n", 1)[1]
        assert not re.search(r"\{\{|\{%|\}\}|TODO|More Information|Undefined|\bNone\b|\[\s*\]|\n\n\n", body)
    assert lines == DIFFERENCES.splitlines()


ODD = ["a|b", "**x**", "<img src=x>", "---", "[l](http://m)", "`c`", "{{ x }}", "# h", "- i", "a: b", "'\"", "\u202e"]


def card_of_types(types):
    names = ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
    counts = FACTS["model"]["data"]["test"] | {"labels": dict.fromkeys(names, 70)}
    scores = FACTS["model"]["metrics"]["test"]
    return ModelCard(
        card_of(
            tagger=replace(TAGGER, labels=replace(SPANS, names=names)),
            data=dict.fromkeys(FACTS["model"]["data"], counts),
            test={"per_type": dict.fromkeys(types, scores["per_type"]["LOC"])},
        )
    )


@settings(max_examples=40)
@given(st.lists(st.sampled_from(ODD) | st.text(min_size=1, max_size=6), min_size=1, max_size=3, unique=True))
def test_label_names_of_any_text_are_escaped(types):
    """They break neither metadata nor tables, and never become tags or links."""
    card, plain = card_of_types(types), card_of_types(["PER"])
    named = [result.metric_name for result in card.data.eval_results][4:]
    assert named == [f"F1 of {printable(name)}" for name in sorted(types)]
    tokens = READER.parse(card.text)
    shape, expected = ([token.type for token in each] for each in (tokens, READER.parse(plain.text)))
    assert shape.count("tr_open") == expected.count("tr_open") + 2 * (len(types) - 1)
    assert shape.count("heading_open") == expected.count("heading_open")
    inline = {child.type for token in tokens for child in token.children or []}
    assert not inline & {"html_inline", "image", "link_open"}


@given(st.text("\\`*_[]()<>|&~$:@!#-+.{}'\"/ ab\n\t", max_size=20) | st.text(max_size=10))
@example("</script><img src=x onerror=alert(1)> [a](http://b) &lt; a|b\\|c ~~a~~ **b** __c__ `d`")
def test_parser_returns_any_escaped_text_from_its_cell(text):
    tokens = READER.parse(f"| a | b |\n|---|---|\n| x {escaped(text)} | y |\n")
    first, second, cell, last = (token for token in tokens if token.type == "inline")
    assert [first.content, second.content, last.content] == ["a", "b", "y"]
    assert {child.type for child in cell.children} <= {"text", "text_special"}, "some markup is not escaped"
    found = "".join(child.content for child in cell.children).removeprefix("x").strip()
    assert found == printable(" ".join(text.split())).strip()


def test_markup_of_github_is_escaped():
    text = "B-PER data/train.conll http://a.b www.a.b ada@b.c :smile: $x$ a\u202eb"
    assert escaped(text) == (r"B-PER data/train.conll http\://a.b www\.a.b ada\@b.c \:smile\: \$x\$ a\\u202eb")
