"""Data set and encoder on the card, from the provenance of each source."""

from __future__ import annotations

from tagline.export.card.origins import Dataset, Encoder, File

ROWS = {"train": 3, "validation": 1, "test": 1}
HASHES = {"encoder/config.json": "c" * 64, "encoder/model.safetensors": "a" * 64, "tokenizer/tokenizer.json": "b" * 64}
WEIGHTS = [File("encoder/model.safetensors", "a" * 64)]


def test_a_data_set_of_the_hub() -> None:
    splits = {"train": "train", "validation": "dev", "test": "eval"}
    provenance = {"source": "hub", "name": "a/b", "config": "small", "commit": "f" * 40, "splits": splits, "rows": ROWS}
    assert Dataset.of(provenance) == Dataset("a/b", "f" * 40, "small", "eval", ROWS, [], None)


def test_a_data_set_in_files() -> None:
    files = {
        "train": [{"path": "a.txt", "sha256": "1"}, {"path": "b.txt", "sha256": "2"}],
        "test": [{"path": "c.txt", "sha256": "3"}],
    }
    drawn = {"seed": 42, "validation": 0.1}
    found = Dataset.of({"source": "files", "files": files, "drawn_from_train": drawn, "rows": ROWS})
    assert found.name == "a.txt, b.txt"
    assert (found.commit, found.config, found.test) == (None, None, "test")
    assert found.files == [File("a.txt", "1", "train"), File("b.txt", "2", "train"), File("c.txt", "3", "test")]
    assert found.drawn == drawn
    assert Dataset.of({"source": "files", "files": files, "rows": ROWS}).drawn is None


def test_encoders() -> None:
    hub = {"source": "hub", "name": "a/b", "commit": "f" * 40, "sha256": HASHES}
    assert Encoder.of(hub) == Encoder("a/b", "hub", "f" * 40, WEIGHTS)
    package = {"source": "package", "package": "p", "revision": "0.1.0", "path": "p/model", "sha256": HASHES}
    assert Encoder.of(package) == Encoder("p/model of the package p", "package", "0.1.0", WEIGHTS)
    folder = {"source": "path", "path": "my-bert", "sha256": HASHES}
    assert Encoder.of(folder) == Encoder("the folder my-bert", "path", None, WEIGHTS)
