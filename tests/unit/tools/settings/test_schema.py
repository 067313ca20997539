"""The JSON Schemas for editors: current, and of one opinion with the sections' schemas."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.json_schema import errors
from helpers.project import ROOT
from helpers.tiny import TINY_PARAMS, preset
from ruamel.yaml import YAML

from tagline.core.params import Section
from tagline.tools.settings import schema
from tagline.tools.settings.presets import MODELINE

SCHEMAS = {path: json.loads((ROOT / path).read_text(encoding="utf-8")) for path in (schema.COMPLETE, schema.PARTIAL)}
PRESETS = sorted(path.stem for path in (ROOT / "presets").glob("*.yaml"))
FILES = sorted((ROOT / "presets").glob("*.yaml"))


def load(text: str) -> Any:
    return YAML(typ="safe").load(text)


def with_value(params: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy in which a key has another value."""
    changed = copy.deepcopy(params)
    *sections, key = path.split(".")
    node = changed
    for section in sections:
        node = node[section]
    node[key] = value
    return changed


def fields(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema knows."""
    for key, field in node.get("properties", {}).items():
        yield f"{path}{key}", field
        yield from fields(field, f"{path}{key}.")
    for condition in node.get("allOf", []):
        yield from fields(condition["then"], path)


@pytest.mark.parametrize("path", SCHEMAS, ids=str)
def test_the_committed_schema_is_current(path: Path) -> None:
    with contextlib.chdir(ROOT):
        assert schema.text(path) == (ROOT / path).read_text(encoding="utf-8"), "run `python stages/schema.py`"


@pytest.mark.parametrize("name", PRESETS)
def test_complete_params_are_valid(name: str) -> None:
    assert list(errors(load(preset(name)), SCHEMAS[schema.COMPLETE])) == []


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_without_the_keys_of_the_sample(name: str) -> None:
    content = load((ROOT / f"presets/{name}.yaml").read_text(encoding="utf-8"))
    assert list(errors(content, SCHEMAS[schema.PARTIAL])) == []
    assert bool(list(errors(content, SCHEMAS[schema.COMPLETE]))) == (name != "sample")


def test_the_params_of_the_tests_are_valid() -> None:
    assert list(errors(TINY_PARAMS, SCHEMAS[schema.COMPLETE])) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_editors_find_the_schema_of_each_file(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert first == MODELINE
    assert (path.parent / first.partition("$schema=")[2]).is_file()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train.epochs", "six", "train.epochs: type"),
        ("train.epochs", 0, "train.epochs: minimum"),
        ("train.epochs", True, "train.epochs: type"),
        ("train.epoch", 6, "train.epoch: unknown key"),
        ("train.max_steps", 0, "train.max_steps: minimum"),
        ("train.schedule", "step", "train.schedule: enum"),
        ("train.learning_rate", 1, "train.learning_rate: exclusiveMaximum"),
        ("train.hub.repo_id", "people", "train.hub.repo_id: pattern"),
        ("serve", {}, "serve: unknown key"),
        ("download.dataset.source", "disk", "download.dataset.source: enum"),
        ("download.dataset.format", "xml", "download.dataset.format: enum"),
        ("download.dataset.delimiter", ";", "download.dataset.delimiter: unknown key"),
        ("download.dataset.columns", ["words", 3], "download.dataset.columns[1]: type"),
        ("download.encoder", {"source": "path"}, "download.encoder: path is missing"),
        ("download.encoder", {}, "download.encoder: source is missing"),
    ],
)
def test_errors(key: str, value: object, message: str) -> None:
    assert list(errors(with_value(TINY_PARAMS, key, value), SCHEMAS[schema.COMPLETE])) == [message]


def test_what_the_sections_allow_the_schema_allows() -> None:
    for key, value in {
        "train.learning_rate": 2e-5,
        "train.max_steps": 3,
        "train.warmup": 0,
        "download.dataset.split": None,
        "download.encoder": {"source": "hub", "name": "ada/bert", "revision": "main"},
    }.items():
        assert list(errors(with_value(TINY_PARAMS, key, value), SCHEMAS[schema.COMPLETE])) == []


def test_each_commented_key_is_described_by_its_comment() -> None:
    known = dict(fields(SCHEMAS[schema.COMPLETE]))
    assert known["train.learning_rate"]["description"] == "Peak learning rate of AdamW."
    assert known["train.hub.branch"]["description"] == "Branch of the commits; created if it does not exist."
    assert known["export.hub.branch"]["description"] == "Branch of the commit; created if it does not exist."
    assert known["tokenize_align.illegal"]["description"].startswith("How to handle tags that the scheme does not")
    assert known["download.dataset.test"]["description"] == known["download.dataset.train"]["description"]
    assert known["download.dataset.words"]["description"] == "Column with the words of each sentence."
    assert "description" not in known["download.dataset"]
    for section in ("tokenize_align", "train", "evaluate", "export"):
        assert [
            key for key, field in known.items() if key.startswith(f"{section}.") and "description" not in field
        ] == []


def test_a_union_without_a_discriminator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(Section):
        key: int | str

    monkeypatch.setattr(schema, "SECTIONS", {"odd": Odd})
    with pytest.raises(ValueError, match="expected a discriminator, or null as the second type"):
        schema.build(complete=True)
