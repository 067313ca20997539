"""The whole card: read as the Hub reads it, with texts that would break it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from huggingface_hub import ModelCard
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tagline.core.terminal import printable
from tagline.export.card.document import CardData, render
from tagline.hub.params import Push
from tagline.labels.label_list import Labels

SCORES = ("precision", "recall", "f1", "accuracy")
NOWHERE = Push(repo_id=None, private=True, branch="main", push=False)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def metrics(types: list[str]) -> dict[str, Any]:
    ends = {"low": 0.5, "high": 0.75}
    return {
        "overall": {**dict.fromkeys(SCORES, 0.625), "number": 1234},
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


def facts(types: tuple[str, ...] = ("LOC", "PER"), **changes: Any) -> CardData:
    """Facts of a run on files."""
    names = ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
    files = {split: [{"path": f"{split}.conll", "sha256": split[0] * 64}] for split in ("train", "validation", "test")}
    made = CardData(
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
        windows={"label_all_tokens": True, "max_length": 128, "stride": 32},
        metrics={"validation": metrics(list(types)), "test": metrics(list(types))},
        epochs=[{"epoch": 1.0, "f1": 0.5, "loss": 0.25}, {"epoch": 2.0, "f1": 0.6, "loss": 0.5}],
        decoding="greedy",
        forms={
            "onnx-int8": {"same_labels": 0.9925, "f1": 0.61, "megabytes": 22.8},
            "torch": {"same_labels": 1.0, "f1": 0.625, "megabytes": 91.0},
        },
        language=None,
        license=None,
        hub=NOWHERE,
        folder="models/export",
    )
    return dataclasses.replace(made, **changes)


def lines(card: str) -> list[str]:
    return card.split("\n")


def test_what_is_told_of_a_run_on_files() -> None:
    card = render(facts())
    told = lines(card)
    assert "# ner-tagger" in told
    assert "Types: LOC, PER." in card
    assert '    model="models/export",' in told
    row = "| 0.625 (0.500 to 0.750) " * 4
    assert f"| test {row}| 1,234 |" in told
    assert f"| validation {row}| 1,234 |" in told
    assert "| LOC | 0.100 | 0.200 | 0.300 (0.500 to 0.750) | 60 |" in told
    assert "| onnx-int8 | 99.25% | 0.610 | 22.8 |" in told
    assert "| torch | 100.00% | 0.625 | 91.0 |" in told
    assert f"- train: train.conll `{'t' * 64}`" in told
    assert "Sentences: train 1,000, validation 10, test 20." in told
    assert "From the folder my-bert; SHA-256 of its weights:" in told
    assert f"- encoder/model.safetensors `{'e' * 64}`" in told
    assert r"| batches.batch\_size | 8 |" in told
    assert r"| max\_steps | null |" in told
    assert r"| label\_all\_tokens | true |" in told
    assert "computed in bf16" in card
    assert "epoch 2, the best on\nvalidation; 1,500 steps" in card
    assert "| 2 | 0.500 | 0.600 | ████████████ |" in told
    assert "python 3.11.1, torch 2.13.0+cpu." in told
    assert "fewer than 50 entities in the test split: PER." in card
    assert "whose text training has not, 1,000 of 1,234 in the test split, F1 is 0.250." in card
    assert "has a score of 0.900 in the mean, and 0.800 of that is right" in card
    assert "Under which licence the model may be used is not stated" in card


def test_what_is_told_of_a_run_on_the_hub() -> None:
    splits = {"train": "train", "validation": "validation", "test": "eval"}
    rows = {"train": 1, "validation": 1, "test": 1}
    data = {"source": "hub", "name": "a/b", "config": "c_d", "commit": "f" * 40, "splits": splits, "rows": rows}
    encoder = {"source": "hub", "name": "e/f", "commit": "1" * 40, "sha256": {"encoder/model.safetensors": "e" * 64}}
    hub = Push(repo_id="ada/people", private=True, branch="tries/1", push=True)
    card = render(
        facts(dataset=data, encoder=encoder, hub=hub, language="en", license="cc-by-4.0", decoding="constrained")
    )
    told = lines(card)
    assert "# people" in told
    assert '    model="ada/people",' in told
    assert '    revision="tries/1",' in told
    assert f"[a/b](https://huggingface.co/datasets/a/b) at commit `{'f' * 40}`, config c\\_d." in told
    assert f"[e/f](https://huggingface.co/e/f) at commit `{'1' * 40}`; SHA-256 of its weights:" in told
    assert "legal in IOB2" in card
    assert "licence the model may be used is not" not in card
    read = ModelCard(card).data
    assert (read.language, read.license) == ("en", "cc-by-4.0")
    assert (read.base_model, read.datasets) == ("e/f", ["a/b"])
    assert read.model_name == "people"


def test_metadata_names_nothing_that_is_not_on_the_hub() -> None:
    read = ModelCard(render(facts())).data.to_dict()
    assert list(read) == ["library_name", "metrics", "pipeline_tag", "model-index"]
    assert read["library_name"] == "transformers"
    assert read["pipeline_tag"] == "token-classification"


def test_plain_tags_and_drawn_splits() -> None:
    files = {"train": [{"path": "all.conll", "sha256": "a" * 64}]}
    data = {"source": "files", "files": files, "rows": {"train": 8}, "drawn_from_train": {"seed": 4, "test": 0.1}}
    card = render(facts(labels=Labels("pos", "tags", ("NOUN", "VERB"), "NOUN"), dataset=data))
    assert "Precision, recall and F1 are means over the tags." in card
    assert "IOB2" not in card
    assert "Drawn from train by the words of a sentence: seed 4, test 0.1." in card
    assert "| accuracy | words |" in card
    assert "whose text training has not" not in card


def test_a_model_that_predicts_nothing() -> None:
    nothing = {**metrics(["LOC"]), "slices": {}, "calibration": {"number": 0}}
    card = render(facts(types=("LOC",), metrics={"validation": nothing, "test": nothing}))
    assert "in the mean" not in card
    assert "whose text training has not" not in card


def test_no_placeholder_is_left() -> None:
    for card in (render(facts()), render(facts(hub=NOWHERE.model_copy(update={"repo_id": "a/b"})))):
        body = card.split("\n---\n", 1)[1]
        assert not re.search(r"\{\{|\{%|\}\}|TODO|More Information|Undefined|\bNone\b|\[\s*\]", body)
        assert not re.search(r"\n\n\n", body)


ODD = ["a|b", "**x**", "<img src=x>", "---", "[l](http://m)", "`c`", "{{ x }}", "# h", "- i", "a: b", "'\"", "\u202e"]


PLAIN = render(facts(types=("PER",)))


@settings(max_examples=40)
@given(st.lists(st.sampled_from(ODD) | st.text(min_size=1, max_size=6), min_size=1, max_size=3, unique=True))
def test_names_of_the_data_stay_names(types: list[str]) -> None:
    """A label of any text breaks neither the metadata, nor a table, nor becomes a tag or a link."""
    card = render(facts(types=tuple(types)))
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


def test_the_same_facts_are_the_same_bytes() -> None:
    assert render(facts()) == render(facts())
