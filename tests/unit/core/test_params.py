"""params.yaml: the values that DVC sees, and all errors of a section in one message with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagline.core.errors import UserError
from tagline.core.params import read_section
from tagline.sources.download_params import Download
from tagline.tokenization.tokenize_align_params import Limits, TokenizeAlign
from tagline.training.train_params import Train

TRAIN = """\
train:
  seed: 1
  epochs: 3
  max_steps: null
  learning_rate: 2e-5
  weight_decay: 0
  warmup: 0.1
  engine: accelerate
  early_stopping: null
  batches: {order: random, subwords_per_batch: 512, batch_size: 8}
  pad_to_multiple_of: null
  subwords_per_device: null
  precision: auto
  attention: sdpa
  compile: false
  schedule: linear
  max_grad_norm: 1.0
  head: linear
  head_learning_rate: 0.01
  label_smoothing: 0.0
  checkpoint_every: null
  hub: {repo_id: null, private: true, branch: main, push: false}
"""

DOWNLOAD = """\
download:
  folder: data/x
  dataset:
    source: files
    format: conll
    columns: [words, ner]
    train: a
    validation: b
    test: c
  encoder:
    source: package
    package: p
    path: q
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""


def params(folder: Path, content: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def message(folder: Path, content: str, name: str, schema: type) -> str:
    path = params(folder, content)
    with pytest.raises(UserError) as raised:
        read_section(name, schema, path)
    return str(raised.value).replace(str(folder) + "/", "")


@pytest.mark.parametrize("written", ["2e-5", "2.0e-05", "0.00002"])
def test_floats_are_read_as_dvc_reads_them(tmp_path: Path, written: str) -> None:
    section = read_section("train", Train, params(tmp_path, TRAIN.replace("2e-5", written)))
    assert (section.learning_rate, section.weight_decay) == (2e-5, 0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("epochs: 3", "epochs: 0", ":3: train.epochs: should be greater than or equal to 1, got 0"),
        ("epochs: 3", 'epochs: "3"', ":3: train.epochs: should be a valid integer, got '3'"),
        ("epochs: 3", "epochs: true", ":3: train.epochs: should be a valid integer, got True"),
        ("2e-5", ".nan", ":5: train.learning_rate: should be less than 1, got nan"),
        (
            "epochs",
            "epoch",
            "params.yaml has 2 errors:\n"
            "  params.yaml:1: train.epochs: the key is missing\n"
            "  params.yaml:3: train.epoch: unknown key; did you mean epochs? "
            "(allowed: attention, batches, checkpoint_every, compile, early_stopping, engine, epochs, ",
        ),
        ("push: false", "push: true", ":22: train.hub: push is true, so repo_id must name a repository"),
        ("repo_id: null", "repo_id: people", ":22: train.hub.repo_id: String should match pattern"),
        (", batch_size: 8", "", ":10: train.batches.batch_size: the key is missing"),
        ("order: random", "order: any", "train.batches.order: should be 'by_length' or 'random', got 'any'"),
        ("train:", "trian:", "params.yaml: train: the section is missing"),
        (TRAIN, "train: 3\n", ":1: train: should be a valid dictionary or instance of Train, got 3"),
        (TRAIN, TRAIN + "train: {}\n", 'params.yaml:23: found duplicate key "train"; expected each key once'),
        ("epochs: 3", "epochs: [", "params.yaml is not YAML"),
        (TRAIN, "[" * 500, "params.yaml is not YAML"),
        ("seed: 1", "seed: !!int abc", "params.yaml is not YAML"),
        ("  seed: 1\n", "  <<: &a {seed: x}\n", ":1: train.seed: should be a valid integer, got 'x'"),
        (TRAIN, "", "params.yaml must be a mapping with one section per stage"),
    ],
)
def test_error_has_line_and_remedy(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in TRAIN
    assert expected in message(tmp_path, TRAIN.replace(old, new, 1), "train", Train)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("train: a", "train: /etc/a", ":7: download.dataset.train: must be a relative path without `..`"),
        ("data/x", "data", ":2: download.folder: must be a folder apart from what the stages write (data/raw, "),
        ("data/x", "''", ":2: download.folder: must be a folder, got ''"),
        ("[words, ner]", "[word, ner]", ":3: download.dataset: columns must contain 'words' exactly once"),
        ("[words, ner]", "[words, '-']", ":3: download.dataset: columns must name at least one tag column"),
        ("[words, ner]", "[words, ner, ner]", ":3: download.dataset: columns must have different names"),
        ("package: p", "pakcage: p", ":12: download.encoder.pakcage: unknown key; did you mean package? (allowed: "),
        ("package: p", "pakcage: p", ":10: download.encoder.package: the key is missing"),
        ("source: package", "source: attic", ":11: download.encoder.source: must be one of 'package', 'path', 'hub', "),
        ("    source: package\n", "", ":10: download.encoder.source: the key is missing"),
        ("format: conll", "format: xml", ":5: download.dataset.format: must be one of 'conll', 'conllu', 'json', "),
        ("    format: conll\n", "", ":3: download.dataset.format: the key is missing (one of conll, conllu, json, "),
        ("test: c", "split: {seed: x, test: 0}", ":9: download.dataset.split.seed: should be a valid integer, got 'x'"),
    ],
)
def test_error_inside_nested_choices_has_its_key(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in DOWNLOAD
    assert expected in message(tmp_path, DOWNLOAD.replace(old, new, 1), "download", Download)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="params.yaml is missing; run the stages from the root of the repository"):
        read_section("train", Train, tmp_path / "params.yaml")


TOKENIZE_ALIGN = (
    "tokenize_align:\n  task: ner\n  scheme: auto\n  illegal: repair\n  label_all_tokens: &all true\n"
    f"  max_length: 20\n  stride: 4\n  limits: {{{', '.join(f'{key}: null' for key in Limits.model_fields)}}}\n"
)


def test_anchored_bool_is_a_bool(tmp_path: Path) -> None:
    assert read_section("tokenize_align", TokenizeAlign, params(tmp_path, TOKENIZE_ALIGN)).label_all_tokens is True


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("stride: 4", "stride: 11", "stride is the overlap of two windows; it must be at most half of max_length (10)"),
        ("illegal_tags: null", "illegal_tags: -1", ":8: tokenize_align.limits.illegal_tags: should be greater than or"),
    ],
)
def test_error_of_windows_and_limits(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in message(tmp_path, TOKENIZE_ALIGN.replace(old, new), "tokenize_align", TokenizeAlign)
