"""Hashes of files and folders."""

from __future__ import annotations

from pathlib import Path

from tagline.core.provenance import hashes, sha256

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", the example of FIPS 180-2


def test_sha256_of_the_standards_example(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("abc")
    assert sha256(tmp_path / "abc") == ABC


def test_a_folder_by_relative_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/z").write_text("abc")
    (tmp_path / "a").write_text("abc")
    assert list(hashes(tmp_path).items()) == [("a", ABC), ("b/z", ABC)]
