"""Damaged data sets, inputs of predict.py and params: each is read, or gives one `UserError`."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.damage import damage
from helpers.fuzzing import fuzz
from helpers.tiny import TINY_PARAMS, write_params

from tagline.artifacts import raw_data
from tagline.core.params import read_section
from tagline.sources import files
from tagline.sources.download import to_row
from tagline.sources.download_params import Download
from tagline.sources.files import FileSource
from tagline.sources.formats.lines import read_lines
from tagline.tools.predict import readers
from tagline.training.train_params import Train

pytestmark = pytest.mark.rare

ROWS = [{"id": f"s-{i}", "w": ["Ada", "in", "Osl\u00f6"], "t": ["B-X", "O", "B-Y"]} for i in range(9)]
ANNOTATED = {"tag_column": "ner", "misaligned_spans": "expand", "overlaps": "longest"}
TEXTS = [{"text": "Ada in Oslo", "spans": [{"start": 0, "end": 3, "label": "X"}]} for _ in range(9)]


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"w": [row["w"] for row in ROWS], "t": [row["t"] for row in ROWS]}), sink)
    return sink.getvalue()


# By name: the keys of download.dataset, the suffix that chooses the kinds of damage, and a file without damage.
FORMATS: dict[str, tuple[dict[str, Any], str, bytes]] = {
    "conll": ({"columns": ["words", "ner"]}, ".txt", "Ada B-X\nin O\nOsl\u00f6 B-Y\n\n".encode() * 9),
    "conllu": (
        {"tag_columns": {"ner": "upos"}},
        ".txt",
        ("# text = a\n1\tAda" + "\t_" * 8 + "\n2-3\tab" + "\t_" * 8 + "\n2\tOslo\t_\tX" + "\t_" * 6 + "\n\n").encode() * 9,
    ),
    "json": ({"words": "w", "tag_columns": {"ner": "t"}, "id": "id"}, ".json", json.dumps(ROWS).encode()),
    "csv": (
        {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}},
        ".csv",
        b"s,w,t\n" + b"".join(b"%d,Ada,B-X\n%d,\"a,b\",O\n" % (i, i) for i in range(9)),
    ),
    "parquet": ({"words": "w", "tag_columns": {"ner": "t"}}, ".parquet", parquet()),
    "spans": ({"tag_column": "ner", "misaligned_spans": "expand"}, ".json", json.dumps(TEXTS).encode()),
    "label_studio": (
        {**ANNOTATED, "annotators": "agreed"},
        ".json",
        json.dumps([
            {"id": i, "data": {"text": "Ada in \U0001f44b"}, "annotations": [{"completed_by": {"id": 1}, "result": [
                {"from_name": "label", "type": "labels", "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["X"]}}
            ]}] * 2} for i in range(9)
        ]).encode(),
    ),
    "doccano": (
        ANNOTATED,
        ".json",
        json.dumps([{"id": i, "text": "Ada \xf6", "label": [[0, 3, "X"]]} for i in range(9)]).encode(),
    ),
    "prodigy": (
        ANNOTATED,
        ".json",
        json.dumps([
            {"text": "Ada in", "tokens": [{"start": 0, "end": 3}, {"start": 4, "end": 6}], "_input_hash": i,
             "spans": [{"start": 0, "end": 3, "label": "X"}], "answer": "accept"} for i in range(9)
        ]).encode(),
    ),
    "spacy": (ANNOTATED, ".json", json.dumps([["Ada", {"entities": [[0, 3, "X"]]}] for _ in range(9)]).encode()),
    "inception": (
        ANNOTATED,
        ".txt",
        b"#FORMAT=WebAnno TSV 3.3\n#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value\n\n\n"
        b"#Text=Ada in Oslo\n1-1\t0-3\tAda\tX[1]|Y[2]\t\n1-2\t4-6\tin\tX[1]\t\n1-3\t7-11\tOslo\t*\t\n\n",
    ),
    "argilla": (
        {**ANNOTATED, "question": "q"},
        ".json",
        json.dumps([
            {"id": str(i), "fields": {"text": "Ada"}, "responses": {"q": [
                {"value": [{"start": 0, "end": 3, "label": "X"}], "user_id": "u"}
            ]}} for i in range(9)
        ]).encode(),
    ),
    "gliner": (ANNOTATED, ".json", json.dumps([{"tokenized_text": ["Ada"], "ner": [[0, 0, "X"]]}] * 9).encode()),
    "brat": ({**ANNOTATED, "discontinuous_spans": "split"}, ".ann", "T1\tX 0 3\tAda\nT2\tX 0 3;7 11\tAda Osl\xf6\n".encode()),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_data_set(
    name: str, tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "check_different", lambda *_: None)  # every split reads the damaged file
    keys, suffix, content = FORMATS[name]
    path = tmp_path / f"data{suffix}"
    section = copy.deepcopy(TINY_PARAMS["download"])
    (tmp_path / "data.txt").write_text("Ada in Osl\u00f6", encoding="utf-8")  # the text of the annotations of brat
    named = "data.txt" if name == "brat" else path.name
    dataset: Any = {"source": "files", "format": name, **keys, **dict.fromkeys(raw_data.SPLITS, named)}
    params = Download.model_validate({**section, "folder": str(tmp_path), "dataset": dataset})  # type: ignore[dict-item]

    def case(random: Random) -> Callable[[], object]:
        target = tmp_path / f"raw-{random.random()}"
        _write(path, content)
        description = damage(path, random)

        def run() -> None:
            source = FileSource(tmp_path, params.dataset)  # type: ignore[arg-type]
            rows = {split: map(to_row, sentences) for split, sentences in source.splits().items()}
            raw_data.write(target, rows, list(params.dataset.tag_columns))
            source.provenance(), source.report()
            raw_data.load(target)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 500)


READERS: dict[str, tuple[Callable[..., Any], str, bytes]] = {
    "texts": (readers.read_texts, ".txt", "Ada in Osl\u00f6.\n".encode() * 9),
    "words": (readers.read_words, ".txt", "Ada in Osl\u00f6 .\n".encode() * 9),
    "json": (readers.read_json, ".json", json.dumps([{"text": "Ada in Oslo"}, {"words": ["Ada"]}] * 3).encode()),
    "columns": (readers.read_columns, ".txt", b"Ada B-X\nin O\n\n" * 9),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_input_of_predict(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    reader, suffix, content = READERS[name]
    path = tmp_path / f"input{suffix}"

    def case(random: Random) -> Callable[[], object]:
        _write(path, content)
        description = damage(path, random)

        def run() -> None:
            for document in reader(read_lines(path), str(path)):
                assert all(document.words)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 1000)


def test_damaged_params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    path = tmp_path / "params.yaml"
    content = path.read_bytes()

    def case(random: Random) -> Callable[[], object]:
        _write(path, content)
        description = damage(path, random)

        def run() -> None:
            read_section("train", Train)
            read_section("download", Download)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 100)


def _write(path: Path, content: bytes) -> None:
    if path.is_dir():
        path.rmdir()
    path.write_bytes(content)
