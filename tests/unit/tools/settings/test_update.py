"""Updating params.yaml: what a newer version needs is added where it belongs, all else stays as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.project import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.core.errors import UserError
from tagline.core.params import parse
from tagline.tools.settings import presets
from tagline.tools.settings.checks import params_errors
from tagline.tools.settings.update import update, updated

PARAMS = Path("params.yaml")


@pytest.fixture(scope="module")
def sample() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return presets.build(presets.BASE)


@pytest.fixture(autouse=True)
def in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def without(text: str, line: int) -> str:
    """Leave out the key at a line with its value and the comment above it."""
    lines = text.splitlines(keepends=True)
    indent, end = len(lines[line]) - len(lines[line].lstrip()), line + 1
    while (
        end < len(lines)
        and lines[end].strip()
        and (lines[end].startswith(" " * (indent + 1)) or lines[end].startswith(" " * indent + "- "))
        and not lines[end].startswith(" " * indent + "#")
    ):
        end += 1
    while lines[line - 1].lstrip().startswith("#") and lines[line - 2].strip():
        line -= 1
    return "".join(lines[:line] + lines[end:])


def later_keys(text: str) -> Iterator[int]:
    """The lines of keys that are not the first of their mapping, nor choose its schema."""
    above = -1
    for line, content in enumerate(text.splitlines()):
        indent, key = len(content) - len(content.lstrip()), content.strip()
        if key[:1].isalpha():
            if 0 < indent <= above and not key.startswith(presets.DISCRIMINATORS):
                yield line
            above = indent


@given(st.data())
@settings(max_examples=20)
def test_missing_keys_come_back_with_comments_and_defaults(sample: str, data: st.DataObject) -> None:
    text = sample
    for _ in range(data.draw(st.integers(1, 4))):
        text = without(text, data.draw(st.sampled_from(list(later_keys(text)))))
    again, done = updated(text, PARAMS)
    # Optional keys of the data set stand in the order of the sample too.
    assert parse(again, PARAMS) == parse(sample, PARAMS)
    assert params_errors(parse(again, PARAMS)) == []
    assert done
    assert updated(again, PARAMS) == (again, [])


def test_own_values_and_comments_stay(sample: str) -> None:
    own = sample.replace("  seed: 42\n", "  seed: 7  # my lucky one\n", 1)
    engine = next(line for line, content in enumerate(own.splitlines()) if content.startswith("  engine:"))
    assert updated(without(own, engine), PARAMS) == (own, ["params.yaml: train.engine added"])


def test_empty_section_is_filled_and_line_ends_stay(sample: str, tmp_path: Path, monkeypatch) -> None:
    lines = sample.splitlines(keepends=True)
    start, end = lines.index("  bootstrap:\n"), lines.index("export:\n")
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    shutil.copytree(ROOT / "presets", tmp_path / "presets")
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    PARAMS.write_text("".join(lines[: start + 1] + lines[end:]), newline="\r\n")
    assert update() == ["params.yaml: evaluate.bootstrap added"]
    assert PARAMS.read_bytes().decode() == sample.replace("\n", "\r\n")


def test_keys_and_values_of_earlier_versions_are_renamed(sample: str) -> None:
    old = sample.replace("    subwords_per_batch: 512", "    tokens_per_batch: 512")
    old = old.replace("illegal: repair", "illegal: refuse")
    again, done = updated(old, PARAMS)
    assert done == [
        "params.yaml: train.batches.tokens_per_batch is subwords_per_batch now",
        "params.yaml: tokenize_align.illegal: refuse is error now",
    ]
    assert again == sample.replace("illegal: repair", "illegal: error")


def test_unknown_keys_are_named_with_the_nearest(sample: str) -> None:
    misspelt = sample.replace("  learning_rate:", "  lerning_rate:", 1).replace("export:\n", "exprot:\n", 1)
    message = r"^params.yaml has 2 errors; nothing is updated.*\n.*:\d+: exprot: unknown section \(.*\n.*: train\..*lerning_rate"
    with pytest.raises(UserError, match=message + r": unknown key; did you mean learning_rate\?"):
        updated(misspelt, PARAMS)


def test_keys_of_another_source_are_left_alone(sample: str) -> None:
    preset = presets.build("conll2003")
    assert updated(preset, PARAMS) == (preset, [])


def test_mapping_on_one_line_is_named(sample: str) -> None:
    text = sample.replace("    resamples: 1000\n", "").replace("  bootstrap:\n", "  bootstrap: {seed: 42}\n")
    text = "\n".join(line for line in text.splitlines() if line.strip() != "seed: 42" or line.startswith("  seed"))
    with pytest.raises(UserError, match=r"^params.yaml:\d+: evaluate.bootstrap: resamples is missing; expected one"):
        updated(text, PARAMS)
