"""What the tests share: a tiny encoder with its tokenizer, a tiny corpus, and a workspace that holds them."""

import contextlib
import shutil
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.built_once import built_once, entered
from helpers.handmade_export import save_export
from helpers.hub_server import TOKEN, Account, Hub
from helpers.project import ROOT, STAGES, run_stage, run_stages
from helpers.tiny import PEOPLE, PLACES, conll, fill_workspace, preset, save_encoder, tiny_sentences, word_piece
from huggingface_hub import constants, file_download
from huggingface_hub.utils import _http
from ruamel.yaml import YAML

from tagline.crossval.crossval_params import CROSSVAL_PARAMS
from tagline.inference import Tagger
from tagline.project import crossval_pipeline
from tagline.terminal import signals

# Of an encoder that lower-cases, so that capitals are marked.
PIECES = ["[unused0]", "[unused1]", *(name.lower() for name in [*PEOPLE, *PLACES, "Lind", "lives", "in"])]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A ``download.folder``: three column files and an encoder."""
    folder = tmp_path_factory.mktemp("tiny")
    test = [*tiny_sentences(1, 4), *tiny_sentences(6, 3)[1:]]  # half of these are in train
    test[1].append(("\u200b", "X", "O"))
    for split, sentences in {"train": tiny_sentences(16, 0), "validation": tiny_sentences(6, 1), "test": test}.items():
        (folder / f"{split}.conll").write_text(conll(sentences), encoding="utf-8")
    save_encoder(folder / "encoder", word_piece(PIECES, lowercase=True))
    return folder


@pytest.fixture
def workspace(tmp_path, tiny_folder, monkeypatch):
    """An empty working folder with the tiny corpus, the tiny encoder and params.yaml; the current folder."""
    fill_workspace(tmp_path, tiny_folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def finished_once(tiny_folder, tmp_path_factory):
    def build(folder):
        fill_workspace(folder, tiny_folder)
        with contextlib.chdir(folder):
            run_stages(*STAGES)

    return built_once(tmp_path_factory, "finished", build)


@pytest.fixture
def finished(finished_once, tmp_path, monkeypatch):
    """A workspace, the current folder, in which all five stages have run."""
    return entered(finished_once, tmp_path, monkeypatch)


# Of the cross-validation below. The seed divides the tiny data in halves that both have sentences of all splits.
FOLDS, SEED = 2, 35


@pytest.fixture(scope="session")
def validated_once(tiny_folder, tmp_path_factory):
    def build(folder):
        fill_workspace(folder, tiny_folder)
        path = folder / "data/tiny/train.conll"
        text = path.read_text(encoding="utf-8").replace("B-PER", "O", 1).replace("I-PER", "O", 1)
        path.write_text(text, encoding="utf-8")
        with contextlib.chdir(folder):
            Path("dvc.yaml").touch()
            crossval_pipeline.create()
            params = YAML().load(CROSSVAL_PARAMS)
            params["crossval"] |= {"folds": FOLDS, "seed": SEED}
            YAML().dump(params, CROSSVAL_PARAMS)
            run_stages("download", "tokenize_align", "train")
            run_stage("crossval")

    return built_once(tmp_path_factory, "validated", build)


@pytest.fixture
def validated(validated_once, tmp_path, monkeypatch):
    """A workspace whose first training sentence has lost its person, after a training and a cross-validation."""
    return entered(validated_once, tmp_path, monkeypatch)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository's root with the presets and the params of the sample, the current folder, without Git."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("dvc.yaml", ".gitignore"):
        shutil.copy(ROOT / name, name)
    shutil.copytree(ROOT / "presets", "presets")
    Path("params.yaml").write_text(preset("sample"), encoding="utf-8")  # in a clone, params.yaml is its owner's
    return tmp_path


@pytest.fixture(scope="session")
def export(tmp_path_factory):
    """A hand-made export, which tests must not change."""
    return save_export(tmp_path_factory.mktemp("export"))


@pytest.fixture
def beside_export(export, tmp_path, monkeypatch):
    """The current folder, with the export as its models/export."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models/export").symlink_to(export)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tagger(export):
    with Tagger(export) as opened:
        yield opened


@pytest.fixture
def online(tmp_path, monkeypatch):
    """This process as one that may use a network, without anybody's login or cache."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    for module in (_http, file_download):  # the client does not wait between its retries
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    return monkeypatch


@pytest.fixture
def hub(online):
    """A Hub on this host that the clients of this process ask, and to which they push large files by Git LFS."""
    with Hub() as server:
        server.serve(online)
        online.setattr(constants, "HF_HUB_DISABLE_XET", True)
        yield server


@pytest.fixture
def logged_in(hub, online):
    """This process as ada's, who may write and is of an organisation."""
    online.setenv("HF_TOKEN", TOKEN)
    hub.log_in(TOKEN, Account(("ada", "analysts")))


@pytest.fixture
def outliving(monkeypatch):
    """Let this process outlive a signal, after which a stage ends in any case."""
    monkeypatch.setattr(signals, "_end_after_grace", lambda status: None)
    yield
    signal.alarm(0)
