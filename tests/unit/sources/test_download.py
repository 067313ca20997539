"""What the stage download writes of a data set, and where it finds an encoder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from helpers.annotated import write_rows
from helpers.formats import section
from helpers.project import snapshot

from tagline.artifacts import raw_data
from tagline.core.errors import UserError
from tagline.core.provenance import sha256
from tagline.sources import encoders
from tagline.sources.download import find_encoder, write_dataset
from tagline.sources.download_params import LocalEncoder, PackagedEncoder
from tagline.text import languages

BLANK = "\t_" * 8 + "\n"  # the other columns of CoNLL-U
PRODIGY = '{"text": "%s", %s"spans": [], "answer": "accept"}'


def rows_of(folder: Path, split: str = "train") -> list[dict[str, Any]]:
    return list(chain.from_iterable(map(pa.RecordBatch.to_pylist, raw_data.load(folder).batches(split))))


def write(folder: Path, name: str, content: str, **keys: Any) -> dict[str, Any]:
    """Write data/raw of a file and two copies of it, and return its provenance."""
    for number, split in enumerate(splits := ("train", "validation", "test")):
        (folder / split).write_text(content + number * "\n")  # two splits cannot be the same data
    write_dataset(folder, section(name, **{split: split for split in splits}, **keys), folder / "raw")
    provenance: dict[str, Any] = json.loads((folder / "raw/provenance.json").read_text())
    return provenance


@pytest.mark.parametrize(
    ("name", "keys", "content", "agreement"),
    [
        ("prodigy", {}, PRODIGY % ("li/ves", '"tokens": [{"start": 0, "end": 6}], '), 0.0),
        ("prodigy", {}, PRODIGY % ("li/ves", ""), 1.0),
        ("doccano", {"split_words": "spaces"}, '{"id": 1, "text": "Oslo . li/ves", "label": []}', 0.6667),
        (
            "prodigy",
            {"split_words": "spaces"},
            PRODIGY % ("a . ( b", '"tokens": [{"start": 0, "end": 3}, {"start": 4, "end": 7}], '),
            0.0,
        ),
        ("gliner", {}, '{"tokenized_text": ["Oslo", ".", "li/ves"], "ner": []}', 0.6667),
        (
            "conllu",
            {},
            f"# text = Oslo.\n1\tOslo{BLANK}2\t.{BLANK}\n# text = du\n1-2\tdu{BLANK}1\tde{BLANK}2\tle{BLANK}",
            0.5,
        ),
        ("conllu", {}, f"1\tli/ves{BLANK}", 1.0),
    ],
)
def test_words_are_compared_with_raw_text(
    tmp_path: Path, name: str, keys: dict[str, Any], content: str, agreement: float
) -> None:
    assert write(tmp_path, name, content, **keys)["words"]["agreement"] == agreement


def test_words_that_predict_splits_differently_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = write(tmp_path, "conll", "li/ves O\n" + "in O\n" * 30, columns=["words", "ner"])["words"]
    assert words == {"language": None, "library": None, "agreement": pytest.approx(30 / 31, abs=1e-4)}
    assert (
        f"words: predict.py splits raw text differently: it reproduces {words['agreement']:.1%} of the training words "
        "('li/ves' is found as 'li' '/' 'ves'); set download.dataset.language if it is one of "
        "ca, de, en, es, fr, he, it, km, lo, my, nl, ru, th, or give it words\n"
    ) in capsys.readouterr().out


def test_language_without_its_library_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "SPACY", "no-spacy")
    with pytest.raises(UserError, match="^language: the words of fr are split by no-spacy, which is not installed"):
        write(tmp_path, "conll", "", language="fr")


def test_raw_text_is_split_by_the_rules_of_its_language(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    content = json.dumps({"text": "Ada vit à l'Oise.", "spans": [{"start": 12, "end": 16, "label": "LOC"}]})
    assert write(tmp_path, "spans", content, language="fr")["words"] == {
        "language": "fr",
        "library": f"spacy {version('spacy')}",
        "agreement": 1.0,
    }
    assert rows_of(tmp_path / "raw")[0]["words"] == ["Ada", "vit", "à", "l'", "Oise", "."]


def test_same_files_in_another_folder_give_same_bytes(tmp_path: Path) -> None:
    write(tmp_path, "conll", "1 Ada B-X\n")
    before = snapshot(tmp_path / "raw")
    shutil.copytree(tmp_path, tmp_path / "other")
    shutil.rmtree(tmp_path / "other/raw")
    write(tmp_path / "other", "conll", "1 Ada B-X\n")
    assert list(snapshot(tmp_path / "other/raw").values()) == list(before.values())


def test_drawn_splits_are_reproducible_and_in_the_provenance(tmp_path: Path) -> None:
    for name in "ba":
        write_rows(tmp_path / f"{name}.json", [{"tokens": [f"{name}{i}"], "tags": ["O"]} for i in range(20)])
    split = {"seed": 1, "validation": 0.2, "test": 0.3}
    dataset = section("json", train="*.json", validation=None, test=None, split=split)
    for target in ("raw", "again"):
        write_dataset(tmp_path, dataset, tmp_path / target)
    assert list(snapshot(tmp_path / "raw").values()) == list(snapshot(tmp_path / "again").values())
    provenance = json.loads((tmp_path / "raw/provenance.json").read_text())
    assert [each["path"] for each in provenance["files"]["train"]] == ["a.json", "b.json"]
    assert provenance["drawn_from_train"] == split
    words = [row["words"][0] for name in ("train", "validation", "test") for row in rows_of(tmp_path / "raw", name)]
    assert sorted(words) == sorted(f"{name}{i}" for name in "ab" for i in range(20))


def packaged(package: str, path: str, digest: str) -> PackagedEncoder:
    return PackagedEncoder(source="package", package=package, path=path, sha256=digest)


def test_package_without_weights_is_an_error() -> None:
    with pytest.raises(UserError, match=r"^pytest: no _pytest/model.safetensors; see download.encoder in params.yaml"):
        find_encoder(Path(), packaged("pytest", "_pytest", "a" * 64))


def test_packaged_weights_must_have_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "find_in_package", lambda _package, path: (tmp_path / path, "1.0"))
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder/model.safetensors").write_bytes(b"weights")
    actual = sha256(tmp_path / "encoder/model.safetensors")
    with pytest.raises(UserError) as raised:
        find_encoder(tmp_path, packaged("tiny", "encoder", "b" * 64))
    assert str(raised.value) == (
        f"tiny: SHA-256 of encoder/model.safetensors is {actual}; "
        f"expected {'b' * 64} (download.encoder.sha256 in params.yaml)"
    )
    folder, origin, name = find_encoder(tmp_path, packaged("tiny", "encoder", actual))
    assert (folder, name) == (tmp_path / "encoder", "encoder of tiny 1.0")
    assert origin == {"package": "tiny", "revision": "1.0", "path": "encoder"}


def link_folder(folder: Path, outside: Path) -> None:
    (folder / "encoder").symlink_to(outside)


def link_file(folder: Path, outside: Path) -> None:
    (folder / "encoder").mkdir()
    (folder / "encoder/vocab.txt").symlink_to(outside / "vocab.txt")


@pytest.mark.parametrize("link", [link_folder, link_file])
def test_encoder_with_a_link_that_leads_out_is_refused(tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir(), outside.mkdir()
    link(folder, outside)
    with pytest.raises(UserError, match=rf"^{folder}/encoder.*: this link leads out of {folder}; expected"):
        find_encoder(folder, LocalEncoder(source="path", path="encoder"))
