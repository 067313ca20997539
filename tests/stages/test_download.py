"""download.py with bad input; what it writes of good input is in test_outputs_of_all.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import edit, fault_of, run_stage


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("train: train.conll", "train: no.conll", "download: data/tiny/no.conll is missing: download.dataset"),
        ("train: train.conll", "train: encoder", "download: data/tiny/encoder is a folder, expected a file"),
        (
            "    - pos\n",
            "",
            "download: data/tiny/train.conll:1: 3 columns in 'Ada PROPN B-PER', expected 2 (words ner)",
        ),
        ("path: encoder", "path: train.conll", "download: data/tiny/train.conll is no folder"),
        ("folder: data/tiny", "folder: data/none", "download: data/none/train.conll is missing"),
        ("seed: 7", "sede: 7", None),  # another stage's section is not this stage's matter
    ],
)
def test_bad_params_leave_everything(finished: Path, old: str, new: str, message: str | None) -> None:
    edit(Path("params.yaml"), old, new)
    if message is None:
        run_stage("download")
    else:
        assert message in fault_of("download")


def test_a_line_with_too_few_columns(finished: Path) -> None:
    file = Path("data/tiny/validation.conll")
    lines = file.read_text().split("\n")
    lines[8] = "lives VERB"
    file.write_text("\n".join(lines))
    assert fault_of("download") == (
        "download: data/tiny/validation.conll:9: 2 columns in 'lives VERB', expected 3 (words pos ner)"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "data/tiny/encoder holds no config.json"),
        ("model.safetensors", "data/tiny/encoder holds no model.safetensors"),
        ("tokenizer.json", "data/tiny/encoder holds no tokenizer that transformers can load"),
    ],
)
def test_an_incomplete_encoder(finished: Path, name: str, message: str) -> None:
    Path("data/tiny/encoder", name).unlink()
    if name == "tokenizer.json":
        Path("data/tiny/encoder/tokenizer_config.json").unlink()
    assert message in fault_of("download")


PACKAGE = """\
    source: package
    package: {package}
    path: {path}
    sha256: {sha256}
"""


def test_weights_of_another_hash_are_refused(finished: Path) -> None:
    # Any installed file will do for a package that carries the wrong thing.
    section = PACKAGE.format(package="pytest", path="_pytest", sha256="a" * 64)
    edit(Path("params.yaml"), "    source: path\n    path: encoder\n", section)
    assert "pytest has no _pytest/model.safetensors" in fault_of("download")


def test_a_package_that_is_not_installed(finished: Path) -> None:
    section = PACKAGE.format(package="no-such-encoder", path="model", sha256="a" * 64)
    edit(Path("params.yaml"), "    source: path\n    path: encoder\n", section)
    assert "download: the package no-such-encoder is not installed" in fault_of("download")


def test_the_packaged_encoder_by_its_hash(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the hash against a package made of the tiny encoder."""
    from tagging import encoders
    from tagging.provenance import sha256

    monkeypatch.setattr(encoders, "find_in_package", lambda _package, path: (Path("data/tiny", path), "1.0"))
    right = sha256(Path("data/tiny/encoder/model.safetensors"))
    section = PACKAGE.format(package="tiny", path="encoder", sha256="b" * 64)
    edit(Path("params.yaml"), "    source: path\n    path: encoder\n", section)
    assert fault_of("download") == (
        f"download: tiny: SHA-256 of encoder/model.safetensors is {right}, "
        f"expected {'b' * 64} (download.encoder.sha256 in params.yaml)"
    )
    edit(Path("params.yaml"), "b" * 64, right)
    run_stage("download")
    assert '"revision": "1.0"' in Path("models/pretrained/provenance.json").read_text()


def test_local_files_are_looked_up_in_the_folder(finished: Path) -> None:
    shutil.move("data/tiny", "elsewhere")
    edit(Path("params.yaml"), "folder: data/tiny", "folder: elsewhere")
    before = Path("data/raw/provenance.json").read_bytes()
    run_stage("download")
    assert Path("data/raw/provenance.json").read_bytes() == before
