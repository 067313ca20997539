"""The section ``download``: a data set and an encoder on the Hub, and the keys of formats."""

from pathlib import Path
from typing import Any

import pytest
from helpers.formats import KEYS
from helpers.messages import message_of
from helpers.tiny import preset
from ruamel.yaml import YAML

from tagline.core.params import read_section
from tagline.sources.download_params import Download

WRONG_ON_THE_HUB = [
    ("name: lhoestq/conll2003", "name: data/sets/conll", ".dataset.name: String should match pattern"),
    (" test: test\n", " test: validation\n", ".dataset.splits: validation and test are the same split validation;"),
    ("names: {}", "names: {per: [O]}", ".dataset: names.per: not one of tag_columns (pos, chunk, ner)"),
    ("names: {}", "names: {ner: [O, O]}", ".dataset.names.ner: must be the label names, each once, in the order"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG_ON_THE_HUB)
def test_wrong_key_of_the_hub_is_named(tmp_path, old, new, message):
    content = preset("conll2003")
    assert old in content
    (tmp_path / "params.yaml").write_text(content.replace(old, new, 1), encoding="utf-8")
    assert f"download{message}" in message_of(read_section, "download", Download, tmp_path / "params.yaml")


DRAWN = {"seed": 1, "validation": 0.5, "test": 0.5}


WRONG_OF_FORMATS = [
    ("conll", {"validation": None}, ": validation has neither a file nor a share of train; name a file, or add"),
    ("conll", {"split": {"seed": 1}}, ": split has no effect when validation and test have files; remove it"),
    ("conll", {"split": {"seed": 1, "test": 0.1}}, ": test has both a file and a share under split; remove one"),
    ("conll", {"validation": None, "test": None, "split": DRAWN}, ": the shares under split leave nothing for"),
    ("conll", {"test": None, "split": {"seed": 1, "test": 1.5}}, ".split.test: should be less than 1"),
    (
        "conll",
        {"tests": {"a.b": "f"}},
        ".tests: 'a.b' cannot name a test set; expected letters, digits, - and _, but not",
    ),
    ("conll", {"train": "../x"}, ".train: must be a relative path without `..`"),
    ("conll", {"columns": ["ner"]}, ": columns must contain 'words' exactly once"),
    ("conll", {"columns": ["words", "ner", "ner"]}, ": columns must have different names, and no tag column can"),
    ("conll", {"strip_pattern": "("}, ".strip_pattern: must be a regular expression of Python"),
    ("conll", {"encoding": "hex"}, ".encoding: must be an encoding that Python knows, such as utf-8, latin-1"),
    ("conll", {"types": {"person": "B-PER"}}, ".types.person: 'B-PER' is not the name of a type such as PER; O, B-PER"),
    ("conllu", {"tag_columns": {"pos": "tag"}}, ": tag_columns.pos: CoNLL-U has no column 'tag' (allowed: lemma, "),
    ("conllu", {"tag_columns": {}}, ".tag_columns: must name at least one tag column"),
    ("json", {"tag_columns": {"id": "t"}}, ".tag_columns: a tag column cannot be named 'id'; id, document, words"),
    ("csv", {"delimiter": '"'}, ": delimiter and quote must be two different characters and not line ends"),
    ("csv", {"sentence": None}, ": sentence is missing: with one word per row, name the column whose value"),
    ("csv", {"rows": "sentences", "fill_down": True}, ": fill_down has no effect with one sentence per row"),
]


@pytest.mark.parametrize(("name", "keys", "message"), WRONG_OF_FORMATS)
def test_wrong_key_of_a_format_is_named(tmp_path, name, keys, message):
    dataset = source(name, "train", "validation", "test") | keys
    assert f"download.dataset{message}" in fault_of(tmp_path, dataset)


def fault_of(folder: Path, dataset: Any):
    section = {"folder": "data", "dataset": dataset, "encoder": {"source": "path", "path": "encoder"}}
    YAML().dump({"download": section}, path := folder / "params.yaml")
    return message_of(read_section, "download", Download, path)


def source(name: str, *splits: str, **keys: Any):
    return {"source": "files", "format": name, **KEYS[name], **dict.fromkeys(splits, "f"), **keys}


CORPUS = source("conll", "train", "validation", "test")
WRONG_LISTS = [
    ([], 3, ": a list without sources; expected at least one, got []"),
    ([CORPUS, source("page")], 13, ".1: no split is named; expected at least one of train, validation, test and tests"),
    ([CORPUS, source("page", "train", trian="g")], 17, ".1.trian: unknown key; did you mean train? (allowed: annot"),
    ([CORPUS, source("page", "train", format="pgae")], 14, ".1.format: must be one of 'conll', 'conllu', 'json', "),
    ([CORPUS, source("page", "test", repeat=2)], 13, ".1: repeat is of train, which this source does not have; name"),
    ([CORPUS, source("page", "test", split={"seed": 1, "validation": 0.5})], 13, ".1: split draws from train, which"),
    ([CORPUS, source("page", "train", tag_column="t")], 3, ": no tag column is in all sources (0: ner; 1: t); give"),
    ({**CORPUS, "repeat": 2}, 3, ": repeat is for one source among several; train.epochs repeats all; remove it"),
]


@pytest.mark.parametrize(("sources", "line", "message"), WRONG_LISTS)
def test_wrong_source_is_named_by_its_number_and_line(tmp_path, sources, line, message):
    assert f"params.yaml:{line}: download.dataset{message}" in fault_of(tmp_path, sources)
