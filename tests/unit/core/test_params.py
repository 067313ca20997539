"""params.yaml: the values that DVC sees, and all errors of a section in one message with their lines."""

import re

import pytest
from helpers.messages import message_of, refused
from helpers.tiny import write_params

from tagline.core.params import read_section
from tagline.evaluation.evaluate_params import Evaluate
from tagline.sources.download_params import Download
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.training.train_params import Train

SCHEMAS = {"download": Download, "tokenize_align": TokenizeAlign, "train": Train, "evaluate": Evaluate}


@pytest.fixture
def params(tmp_path):
    write_params(tmp_path)
    return tmp_path / "params.yaml"


def replace(params, old, new):
    """Replace the first occurrence of a text, and return the new content."""
    text = params.read_text("utf-8")
    assert old in text
    params.write_text(text.replace(old, new, 1), "utf-8")
    return text.replace(old, new, 1)


@pytest.mark.parametrize("written", ["2e-5", "2.0e-05", "0.00002"])
def test_floats_are_read_as_dvc_reads_them(params, written):
    replace(params, "learning_rate: 0.02", f"learning_rate: {written}")
    replace(params, "  seed: 7", "  seed: 7\n  weight_decay: 0")
    section = read_section("train", Train, params)
    assert (section.learning_rate, section.weight_decay) == (2e-5, 0)


def test_anchored_bool_is_a_bool(params):
    replace(params, "label_all_tokens: true", "label_all_tokens: &all true")
    assert read_section("tokenize_align", TokenizeAlign, params).label_all_tokens is True


WRONG_VALUES = [
    ("epochs: 6", "epochs: 0", "train.epochs: should be greater than or equal to 1, got 0"),
    (
        "learning_rate: 0.02",
        "learning_rate: .nan",
        "train.learning_rate: must be auto, or above 0 and below 1, got nan",
    ),
    ("  seed: 7", "  hub: {push: true}\n  seed: 7", "train.hub: push is true, so repo_id must name a repository"),
    ("    subwords_per_batch: 40\n", "", "train.batches.subwords_per_batch: the key is missing"),
    ("  seed: 7", "  seed: 7\n  weight_decay: none", "train.weight_decay: must be a number such as"),
    ("  seed: 7", "  seed: 7\n  teacher: {models: a}", "train.teacher.models: must be a list such as [a, b], got 'a'"),
    ("  seed: 7\n", "  <<: &a {seed: x}\n", "train.seed: must be a whole number such as 8, got 'x'"),
    ("data/tiny", "/", "download.folder: must be a folder"),
    ("data/tiny", "data", "download.folder: must be a folder apart from what the stages write (data/raw, "),
    ("  seed: 7", "  seed: 7\n  teacher: {models: [a, a]}", "train.teacher.models: must name each model once"),
    ("- pos\n    - ner", "- '-'", "download.dataset: columns must name at least one tag column"),
    ("path: encoder", "paht: a", "download.encoder.paht: unknown key; did you mean path? (allowed: "),
    ("source: path", "source: attic", "download.encoder.source: must be one of 'package', 'path', 'hub', "),
    ("    format: conll\n", "", "download.dataset.format: the key is missing (one of conll, conllu, json, "),
    ("stride: 6", "stride: 13", "tokenize_align: stride is the overlap of two windows; it must be at most half of"),
    (
        "  stride: 6",
        "  stride: 6\n  limits: {illegal_tags: -1}",
        "tokenize_align.limits.illegal_tags: should be greater",
    ),
    ("  promises:", "  promises: {X: {recal: }}", "evaluate.promises.X.recal: unknown key; did you mean recal"),
]


@pytest.mark.parametrize("old, new, error", WRONG_VALUES)
def test_error_has_its_key_and_line(params, old, new, error):
    lines = replace(params, old, new).splitlines()
    keys = error.split(":")[0].split(".")
    numbers = re.findall(rf":(\d+): {re.escape(error)}", message_of(read_section, keys[0], SCHEMAS[keys[0]], params))
    assert [lines[int(number) - 1].split(":")[0].strip() in keys for number in numbers] == [True]


def read(folder, content):
    if content is not None:
        (folder / "params.yaml").write_text(content, "utf-8")
    read_section("train", Train, folder / "params.yaml")


test_file_without_the_section_is_an_error = refused(
    read,
    ("trian: {}\n", " has 1 error:\n  params.yaml: train: the section is missing"),
    ("train: 3\n", " has 1 error:\n  params.yaml:1: train: should be a mapping, got 3"),
    ("train: {}\ntrain: {}\n", ':2: found duplicate key "train"; expected each key once'),
    ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", ":2: a merge conflict; expected one side"),
    ("a: &a\n  <<: *a\n", ": a mapping is merged (<<) into itself; expected another one"),
    ("", " must be a mapping with one section per stage"),
    (None, " is missing; run this in the repository's root"),
    at="params.yaml",
)
