"""Hashes of files and folders: written with an artifact, and compared before it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tagline.core.errors import UserError
from tagline.core.provenance import HASHES, copy_files, hashes, sha256, verify, write_hashes

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", the example of FIPS 180-2


def test_sha256_of_the_standards_example(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("abc")
    assert sha256(tmp_path / "abc") == ABC


def test_a_folder_by_relative_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/z").write_text("abc")
    (tmp_path / "a").write_text("abc")
    assert list(hashes(tmp_path).items()) == [("a", ABC), ("b/z", ABC)]


@pytest.fixture
def artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with hashes; the current folder is its parent."""
    monkeypatch.chdir(tmp_path)
    folder = Path("out")
    (folder / "b").mkdir(parents=True)
    (folder / "b/z").write_text("abc")
    (folder / "card").write_text("old")
    write_hashes(folder, "card")
    return folder


def test_hashes_are_written_sorted_without_themselves(artifact: Path) -> None:
    (artifact / "a").write_text("abc")
    for _ in range(2):
        write_hashes(artifact, "card")
        assert json.loads((artifact / HASHES).read_text()) == {"a": ABC, "b/z": ABC}


def test_files_outside_of_the_folder(artifact: Path) -> None:
    (artifact / "card").unlink()
    (artifact.parent / "curve.csv").write_text("abc")
    write_hashes(artifact, others={Path("curve.csv"): Path("curve.csv")})
    Path("curve.csv").write_text("abd")
    assert verify(artifact, "train") == {"b/z": ABC, "../curve.csv": ABC}, "who does not read it does not depend on it"
    with pytest.raises(UserError, match=r"^curve\.csv: changed since .*; run `dvc repro train`$"):
        verify(artifact, "train", Path("curve.csv"))


def test_an_unchanged_folder_is_accepted_whatever_is_hidden_in_it(artifact: Path) -> None:
    (artifact / "card").unlink()
    (artifact / ".DS_Store").write_text("")
    (artifact / ".cache").mkdir()
    (artifact / ".cache/x").write_text("")
    assert verify(artifact, "train") == {"b/z": ABC}


def test_hidden_files_and_folders_are_not_copied(tmp_path: Path) -> None:
    for folder in ("a/.checkpoints", "b"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (".env", "vocab.txt"):
        (tmp_path / "a" / name).touch()
    copy_files(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["vocab.txt"]


def test_a_changed_file_is_named_with_both_hashes(artifact: Path) -> None:
    (artifact / "card").unlink()
    (artifact / "b/z").write_text("abd")
    with pytest.raises(UserError) as raised:
        verify(artifact, "train")
    assert str(raised.value) == (
        "out/b/z: changed since the stage train wrote it: its SHA-256 begins with a52d159f262b; expected ba7816bf8f01 "
        "(out/hashes.json); run `dvc checkout out` or `dvc repro train`"
    )


def test_missing_and_additional_files_are_named(artifact: Path) -> None:
    with pytest.raises(
        UserError, match=r"^out/card: unexpected, since out/hashes.json does not list it; remove it, or"
    ):
        verify(artifact, "train")
    (artifact / "card").unlink()
    (artifact / "b/z").unlink()
    with pytest.raises(UserError, match=r"^out/b/z is missing: the stage train writes it, so run `dvc repro train`"):
        verify(artifact, "train")


@pytest.mark.parametrize("content", ["{", "[]", '{"b/z": 1}', '{"b/z": "ba78"}', "{}"])
def test_damaged_hashes_are_refused(artifact: Path, content: str) -> None:
    (artifact / "card").unlink()
    (artifact / HASHES).write_text(content)
    with pytest.raises(UserError, match=r"^out/.*run `dvc (checkout|repro)"):
        verify(artifact, "train")


def test_a_folder_without_hashes_is_refused(artifact: Path) -> None:
    (artifact / HASHES).unlink()
    with pytest.raises(UserError, match=r"^out/hashes.json is missing: the stage train writes it"):
        verify(artifact, "train")
