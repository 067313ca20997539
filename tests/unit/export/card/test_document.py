"""The whole card: read as the Hub reads it, with texts that would break it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from huggingface_hub import ModelCard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tagline.artifacts.exported import SentenceRule
from tagline.core.terminal import printable
from tagline.export.card.document import CardData, escaped, render
from tagline.hub.hub_params import Push
from tagline.labels.label_list import Labels

SCORES = ("precision", "recall", "f1", "accuracy")
NOWHERE = Push(repo_id=None, private=True, branch="main", push=False)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def metrics(types: list[str]) -> dict[str, Any]:
    ends = {"low": 0.5, "high": 0.75}
    return {
        "overall": {**dict.fromkeys(SCORES, 0.625), "number": 1234},
        "greedy": {"f1": 0.625},
        "per_type": {
            name: {"precision": 0.1, "recall": 0.2, "f1": 0.3, "number": 60 - 20 * n} for n, name in enumerate(types)
        },
        "slices": {"text": {"unseen": {"f1": 0.25, "number": 1000}}},
        "calibration": {"ece": 0.1, "confidence": 0.9, "accuracy": 0.8, "number": 30},
        "intervals": {
            "overall": dict.fromkeys(SCORES, ends),
            "per_type": {name: {"f1": ends} for name in types},
        },
    }


def card_data(types: tuple[str, ...] = ("LOC", "PER"), **changes: Any) -> CardData:
    """The facts of a model that was trained on files."""
    names = ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
    files = {split: [{"path": f"{split}.conll", "sha256": split[0] * 64}] for split in ("train", "validation", "test")}
    data = CardData(
        labels=Labels("ner", "spans", names, "O"),
        dataset={"source": "files", "files": files, "rows": {"train": 1000, "validation": 10, "test": 20}},
        encoder={"source": "path", "path": "my-bert", "sha256": {"encoder/model.safetensors": "e" * 64}},
        training={
            "params": {
                "seed": 7,
                "batches": {"order": "random", "subwords_per_batch": 512, "batch_size": 8},
                "max_steps": None,
                "warmup": 0.1,
            },
            "precision": "bf16",
            "best_epoch": 2,
            "steps": 1500,
            "versions": {"python": "3.11.1", "torch": "2.13.0+cpu"},
        },
        windows={"label_all_tokens": True, "max_length": 128, "stride": 32, "context_subwords": 0},
        sentences=SentenceRule(True, "sentencex 1.0.32", 0.95),
        metrics={"validation": metrics(list(types)), "test": metrics(list(types))},
        epochs=[{"epoch": 1.0, "f1": 0.5, "loss": 0.25}, {"epoch": 2.0, "f1": 0.6, "loss": 0.5}],
        head="linear",
        decoding="greedy",
        backends={
            "onnx-int8": {"same_labels": 0.9925, "f1": 0.61, "megabytes": 22.8},
            "torch": {"same_labels": 1.0, "f1": 0.625, "megabytes": 91.0},
        },
        language=None,
        license=None,
        hub=NOWHERE,
        folder="models/export",
    )
    return dataclasses.replace(data, **changes)


def lines(card: str) -> list[str]:
    return card.split("\n")


def test_a_model_trained_on_files() -> None:
    card = render(card_data())
    shown = lines(card)
    assert "# ner-tagger" in shown
    assert "Types: LOC, PER." in card
    assert '    model="models/export",' in shown
    row = "| 0.625 (0.500 to 0.750) " * 4
    assert f"| test {row}| 1,234 |" in shown
    assert f"| validation {row}| 1,234 |" in shown
    assert "| LOC | 0.100 | 0.200 | 0.300 (0.500 to 0.750) | 60 |" in shown
    assert "| onnx-int8 | 99.25% | 0.610 | 22.8 |" in shown
    assert "| torch | 100.00% | 0.625 | 91.0 |" in shown
    assert f"- train: train.conll `{'t' * 64}`" in shown
    assert "Number of sentences: train 1,000, validation 10, test 20." in shown
    assert "From the folder my-bert; SHA-256 of its weights:" in shown
    assert f"- encoder/model.safetensors `{'e' * 64}`" in shown
    assert r"| batches.batch\_size | 8 |" in shown
    assert r"| max\_steps | null |" in shown
    assert r"| label\_all\_tokens | true |" in shown
    assert "computed in bf16" in card
    assert "Training took 1,500 steps; the weights are those of epoch 2, which had\nthe best F1" in card
    assert "| 2 | 0.500 | 0.600 | ████████████ |" in shown
    assert "python 3.11.1, torch 2.13.0+cpu." in shown
    assert "rough estimates from fewer than 50 entities in the test split: PER." in card
    assert (
        "F1 is 0.250 for entities whose text does not occur in the training data (1,000 of 1,234 in the test split)."
        in card
    )
    assert "The mean score of its predictions on the test split is 0.900, and 0.800 of them are correct." in card
    assert "No licence is stated for the model." in card


def test_a_model_trained_on_data_from_the_hub() -> None:
    splits = {"train": "train", "validation": "validation", "test": "eval"}
    rows = {"train": 1, "validation": 1, "test": 1}
    data = {"source": "hub", "name": "a/b", "config": "c_d", "commit": "f" * 40, "splits": splits, "rows": rows}
    encoder = {"source": "hub", "name": "e/f", "commit": "1" * 40, "sha256": {"encoder/model.safetensors": "e" * 64}}
    hub = Push(repo_id="ada/people", private=True, branch="tries/1", push=True)
    card = render(card_data(dataset=data, encoder=encoder, hub=hub, language="en", license="cc-by-4.0"))
    shown = lines(card)
    assert "# people" in shown
    assert '    model="ada/people",' in shown
    assert '    revision="tries/1",' in shown
    assert f"[a/b](https://huggingface.co/datasets/a/b) at commit `{'f' * 40}`, config c\\_d." in shown
    assert f"[e/f](https://huggingface.co/e/f) at commit `{'1' * 40}`; SHA-256 of its weights:" in shown
    assert "No licence" not in card
    read = ModelCard(card).data
    assert (read.language, read.license) == ("en", "cc-by-4.0")
    assert (read.base_model, read.datasets) == ("e/f", ["a/b"])
    assert read.model_name == "people"


def test_the_f1_of_greedy_decoding_is_given_if_it_differs() -> None:
    measured = metrics(["LOC", "PER"])
    differing = measured | {"greedy": {"f1": 0.5}}
    card = render(card_data(metrics={"validation": measured, "test": differing}, decoding="constrained"))
    told = "which gives an F1 of 0.500 on the test split instead of 0.625."
    assert "of a sentence that is valid in IOB2." in card
    assert told in " ".join(card.split())
    assert "which gives an F1" not in " ".join(render(card_data(decoding="constrained")).split())
    of_crf = " ".join(render(card_data(head="crf")).split())
    assert "label sequence of a sentence, with the transitions of a CRF in head.safetensors. The pipeline" in of_crf


def test_metadata_only_names_what_is_on_the_hub() -> None:
    read = ModelCard(render(card_data())).data.to_dict()
    assert list(read) == ["library_name", "metrics", "pipeline_tag", "model-index"]
    assert read["library_name"] == "transformers"
    assert read["pipeline_tag"] == "token-classification"


def test_plain_tags_and_drawn_splits() -> None:
    files = {"train": [{"path": "all.conll", "sha256": "a" * 64}]}
    data = {"source": "files", "files": files, "rows": {"train": 8}, "drawn_from_train": {"seed": 4, "test": 0.1}}
    card = render(card_data(labels=Labels("pos", "tags", ("NOUN", "VERB"), "NOUN"), dataset=data))
    assert "Precision, recall and F1 are averages over the tags." in card
    assert "IOB2" not in card
    drawn = "by a hash of the words of each document or, if train does not have several, of each sentence: seed 4, test"
    assert f"Splits drawn from train, {drawn} 0.1." in card
    assert "| accuracy | words |" in card
    assert "does not occur in the training data" not in card


def test_a_model_that_predicts_nothing() -> None:
    nothing = {**metrics(["LOC"]), "slices": {}, "calibration": {"number": 0}}
    card = render(card_data(types=("LOC",), metrics={"validation": nothing, "test": nothing}))
    assert "mean score" not in card
    assert "does not occur in the training data" not in card


def test_no_placeholder_is_left() -> None:
    for card in (render(card_data()), render(card_data(hub=NOWHERE.model_copy(update={"repo_id": "a/b"})))):
        body = card.split("\n---\n", 1)[1]
        assert not re.search(r"\{\{|\{%|\}\}|TODO|More Information|Undefined|\bNone\b|\[\s*\]", body)
        assert not re.search(r"\n\n\n", body)


ODD = ["a|b", "**x**", "<img src=x>", "---", "[l](http://m)", "`c`", "{{ x }}", "# h", "- i", "a: b", "'\"", "\u202e"]


PLAIN = render(card_data(types=("PER",)))


@settings(max_examples=40)
@given(st.lists(st.sampled_from(ODD) | st.text(min_size=1, max_size=6), min_size=1, max_size=3, unique=True))
def test_label_names_are_escaped(types: list[str]) -> None:
    """Label names of any text break neither metadata nor tables, and never become tags or links."""
    card = render(card_data(types=tuple(types)))
    expected = [f"F1 of {printable(name)}" for name in sorted(types)]
    read = ModelCard(card).data
    assert read.eval_results is not None
    assert [result.metric_name for result in read.eval_results][4:] == expected
    tokens = READER.parse(ModelCard(card).text)
    shape, plain = ([token.type for token in READER.parse(ModelCard(text).text)] for text in (card, PLAIN))
    assert shape.count("tr_open") == plain.count("tr_open") + len(types) - 1
    assert shape.count("heading_open") == plain.count("heading_open")
    assert not [child for token in tokens for child in token.children or [] if child.type in ("html_inline", "image")]
    links = [child for token in tokens for child in token.children or [] if child.type == "link_open"]
    assert links == []


def test_the_same_data_give_the_same_bytes() -> None:
    assert render(card_data()) == render(card_data())


def test_biases_of_an_operating_point() -> None:
    point = {"measure": "recall", "target": 0.9, "value": 0.85}
    points = {"<b>": point | {"bias": 1.5}, "LOC": point | {"bias": 0.0}}
    data = card_data(("<b>", "LOC"))
    data.metrics["test"]["operating_point"] = points
    card = render(data)
    assert (
        "\\<b\\> +1.5 (recall, target 0.9, 0.850 on the test split). The pipeline of transformers does not add" in card
    )
    points["<b>"]["bias"] = 0.0
    assert "Tagline adds" not in render(data)


def test_what_a_plain_pipeline_sees() -> None:
    card = " ".join(render(card_data()).split())
    assert (
        "Tagline splits raw text into sentences, as in the training data; the pipeline reads a text as a whole." in card
    )
    assert "neighbouring sentences" not in card
    windows = {"label_all_tokens": True, "max_length": 128, "stride": 32, "context_subwords": 64}
    card = " ".join(render(card_data(windows=windows, sentences=SentenceRule())).split())
    assert "Tagline and the pipeline read a text as a whole, as in the training data" in card
    assert (
        "the encoder also read up to 64 sub-words of the neighbouring sentences of the document on each side." in card
    )
    assert "The pipeline adds no context to the text that it is given." in card


READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = "\\`*_[]()<>|&~$:@!#-+.{}'\"/ ab\n\t"


def cell(text: str) -> str:
    """Parse a table with the text in a cell, and return the text of the cell."""
    tokens = READER.parse(f"| a | b |\n|---|---|\n| x {escaped(text)} | y |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert [token.content for token in cells[:2]] == ["a", "b"]
    assert cells[3].content == "y"
    children = cells[2].children or []
    assert {child.type for child in children} <= {"text", "text_special"}, "some markup is not escaped"
    return "".join(child.content for child in children).removeprefix("x").strip()


@given(st.text(MARKS, max_size=20))
@example("</script><img src=x onerror=alert(1)>")
@example("[a](http://b)")
@example("&lt;")
@example("a|b\\|c")
@example("~~a~~ **b** __c__ `d`")
def test_a_parser_returns_the_text(text: str) -> None:
    assert cell(text) == " ".join(text.split())


@given(st.text(max_size=10))
def test_any_unicode_stays_in_its_cell(text: str) -> None:
    assert cell(text) == printable(" ".join(text.split())).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B-PER", "B-PER"),
        ("data/train.conll", "data/train.conll"),
        ("http://a.b", r"http\://a.b"),
        ("www.a.b", r"www\.a.b"),
        ("ada@b.c :smile: $x$", r"ada\@b.c \:smile\: \$x\$"),
        ("a\u202eb", r"a\\u202eb"),
    ],
)
def test_markup_of_github(text: str, expected: str) -> None:
    assert escaped(text) == expected
