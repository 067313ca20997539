"""The whole card: read as the Hub reads it, with texts that would break it."""

import re
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

from huggingface_hub import ModelCard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tagline.artifacts.exported import Exported, SentenceRule
from tagline.export.card.document import CardData, escaped, render
from tagline.export.export_params import Card
from tagline.hub.hub_params import Push
from tagline.labels.label_list import Labels
from tagline.metrics.columns import OVERALL_SCORES, SCORES_OF_TYPES
from tagline.terminal.escaping import printable

SCORES = [column.key for column in OVERALL_SCORES]
OF_TYPE = {"precision": 0.1, "recall": 0.2, "f1": 0.3}
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SPLIT = SentenceRule(True, "sentencex 1.0.32", 0.95)
WINDOWS = {"label_all_tokens": True, "max_length": 128, "stride": 32, "context_subwords": 0}


def metrics(*types):
    ends = {"low": 0.5, "high": 0.75}
    of_type = {column.key: OF_TYPE.get(column.key, 0.5) for column in SCORES_OF_TYPES}
    return {
        "overall": {**dict.fromkeys(SCORES, 0.625), "number": 1234},
        "greedy": {"f1": 0.625},
        "matching": {},
        "per_type": {name: {**of_type, "number": 60 - 20 * n} for n, name in enumerate(types)},
        "slices": {"text": {"seen": {"f1": 0.75, "number": 234}, "unseen": {"f1": 0.25, "number": 1000}}},
        "calibration": {"ece": 0.1, "confidence": 0.9, "accuracy": 0.8, "number": 30},
        # A type that is only predicted has no interval.
        "intervals": {"overall": dict.fromkeys(SCORES, ends), "per_type": {name: {"f1": ends} for name in types[:1]}},
    }


def card_data(types=("LOC", "PER"), **changes):
    """The facts of a model that was trained on files; ``test`` changes the scores of the test split."""
    names = ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
    files = {split: [{"path": f"{split}.conll", "sha256": split[0] * 64}] for split in ("train", "validation", "test")}
    labels = changes.get("labels", Labels("ner", "spans", names, "O"))
    counts = {"words": 5000, "illegal_tags": 0, "labels": dict.fromkeys(labels.names, 70)}
    data = CardData(
        tagger=Exported(Labels("ner", "spans", names, "O"), "linear", 128, 32, 0, True, sentences=SPLIT),
        dataset={"source": "files", "files": files},
        data={split: {"sentences": 1000} | counts for split in files} | changes.pop("data", {}),
        encoder={"source": "path", "path": "my-bert", "sha256": {"encoder/model.safetensors": "e" * 64}},
        training={
            "params": {"batches": {"batch_size": 8}, "max_steps": None},
            **{"precision": "bf16", "best_epoch": 2, "steps": 1500},
            "versions": {"python": "3.11.1", "torch": "2.13.0+cpu"},
        },
        windows=WINDOWS,
        metrics={"validation": metrics(*types), "test": metrics(*types) | changes.pop("test", {})},
        backends={"onnx-int8": {"same_labels": 0.9925, "f1": 0.61, "megabytes": 22.8}},
        notes=[],
        card=Card(language=None, license=None),
        hub=Push(repo_id=None, private=True, branch="main", push=False),
        folder="models/export",
    )
    settings = ("labels", "head", "sentences", "lowercase")
    tagger = {key: changes.pop(key) for key in settings if key in changes}
    return replace(data, tagger=replace(data.tagger, **tagger), **changes)


HUB_DATASET = {
    "source": "hub",
    **{"name": "a/b", "config": "c_d", "commit": "f" * 40, "rows": {"train": 1, "validation": 1, "test": 1}},
    "splits": {"train": "train", "validation": "dev", "test": "eval"},
}
WEIGHTS = {"encoder/config.json": "c" * 64, "encoder/model.safetensors": "e" * 64}
DRAWN = {
    "source": "files",
    "files": {"train": [{"path": "all.conll", "sha256": "a" * 64}]},
    **{"rows": {"train": 8}, "drawn_from_train": {"seed": 4, "test": 0.1}, "unlabelled": 3},
}
SOURCES = [{**HUB_DATASET, "repeat": 1}, {**DRAWN, "repeat": 2}]
PROMISES = {
    "recall": {
        "<b>": {"bias": 1.5, "value": 0.85, "kept": True, "statement": "With 90 % confidence, <all> are found"},
        "LOC": {"bias": 0.0, "kept": False, "statement": "LOC 0"},
    },
    "precision": {},
}
EXPECTED = {"f1": {"value": 0.6, "low": 0.55, "high": 0.65}}
TYPOS = {"f1": 0.25, "low": 0.2, "high": 0.3, "number": 1234}
FOUND = {
    **{"sentences": 20, "words": 300, "labels": {"B-LOC": 1, "B-PER": 0}, "words_without_subwords": 1234},
    "source": {"repeated_sentences": 2},
}
OF_SOURCES = FOUND | {
    "words_without_subwords": 0,
    "source": {"0": {}, "1": {"sentences": 8, "entities": {"ner": 9}, "relabelled_sentences": 2}},
}
IN_TRAIN = {
    **{"sentences": 20, "sentences_in_train": 12, "types": {"foreign": ["NEW"]}},
    "slices": {"text": {}, "not_in_train": {"f1": 0.25, "number": 60}},
}
CHANGES = {
    "Hub": {
        "dataset": HUB_DATASET,
        "encoder": {"source": "hub", "name": "e/f", "commit": "1" * 40, "sha256": WEIGHTS},
        "hub": Push(repo_id="ada/people", private=True, branch="tries/1", push=True),
        "card": Card(language="en", license="cc-by-4.0", data_license="cc0-1.0"),
    },
    "several": {"dataset": {"source": "several", "sources": SOURCES}, "data": {"test": OF_SOURCES}},
    "tags": {
        "labels": Labels("pos", "tags", ("NOUN", "VERB"), "NOUN"),
        "backends": {"onnx": {"same_labels": 1.0, "f1": 0.61, "megabytes": 90.3}},
        "test": {"slices": {}, "calibration": {"number": 0}},
        "dataset": DRAWN,
        "encoder": {"source": "package", "package": "p", "revision": "0.1", "path": "p/x", "sha256": WEIGHTS},
    },
    "options": {
        **{"head": "crf", "sentences": SentenceRule(), "lowercase": True},
        "encoder": {"source": "path", "path": "my-bert", "sha256": WEIGHTS, "marks": ["⸏", "⸐"]},
        "windows": WINDOWS | {"context_subwords": 64},
        "test": {
            "greedy": {"f1": 0.5},
            "promises": PROMISES,
            "altered": {"typos": TYPOS},
            "expected": EXPECTED,
        },
        "data": {"test": FOUND},
        "training": {
            **{"params": {}, "precision": "bf16", "best_epoch": 2, "steps": 1, "versions": {}},
            "models": {"data/old": {"config.json": "c" * 64, "model.safetensors": "d" * 64}},
        },
    },
    "few": {"metrics": {"validation": metrics("LOC") | {"overall": {**dict.fromkeys(SCORES, 0.5), "number": 29}}}},
    "doubtful": {
        "metrics": {"test": metrics("LOC", "NEW") | IN_TRAIN, "validation": metrics("LOC")},
        "labels": Labels("ner", "spans", ("O", "B-LOC", "I-LOC"), "O"),
        "data": {"test": {"sentences": 20, "words": 90, "labels": {"B-LOC": 8, "B-NEW": 9}}},
        "training": {
            **{"params": {}, "precision": "fp32", "best_epoch": 1, "steps": 40, "planned_steps": 306},
            "versions": {},
        },
    },
    "no test": {"metrics": {"validation": metrics("LOC")}},
    "named": {"card": Card(dataset="ada/streets")},
    "named plainly": {"card": Card(dataset="Streets")},
}
CARD, DIFFERENCES = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("card.md", "changes.diff"))


def test_card_is_the_stored_one():
    """Its wording is reviewed in card.md, which a failure shows as it would be."""
    assert render(card_data()) == CARD


def test_other_facts_change_the_stored_lines():
    """Of each model, changes.diff has the lines that card.md lacks (+) or has beside it (-)."""
    lines = []
    for name, changes in CHANGES.items():
        card = render(card_data(**changes))
        changed = unified_diff(CARD.splitlines(), card.splitlines(), lineterm="", n=0)
        lines.append(f"# {name}")
        lines += [line for line in changed if not line.startswith(("---", "+++", "@@")) and line[1:].strip()]
        body = card.split("\n---\n", 1)[1]
        assert not re.search(r"\{\{|\{%|\}\}|TODO|More Information|Undefined|\bNone\b|\[\s*\]|\n\n\n", body)
    assert lines == DIFFERENCES.splitlines()


ODD = ["a|b", "**x**", "<img src=x>", "---", "[l](http://m)", "`c`", "{{ x }}", "# h", "- i", "a: b", "'\"", "\u202e"]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(ODD) | st.text(min_size=1, max_size=6), min_size=1, max_size=3, unique=True))
def test_label_names_of_any_text_are_escaped(types):
    """They break neither metadata nor tables, and never become tags or links."""
    card = render(card_data(types=tuple(types)))
    expected = [f"F1 of {printable(name)}" for name in sorted(types)]
    read = ModelCard(card).data
    assert read.eval_results is not None
    assert [result.metric_name for result in read.eval_results][4:] == expected
    tokens = READER.parse(ModelCard(card).text)
    shape, plain = (
        [token.type for token in READER.parse(ModelCard(text).text)]
        for text in (card, render(card_data(types=("PER",))))
    )
    assert shape.count("tr_open") == plain.count("tr_open") + 2 * (len(types) - 1)
    assert shape.count("heading_open") == plain.count("heading_open")
    inline = {child.type for token in tokens for child in token.children or []}
    assert not inline & {"html_inline", "image", "link_open"}


@given(st.text("\\`*_[]()<>|&~$:@!#-+.{}'\"/ ab\n\t", max_size=20) | st.text(max_size=10))
@example("</script><img src=x onerror=alert(1)>")
@example("[a](http://b)")
@example("&lt;")
@example("a|b\\|c")
@example("~~a~~ **b** __c__ `d`")
def test_parser_returns_any_escaped_text_from_its_cell(text):
    tokens = READER.parse(f"| a | b |\n|---|---|\n| x {escaped(text)} | y |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert [cells[index].content for index in (0, 1, 3)] == ["a", "b", "y"]
    children = cells[2].children or []
    assert {child.type for child in children} <= {"text", "text_special"}, "some markup is not escaped"
    cell = "".join(child.content for child in children).removeprefix("x").strip()
    assert cell == printable(" ".join(text.split())).strip()


def test_markup_of_github_is_escaped():
    text = "B-PER data/train.conll http://a.b www.a.b ada@b.c :smile: $x$ a\u202eb"
    assert escaped(text) == (r"B-PER data/train.conll http\://a.b www\.a.b ada\@b.c \:smile\: \$x\$ a\\u202eb")
