"""download.py with `source: hub`, by the real clients, against the server of hub_server.py.

The clients read HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE when they are imported, so the stage runs in a process of its
own, in a cache of its own.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import PEOPLE, PLACES, ROOT, TINY_PARAMS, save_encoder, snapshot, tiny_sentences, word_piece, write_params
from datasets import ClassLabel, Dataset, Features, List, Value, load_from_disk
from hub_server import Hub

DATASET, ENCODER = "lhoestq/conll2003", "google-bert/bert-base-cased"
TOKEN = "hf_secretsecretsecretsecret"
TAGS = {"pos_tags": ["ADP", "PROPN", "PUNCT", "VERB"], "ner_tags": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]}

PARAMS: dict[str, Any] = {
    **TINY_PARAMS,
    "download": {
        "folder": "data",
        "dataset": {
            "source": "hub",
            "name": DATASET,
            "config": None,
            "revision": "main",
            "splits": {"train": "train", "validation": "validation", "test": "test"},
            "words": "tokens",
            "layers": {"pos": "pos_tags", "ner": "ner_tags"},
            "names": {},
        },
        "encoder": {"source": "hub", "name": ENCODER, "revision": "main"},
    },
}


def parquet(shift: int, count: int = 6) -> bytes:
    """A split as the Hub keeps it: a Parquet file with the label names in its schema."""
    sentences = tiny_sentences(count, shift)
    features = {"id": Value("string"), "tokens": List(Value("string"))}
    features |= {column: List(ClassLabel(names=names)) for column, names in TAGS.items()}
    columns = {
        "id": [str(number) for number in range(count)],
        "tokens": [[word for word, _, _ in sentence] for sentence in sentences],
        "pos_tags": [[tag for _, tag, _ in sentence] for sentence in sentences],
        "ner_tags": [[tag for _, _, tag in sentence] for sentence in sentences],
    }
    file = io.BytesIO()
    Dataset.from_dict(columns, features=Features(features)).to_parquet(file)
    return file.getvalue()


SPLITS = {f"data/{split}.parquet": parquet(shift) for shift, split in enumerate(("train", "validation", "test"))}


@pytest.fixture(scope="session")
def encoder_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("encoder")
    save_encoder(folder, word_piece([*PEOPLE, *PLACES, "Lind", "lives", "in"]))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def hub(encoder_files: dict[str, bytes]) -> Iterator[Hub]:
    with Hub() as server:
        server.add("dataset", DATASET).commit(SPLITS)
        server.add("model", ENCODER).commit(encoder_files)
        server.tokens.add(TOKEN)
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, the current folder, and a home for the Hub's caches beside it."""
    (tmp_path / "workspace/data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "workspace")
    write_params(Path(), PARAMS)
    return tmp_path / "home"


def change(**values: Any) -> None:
    """Write params.yaml with other values, named ``dataset__revision`` and so on."""
    sections = {key: dict(PARAMS["download"][key]) for key in ("dataset", "encoder")}
    for path, value in values.items():
        section, key = path.split("__")
        sections[section][key] = value
    write_params(Path(), {**PARAMS, "download": {"folder": "data", **sections}})


def download(endpoint: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    clean |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), **environment}
    command = [sys.executable, str(ROOT / "stages/download.py")]
    return subprocess.run(command, env=clean, capture_output=True, text=True, check=False)


def test_cold(hub, home):
    d=download(hub.url,home); print(d.stdout,d.stderr,*hub.requests,sep="\n"); assert 0
