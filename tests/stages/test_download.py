"""download.py: one corpus in every format, and bad params and encoders. test_bad_input.py has malformed files."""

from __future__ import annotations

import copy
import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from helpers.annotated import FORMAT_KEYS, exported, webanno_tsv, write_brat, write_rows
from helpers.project import edit, error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, raw_rows, write_params

from tagline.text import languages

BLANK = "\t_" * 8 + "\n"  # the other columns of CoNLL-U


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "train: train.conll",
            "train: no.conll",
            "download: data/tiny/no.conll: no such file; see download.dataset.train",
        ),
        ("train: train.conll", "train: encoder", "download: data/tiny/encoder: a folder; expected a file"),
        (
            "    - pos\n",
            "",
            "download: data/tiny/train.conll:1: 3 columns in 'Ada PROPN B-PER'; expected 2 (words ner)",
        ),
        ("path: encoder", "path: train.conll", "download: data/tiny/train.conll: no such folder"),
        ("folder: data/tiny", "folder: data/none", "download: data/none/train.conll: no such file"),
        ("seed: 7", "sede: 7", None),  # a stage does not check the sections of others
    ],
)
def test_bad_params_leave_everything(finished: Path, old: str, new: str, message: str | None) -> None:
    edit(Path("params.yaml"), old, new)
    if message is None:
        run_stage("download")
    else:
        assert message in error_of("download")


def words_of(path: str) -> dict[str, Any]:
    return json.loads(Path(path).read_text())["words"]


def test_words_that_predict_would_not_find(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert words_of("data/raw/provenance.json") == {"language": None, "library": None, "agreement": 1.0}
    train = Path("data/tiny/train.conll")
    train.write_text(train.read_text().replace("lives VERB", "li/ves VERB", 3))
    run_stage("download")
    agreement = words_of("data/raw/provenance.json")["agreement"]
    assert 0.9 < agreement < 0.98
    assert (
        f"words: predict.py finds only {agreement:.1%} of the training words again in running text "
        "('li/ves' is found as 'li' '/' 'ves'); set download.dataset.language if it is one of "
        "ca, de, en, es, fr, he, it, km, lo, my, nl, ru, th, or give it words\n"
    ) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "train", "agreement"),
    [
        (
            {"format": "prodigy", "tag_column": "ner"},
            '{"text": "li/ves", "tokens": [{"start": 0, "end": 6}], "spans": [], "answer": "accept"}',
            0.0,
        ),
        ({"format": "prodigy", "tag_column": "ner"}, '{"text": "li/ves", "spans": [], "answer": "accept"}', 1.0),
        (
            {"format": "doccano", "tag_column": "ner", "split_words": "spaces"},
            '{"id": 1, "text": "Oslo . li/ves", "label": []}',
            0.6667,
        ),
        (
            {"format": "prodigy", "tag_column": "ner", "split_words": "spaces"},
            '{"text": "a . ( b", "tokens": [{"start": 0, "end": 3}, {"start": 4, "end": 7}], "spans": [], "answer": "accept"}',
            0.0,
        ),
        ({"format": "gliner", "tag_column": "ner"}, '{"tokenized_text": ["Oslo", ".", "li/ves"], "ner": []}', 0.6667),
        (
            {"format": "conllu", "tag_columns": {"ner": "upos"}},
            f"# text = Oslo.\n1\tOslo{BLANK}2\t.{BLANK}\n# text = du\n1-2\tdu{BLANK}1\tde{BLANK}2\tle{BLANK}",
            0.5,
        ),
        ({"format": "conllu", "tag_columns": {"ner": "upos"}}, f"1\tli/ves{BLANK}", 1.0),
    ],
)
def test_words_of_files_with_raw_text_are_compared(
    workspace: Path, keys: dict[str, Any], train: str, agreement: float
) -> None:
    params: dict[str, Any] = copy.deepcopy(TINY_PARAMS)
    for number, split in enumerate(files := {split: split for split in ("train", "validation", "test")}):
        Path("data/tiny", split).write_text(train + number * "\n")  # two splits cannot be the same data
    params["download"]["dataset"] = {"source": "files", **keys, **files}
    write_params(workspace, params)
    run_stage("download")
    assert words_of("data/raw/provenance.json")["agreement"] == agreement


def test_a_language_whose_library_is_not_installed(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "SPACY", "no-spacy")
    edit(Path("params.yaml"), "    source: files\n", "    source: files\n    language: fr\n")
    assert error_of("download").startswith("download: language: the words of fr are split by no-spacy, which is not")


def test_raw_text_in_a_language(finished: Path) -> None:
    pytest.importorskip("spacy")
    for split, name in (("train", "Ada"), ("validation", "Eva"), ("test", "Bob")):
        row = {"text": f"{name} vit à l'Oise.", "spans": [{"start": 12, "end": 16, "label": "LOC"}]}
        Path(f"data/tiny/{split}.json").write_text(json.dumps([row]))
    params = copy.deepcopy(TINY_PARAMS)
    splits = {split: f"{split}.json" for split in ("train", "validation", "test")}
    keys = {"format": "spans", "tag_column": "ner", "misaligned_spans": "error", "language": "fr"}
    params["download"]["dataset"] = {"source": "files", **keys, **splits}
    write_params(Path(), params)
    run_stage("download")
    assert words_of("data/raw/provenance.json") == {
        "language": "fr",
        "library": f"spacy {version('spacy')}",
        "agreement": 1.0,
    }
    assert raw_rows("train")[0]["words"] == ["Ada", "vit", "à", "l'", "Oise", "."]


def test_a_line_with_too_few_columns(finished: Path) -> None:
    file = Path("data/tiny/validation.conll")
    lines = file.read_text().split("\n")
    lines[8] = "lives VERB"
    file.write_text("\n".join(lines))
    assert error_of("download") == (
        "download: data/tiny/validation.conll:9: 2 columns in 'lives VERB'; expected 3 (words pos ner)"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "data/tiny/encoder: no config.json"),
        ("model.safetensors", "data/tiny/encoder: no model.safetensors"),
        ("tokenizer.json", "data/tiny/encoder: no tokenizer that transformers can load"),
    ],
)
def test_an_incomplete_encoder(finished: Path, name: str, message: str) -> None:
    Path("data/tiny/encoder", name).unlink()
    if name == "tokenizer.json":
        Path("data/tiny/encoder/tokenizer_config.json").unlink()
    assert message in error_of("download")


PACKAGE = """\
    source: package
    package: {package}
    path: {path}
    sha256: {sha256}
"""


def test_an_encoder_of_another_architecture(finished: Path) -> None:
    edit(Path("data/tiny/encoder/config.json"), '"model_type": "bert"', '"model_type": "homemade"')
    message = "data/tiny/encoder: transformers does not have its architecture, and code from elsewhere is never run"
    assert f"download: {message}" in error_of("download")


def test_weights_of_another_hash_are_refused(finished: Path) -> None:
    # Any installed file will do for a package that carries the wrong thing.
    section = PACKAGE.format(package="pytest", path="_pytest", sha256="a" * 64)
    edit(Path("params.yaml"), "    source: path\n    path: encoder\n", section)
    assert "pytest: no _pytest/model.safetensors" in error_of("download")


def test_a_package_that_is_not_installed(finished: Path) -> None:
    section = PACKAGE.format(package="no-such-encoder", path="model", sha256="a" * 64)
    edit(Path("params.yaml"), "    source: path\n    path: encoder\n", section)
    assert "download: the package no-such-encoder is not installed" in error_of("download")


def test_the_packaged_encoder_by_its_hash(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the hash against a package made of the tiny encoder."""
    from tagline.core.provenance import sha256
    from tagline.sources import encoders

    monkeypatch.setattr(encoders, "find_in_package", lambda _package, path: (Path("data/tiny", path), "1.0"))
    actual = sha256(Path("data/tiny/encoder/model.safetensors"))
    section = PACKAGE.format(package="tiny", path="encoder", sha256="b" * 64)
    edit(Path("params.yaml"), "    source: path\n    path: encoder\n", section)
    assert error_of("download") == (
        f"download: tiny: SHA-256 of encoder/model.safetensors is {actual}; "
        f"expected {'b' * 64} (download.encoder.sha256 in params.yaml)"
    )
    edit(Path("params.yaml"), "b" * 64, actual)
    run_stage("download")
    assert '"revision": "1.0"' in Path("models/pretrained/provenance.json").read_text()


def test_local_files_are_looked_up_in_the_folder(finished: Path) -> None:
    shutil.move("data/tiny", "elsewhere")
    edit(Path("params.yaml"), "folder: data/tiny", "folder: elsewhere")
    before = Path("data/raw/provenance.json").read_bytes()
    run_stage("download")
    assert Path("data/raw/provenance.json").read_bytes() == before


SENTENCES = [
    ([("Ada", "B-PER"), ("Lind", "I-PER"), ("lives", "O"), ("in", "O"), ("Oslo", "B-LOC"), (".", "O")]),
    ([("Rome", "B-LOC"), ("waits", "O"), ("for", "O"), ("Bo", "B-PER")]),
]
NAMES = ["O", "B-LOC", "B-PER", "I-PER"]
TEXTS = [
    {"text": "Ada Lind lives in Oslo.", "spans": [(0, 8, "PER"), (18, 22, "LOC")]},
    {"text": "Rome waits for Bo", "spans": [(0, 4, "LOC"), (15, 17, "PER")]},
]
WORD_SPANS = [[[0, 1, "PER"], [4, 4, "LOC"]], [[0, 0, "LOC"], [3, 3, "PER"]]]
KEYS: dict[str, dict[str, Any]] = {
    "conll": {"columns": ["ner", "-", "words"]},
    "conllu": {"tag_columns": {"ner": "misc:NER"}, "absent": "O"},
    "json": {"words": "w", "tag_columns": {"ner": "t"}, "names": {"ner": NAMES}},
    "csv": {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}, "delimiter": ";"},
    **FORMAT_KEYS,
    "inception": {"tag_column": "ner", "span_layer": "custom.Span", "feature": "label"},
}


def write_corpus(dataset_format: str, path: Path, part: slice = slice(None)) -> None:
    """Write the corpus, or some of its sentences."""
    sentences, texts = SENTENCES[part], TEXTS[part]
    match dataset_format:
        case "conll":
            path.write_text("\n".join("".join(f"{tag} x {word}\n" for word, tag in rows) for rows in sentences))
        case "conllu":
            blank = "\t_" * 7
            lines = [
                "".join(f"{i}\t{word}{blank}\tNER={tag}\n" for i, (word, tag) in enumerate(rows, 1))
                for rows in sentences
            ]
            path.write_text("\n".join(lines))
        case "json":
            rows = [{"w": [w for w, _ in rows], "t": [NAMES.index(t) for _, t in rows]} for rows in sentences]
            path.write_text(json.dumps(rows, indent=1))
        case "csv":
            cells = [(number, *row) for number, rows in enumerate(sentences) for row in rows]
            pd.DataFrame(cells, columns=["s", "w", "t"]).to_csv(path, sep=";", index=False)
        case "parquet":
            table = [([word for word, _ in rows], [tag for _, tag in rows]) for rows in sentences]
            pd.DataFrame(table, columns=["w", "t"]).to_parquet(path)
        case "brat":
            for number, row in enumerate(texts):
                write_brat(path.with_name(f"{path.name}{number}"), row)
        case "inception":
            path.write_text(webanno_tsv(texts))
        case "save_to_disk":
            features = Features({"w": List(Value("string")), "t": List(ClassLabel(names=NAMES))})
            lists = {
                "w": [[w for w, _ in rows] for rows in sentences],
                "t": [[t for _, t in rows] for rows in sentences],
            }
            Dataset.from_dict(lists, features).save_to_disk(path)
        case "gliner":
            lines = [
                {"tokenized_text": [w for w, _ in rows], "ner": ner}
                for rows, ner in zip(sentences, WORD_SPANS[part], strict=True)
            ]
            write_rows(path, lines)
        case "spacy":
            path.write_text(json.dumps([[row["text"], {"entities": row["spans"]}] for row in texts]))
        case _:
            write_rows(path, [exported(dataset_format, row) for row in texts])


@pytest.mark.parametrize("dataset_format", KEYS)
def test_one_corpus_in_every_format(workspace: Path, dataset_format: str) -> None:
    write_corpus(dataset_format, Path("data/tiny/corpus"))
    write_corpus(dataset_format, Path("data/tiny/first"), slice(1))
    write_corpus(dataset_format, Path("data/tiny/second"), slice(1, 2))
    params: dict[str, Any] = copy.deepcopy(TINY_PARAMS)
    files = {"train": "corpus", "validation": "first", "test": "second"}
    if dataset_format == "brat":
        files = {"train": "corpus?", "validation": "first0", "test": "second0"}
    params["download"]["dataset"] = {"source": "files", "format": dataset_format, **KEYS[dataset_format], **files}
    write_params(workspace, params)
    run_stage("check")
    run_stage("download")
    ids = ["0", "1"] if dataset_format == "csv" else ["train-0", "train-1"]
    assert raw_rows("train") == [
        {
            "id": name,
            "document": "corpus#1" if dataset_format == "inception" else name,
            "words": [word for word, _ in rows],
            "ner": [tag for _, tag in rows],
        }
        for name, rows in zip(ids, SENTENCES, strict=True)
    ]


def test_drawn_splits_are_the_same_twice_and_stand_in_the_provenance(workspace: Path) -> None:
    params: dict[str, Any] = copy.deepcopy(TINY_PARAMS)
    dataset = params["download"]["dataset"]
    del dataset["test"]
    dataset |= {"train": "t*.conll", "validation": None, "split": {"seed": 1, "validation": 0.2, "test": 0.3}}
    write_params(workspace, params)
    run_stage("download")
    first = snapshot(Path("data/raw"))
    run_stage("download")
    assert snapshot(Path("data/raw")) == first
    provenance = json.loads(Path("data/raw/provenance.json").read_text())
    assert {split: [file["path"] for file in files] for split, files in provenance["files"].items()} == {
        "train": ["test.conll", "train.conll"]
    }
    assert provenance["drawn_from_train"] == {"seed": 1, "test": 0.3, "validation": 0.2}
    assert sum(provenance["rows"].values()) == 16 + 6
    words = {split: {tuple(row["words"]) for row in raw_rows(split)} for split in ("train", "validation", "test")}
    assert not words["train"] & words["test"]
    assert not words["train"] & words["validation"]


@pytest.mark.parametrize("name", ["encoder", "encoder/vocab.txt", "encoder/model.safetensors"])
def test_an_encoder_with_a_link_that_leads_out(finished: Path, name: str) -> None:
    path = Path("data/tiny", name)
    outside = finished / "outside"
    if path.exists():
        path.rename(outside)
    else:
        outside.write_text("secret")
    path.symlink_to(outside)
    assert f"download: data/tiny/{name}: this link leads out of data/tiny; expected" in error_of("download")


def test_a_folder_that_is_a_link_is_resolved_first(finished: Path) -> None:
    before = snapshot(Path("data/raw"), Path("models/pretrained"))
    Path("data/tiny").rename(finished / "elsewhere")
    Path("data/tiny").symlink_to(finished / "elsewhere")
    run_stage("download")
    assert snapshot(Path("data/raw"), Path("models/pretrained")) == before
