"""download.py with `source: hub`, by the real clients, against the server of hub_server.py.

The clients read HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE when they are imported, so the stage runs in a process of its
own, in a cache of its own.
"""

import io
import os
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from helpers import preloaded
from helpers.hub_server import TOKEN, Hub
from helpers.project import ROOT, files_of, json_of, snapshot
from helpers.tiny import PEOPLE, PLACES, preset, raw_rows, save_encoder, tiny_sentences, word_piece, write_params
from ruamel.yaml import YAML

from tagline.core.names import SPLITS

DATASET, ENCODER = "lhoestq/conll2003", "google-bert/bert-base-cased"
NOT_NEEDED = ("pytorch_model.bin", "modeling_bert.py", "onnx/model.onnx", "tf_model.h5")
NAMES = {"pos_tags": "ADP PROPN PUNCT VERB", "chunk_tags": "O B-NP", "ner_tags": "O B-PER I-PER B-LOC I-LOC"}
TAGS = {column: names.split() for column, names in NAMES.items()}

# The preset itself, so that its names and columns are those that are tried.
PARAMS = YAML(typ="safe").load(preset("conll2003"))


def parquet(shift, count=6):
    """A split as the Hub keeps it: a Parquet file with the label names in its schema."""
    rows = [list(zip(*sentence, strict=True)) for sentence in tiny_sentences(count, shift)]
    features = {"tokens": List(Value("string")), **{key: List(ClassLabel(names=names)) for key, names in TAGS.items()}}
    columns = {
        "tokens": [words for words, _, _ in rows],
        "pos_tags": [pos for _, pos, _ in rows],
        "chunk_tags": [["B-NP" if tag == "PROPN" else "O" for tag in pos] for _, pos, _ in rows],
        "ner_tags": [ner for _, _, ner in rows],
    }
    file = io.BytesIO()
    Dataset.from_dict(columns, features=Features(features)).to_parquet(file)
    return file.getvalue()


FILES = {f"data/{split}.parquet": parquet(shift) for shift, split in enumerate(SPLITS)}


@pytest.fixture
def hub(tmp_path):
    save_encoder(tmp_path / "encoder", word_piece([*PEOPLE, *PLACES, "Lind", "lives", "in"]))
    files = {**dict.fromkeys(NOT_NEEDED, b"never fetched"), **files_of(tmp_path / "encoder")}
    with Hub() as server:
        server.add("dataset", DATASET).commit(FILES)
        server.add("model", ENCODER).commit(files)
        server.tokens.add(TOKEN)
        yield server


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace, the current folder, and a home for the Hub's caches beside it."""
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path / "workspace")
    Path("params.yaml").write_text(preset("conll2003"), encoding="utf-8")
    return tmp_path / "home"


def change(**values):
    """Write params.yaml with other values of the data set or the encoder."""
    sections = {key: PARAMS["download"][key] | changed for key, changed in values.items()}
    write_params(Path(), {**PARAMS, "download": PARAMS["download"] | sections})


def download(endpoint, home, **others):
    """Run the stage with a home folder of its own and the Hub at a URL."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    environment |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), **others}
    return preloaded.run(ROOT / "stages/download.py", environment)


def message(done):
    """The one message of a run that failed, without the name of its script."""
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("download: ").rstrip("\n")


def test_data_sets_of_the_hub_are_sources_of_a_list(hub, home):
    splits = [{"train": "train"}, {"train": "test", "validation": "validation"}, {"test": "test"}]
    sources = [{**PARAMS["download"]["dataset"], "splits": each} for each in splits]
    write_params(Path(), {**PARAMS, "download": PARAMS["download"] | {"dataset": sources}})
    done = download(hub.url, home)
    assert (done.returncode, done.stderr) == (0, "")
    counts = "train: 12 sentences, validation: 6 sentences, test: 6 sentences"
    assert done.stdout.startswith(f"{counts}\nsource 0, hub; train")
    assert [row["id"] for row in raw_rows("train")][5:7] == ["0/train-5", "1/train-0"]


def test_download_is_the_same_cold_warm_and_offline(hub, home):
    data, encoder = hub.repositories["datasets", DATASET], hub.repositories["models", ENCODER]
    first, weights = data.refs["main"], encoder.refs["main"]

    done = download(hub.url, home)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        ", ".join(f"{split}: 6 sentences" for split in SPLITS),
        f"data set: {DATASET} at {first}",
        f"encoder: {ENCODER} at {weights}",
    ]
    assert list(raw_rows("test")[0]) == ["id", "document", "words", "pos", "chunk", "ner"]
    assert raw_rows("train")[0]["words"] == ["Ada", "Lind", "lives", "in", "Oslo", "."]
    assert raw_rows("train")[0]["ner"] == ["B-PER", "I-PER", "O", "O", "B-LOC", "O"]
    source = {"source": "hub", "name": DATASET, "config": None, "commit": first}
    splits = {"splits": {split: split for split in SPLITS}, "rows": dict.fromkeys(SPLITS, 6)}
    assert (source | splits).items() <= json_of("data/raw/provenance.json").items()
    origin = json_of("models/pretrained/provenance.json")
    assert [origin[key] for key in ("source", "name", "commit")] == ["hub", ENCODER, weights]
    assert not [request for request in hub.requests if request.endswith(NOT_NEEDED)]
    cold = snapshot(Path("data"), Path("models"))

    # Warm: the Hub is asked which commit it is; no file is fetched again, and the bytes are the same.
    hub.requests.clear()
    assert download(hub.url, home).returncode == 0
    assert f"GET /api/datasets/{DATASET}/revision/main" in hub.requests
    assert not [request for request in hub.requests if request.startswith("GET") and "/resolve/" in request]
    assert snapshot(Path("data"), Path("models")) == cold

    # The branch moves on, and the newer commit comes into the cache too.
    second = data.commit({"data/train.parquet": parquet(5)})
    assert download(hub.url, home).returncode == 0
    newer = snapshot(Path("data"), Path("models"))
    assert json_of("data/raw/provenance.json")["commit"] == second

    # Offline the older commit is not mistaken for the newer, and one that was never there is not for either.
    change(dataset={"revision": first}, encoder={"revision": weights})
    hub.requests.clear()
    assert download(hub.url, home, HF_HUB_OFFLINE="1").returncode == 0
    assert snapshot(Path("data"), Path("models")) == cold != newer
    change(dataset={"revision": "f" * 40}, encoder={"revision": weights})
    assert message(download(hub.url, home, HF_HUB_OFFLINE="1")) == (
        f"{DATASET}: {'f' * 40} is not, or not completely, in the cache, and HF_HUB_OFFLINE is set; unset it, or set "
        "download.dataset.revision in params.yaml to a commit that is in the cache"
    )
    assert snapshot(Path("data"), Path("models")) == cold
    assert hub.requests == []


def test_token_opens_gated_repositories_and_is_written_nowhere(hub, home):
    for repository in hub.repositories.values():
        repository.readers = {TOKEN}
    bad = download(hub.url, home, HF_TOKEN=TOKEN + "x")
    assert message(bad).startswith(f"{DATASET}: the Hub rejected your token (401")
    home.mkdir(exist_ok=True)
    (home / "token").write_text(TOKEN)  # where `hf auth login` leaves it
    good = download(hub.url, home)
    assert (good.returncode, good.stderr) == (0, "")
    for done in (bad, good):
        assert TOKEN not in done.stdout + done.stderr
    for path, content in snapshot(Path()).items():
        assert TOKEN.encode() not in content, f"{path} holds the token"


def test_parquet_branch_of_a_script_is_read(hub, home):
    """The form of WNUT-17: a script on main; the Hub's own conversion keeps each config in a folder of its name."""
    name = "leondz/wnut_17"
    repository = hub.add("dataset", name)
    repository.commit({"wnut_17.py": b"raise SystemExit('code from the Hub was run')", "README.md": b""})
    splits = {f"wnut_17/{Path(path).stem}/0000.parquet": content for path, content in FILES.items()}
    commit = repository.commit(splits, ref="refs/convert/parquet")
    dataset = {"name": name, "config": "wnut_17"}
    change(dataset={**dataset, "revision": "refs/convert/parquet"})
    assert download(hub.url, home).returncode == 0
    assert json_of("data/raw/provenance.json")["commit"] == commit
    before = snapshot(Path("data"), Path("models"))
    pinned = hub.repositories["models", ENCODER].refs["main"]
    change(dataset={**dataset, "revision": commit}, encoder={"revision": pinned})
    assert download(hub.url, home, HF_HUB_OFFLINE="1").returncode == 0
    assert snapshot(Path("data"), Path("models")) == before
