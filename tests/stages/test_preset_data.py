"""Presets of the Hub read data sets of the real column names and labels, and tokenize_align.py learns these labels.

The rows are made up; columns are those that the data sets' cards list, with some of their label names.
test_download_from_hub.py reads a preset from a Hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from helpers.project import run_stage
from helpers.tiny import preset, raw_rows, word_piece

from tagline.artifacts import raw_data, tokenized
from tagline.core.outputs import write_json
from tagline.core.params import read_section
from tagline.core.provenance import write_hashes
from tagline.sources import encoders, hub_dataset
from tagline.sources.download import to_row
from tagline.sources.download_params import Download, HubDataset
from tagline.text.sentence import Sentence
from tagline.tokenization.tokenize_align_params import TokenizeAlign

WORDS = ["Zoë", "Lind", "lives", "in"]
SPLITS = ("train", "validation", "test")


def iob2(types: str) -> list[str]:
    return ["O", *(f"{prefix}-{kind}" for kind in types.split() for prefix in "BI")]


GERMEVAL = iob2("LOC LOCderiv PERpart")
CONLL = {
    "pos_tags": ["''", "$", "NN|SYM", "NNP", "PRP$"],
    "chunk_tags": iob2("ADJP NP VP"),
    "ner_tags": iob2("PER ORG LOC MISC"),
}
# All of them: the preset gives the names of numbers.
ONTONOTES = (
    "O B-CARDINAL B-DATE I-DATE B-PERSON I-PERSON B-NORP B-GPE I-GPE B-LAW I-LAW B-ORG I-ORG B-PERCENT I-PERCENT "
    "B-ORDINAL B-MONEY I-MONEY B-WORK_OF_ART I-WORK_OF_ART B-FAC B-TIME I-CARDINAL B-LOC B-QUANTITY I-QUANTITY I-NORP "
    "I-LOC B-PRODUCT I-TIME B-EVENT I-EVENT I-FAC B-LANGUAGE I-PRODUCT I-ORDINAL I-LANGUAGE"
).split()
# Label names by tag column of each preset on the Hub; conll2003-gpu, -pos and -chunk read what conll2003 reads.
LABELS = {
    "conll2003": CONLL,
    "conllpp": CONLL,
    "few-nerd": {
        "ner_tags": ["O", "event", "person"],
        "fine_ner_tags": ["O", "event-attack/battle/war/militaryconflict", "person-actor"],
    },
    "germeval2014": {"ner_tags": GERMEVAL, "nested_ner_tags": GERMEVAL},
    "ontonotes5": {"tags": ONTONOTES},
    "wnut17": {"ner_tags": iob2("creative-work group person")},
}
# Its Parquet files have numbers only; those of the others have label names.
UNNAMED = "ontonotes5"


def tags(labels: Sequence[str], number: int) -> list[str]:
    """The tags of a sentence with a label of the list, in which `I-` follows `B-`."""
    label = labels[number % len(labels)]
    start = [f"B-{label[2:]}"] if label.startswith("I-") else []
    return [*start, label, *labels[:1] * len(WORDS)][: len(WORDS)]


def sentences(split: str, labels: dict[str, list[str]]) -> Iterator[tuple[list[str], dict[str, list[str]]]]:
    """Sentences in which each label occurs; those of each split have words of their own."""
    for number in range(max(map(len, labels.values()))):
        yield [*WORDS[:-1], f"{split}{number}"], {column: tags(names, number) for column, names in labels.items()}


def data_set(split: str, labels: dict[str, list[str]], named: bool) -> Dataset:
    features: dict[str, Any] = {"tokens": List(Value("string"))}
    columns: dict[str, Any] = {column: [] for column in ("tokens", *labels)}
    for column, names in labels.items():
        features[column] = List(ClassLabel(names=names) if named else Value("int32"))
    for words, row in sentences(split, labels):
        columns["tokens"].append(words)
        for column, names in labels.items():
            columns[column].append([names.index(tag) for tag in row[column]])
    return Dataset.from_dict(columns, features=Features(features))


def read(name: str, dataset: HubDataset) -> dict[str, Iterator[Sentence]]:
    """Read a data set of made-up rows as the preset says."""
    splits = {getattr(dataset.splits, split): data_set(split, LABELS[name], name != UNNAMED) for split in SPLITS}
    picked = hub_dataset.pick(DatasetDict(splits), dataset)
    return {split: hub_dataset.sentences(rows, split, dataset) for split, rows in picked.items()}


@pytest.mark.parametrize("name", LABELS)
def test_preset_reads_its_columns_and_learns_its_labels(workspace: Path, name: str) -> None:
    Path("params.yaml").write_text(preset(name), encoding="utf-8")
    dataset = read_section("download", Download).dataset
    task, scheme = (getattr(read_section("tokenize_align", TokenizeAlign), key) for key in ("task", "scheme"))
    rows = {split: map(to_row, found) for split, found in read(name, dataset).items()}
    raw_data.write(Path("data/raw"), rows, list(dataset.tag_columns))
    write_json(Path("data/raw/provenance.json"), {})
    write_hashes(Path("data/raw"))
    tokenizer = word_piece([*WORDS, *SPLITS])
    tokenizer.model_max_length = 512
    encoders.save_tokenizer(tokenizer, Path("models/pretrained/tokenizer"))
    write_hashes(Path("models/pretrained/tokenizer"))
    run_stage("tokenize_align")
    for split in SPLITS:
        expected = list(sentences(split, LABELS[name]))
        for row, (words, by_column) in zip(raw_rows(split), expected, strict=True):
            assert row["words"] == words
            assert {column: row[column] for column in dataset.tag_columns} == {
                column: by_column[in_file] for column, in_file in dataset.tag_columns.items()
            }
        folder = Path("data/tokenized")
        learnt = tokenized.load_split(folder, split).labelled_words(tokenized.load_labels(folder))
        for (_, labels), (_, by_column) in zip(learnt, expected, strict=True):
            gold = by_column[dataset.tag_columns[task]]
            assert labels == ([f"B-{tag}" if tag != "O" else tag for tag in gold] if scheme == "IO" else gold)
