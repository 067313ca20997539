"""Hashes of files and folders: written with an artifact, and compared before it is read."""

import shutil
from pathlib import Path

import pytest
from helpers.messages import message_of
from helpers.project import edit, json_of

from tagline.core.provenance import HASHES, copy_files, read_sealed, verify, write_hashes, write_sealed
from tagline.terminal import UserError

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", the example of FIPS 180-2


@pytest.fixture
def artifact(tmp_path, monkeypatch):
    """A folder with the hashes of two files in it and of one beside it; the current folder is its parent."""
    monkeypatch.chdir(tmp_path)
    folder = Path("out")
    (folder / "b").mkdir(parents=True)
    for path in (folder / "b/z", folder / "a", folder / "card", Path("curve.csv")):
        path.write_text("abc")
    write_hashes(folder, "card", others={Path("curve.csv"): Path("curve.csv")})
    (folder / "card").unlink()
    return folder


def test_hashes_are_written_sorted_without_themselves(artifact):
    assert list(json_of(artifact / HASHES).items()) == [("a", ABC), ("b/z", ABC), ("../curve.csv", ABC)]


def test_unchanged_folder_is_accepted_and_hidden_files_ignored(artifact):
    for name in (".DS_Store", ".cache/x"):
        (artifact / name).parent.mkdir(exist_ok=True)
        (artifact / name).touch()
    Path("curve.csv").write_text("abd")
    assert verify(artifact, "train").keys() == {"a", "b/z", "../curve.csv"}, "who does not read it may ignore it"
    message = message_of(verify, artifact, "train", Path("curve.csv"))
    assert message.startswith("curve.csv: changed since ") and message.endswith("; run `dvc repro train`")
    for name in ("b", ".cache"):
        shutil.rmtree(artifact / name)
    Path("copy").mkdir()
    copy_files(artifact, Path("copy"))
    assert [path.name for path in Path("copy").iterdir()] == ["a"]


def test_changed_value_of_a_sealed_file_is_an_error(tmp_path):
    path = tmp_path / "data.json"
    write_sealed(path, {"words": 100})
    assert read_sealed(path, "train") == {"words": 100}
    edit(path, "100", "101")
    message = (
        f"{path}: changed since the stage train wrote it, so that its sha256 is not that of the rest; run `dvc che"
    )
    assert message_of(read_sealed, path, "train").startswith(message)


CHANGED = "^out/b/z: changed since .+ SHA-256 is a52d159f262b[0-9a-f]{52}; expected ba7816bf8f01[0-9a-f]{52} "
CHANGES = [
    ("b/z", "abd", CHANGED),
    ("card", "", "^out/card: unexpected, since out/hashes.json does not list it; remove it, or"),
    ("b/z", None, "^out/b/z is missing; expected what the stage train writes; run `dvc pull`"),
    (HASHES, '{"a": 1, "b/z": 1}', "^out/a: changed since .+ expected 1 "),
    ("b/z", "/dev/zero", "^out/b/z: not a file but a device or pipe; remove it, and run `dvc repro train`"),
    (HASHES, "/dev/zero", "^out/hashes.json: not a file but a device or pipe"),
    (HASHES, "{}", r"^out/hashes.json: damaged \(it lists no file\); expected the SHA-256 of each file; run `dvc"),
    (HASHES, None, "^out/hashes.json is missing; expected what the stage train writes; run"),
]


@pytest.mark.parametrize("name, content, message", CHANGES)
def test_changed_missing_or_new_file_is_named(artifact, name, content, message):
    path = artifact / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.symlink_to(content) if content.startswith("/") else path.write_text(content)
    with pytest.raises(UserError, match=message):
        verify(artifact, "train")
