"""The folder data/raw."""

import weakref

import pytest
from datasets import Dataset, concatenate_datasets
from helpers.messages import message_of
from helpers.project import files_of

from tagline.artifacts import raw_data
from tagline.core import shards

ROW = {"words": ["a", "b"], "ner": ["O", "B-X"], "pos": ["N", "V"]}


def written(folder, train, columns=("ner",)):
    raw_data.write(folder, {"train": train, "validation": [ROW], "test": [ROW]}, columns)
    return raw_data.load(folder)


def rows(data):
    return [row for batch in data.batches("train") for row in batch.to_pylist()]


def test_ids_of_the_source_are_kept_and_its_documents_numbered(tmp_path):
    of_d = {"document": "d", **ROW}
    loaded = written(tmp_path / "raw", [{"id": "s", **ROW}, ROW, of_d, of_d], ["pos", "ner"])
    assert (loaded.tag_columns, loaded.sentences) == (("pos", "ner"), {"train": 4, "validation": 1, "test": 1})
    found = [(row["id"], row["document"]) for row in rows(loaded)]
    assert found == [("s", 0), ("train-1", 1), ("train-2", 2), ("train-3", 2)]


@pytest.mark.parametrize("sentences", [1, 50])
def test_batches_and_shards_of_any_size_hold_the_same(tmp_path, monkeypatch, sentences):
    tags = ([f"T{(n * 7 + i) % 10}" for i in range(n % 4)] for n in range(sentences))
    given = [{"words": ["é"] * len(each), "ner": each} for each in tags]
    whole = written(tmp_path / "whole", given)
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 5)
    monkeypatch.setattr(shards, "SHARD_BYTES", 200)
    small = written(tmp_path / "small", given)
    written(tmp_path / "again", given)
    assert rows(small) == rows(whole)
    assert [{"words": row["words"], "ner": row["ner"]} for row in rows(small)] == given
    files = shards.shard_files(tmp_path / "small/train")
    assert (len(files) > 1) == (sentences > 5)
    loaded = concatenate_datasets([Dataset.from_file(str(file)) for file in files])
    assert loaded["words"][:] == [row["words"] for row in given], "`datasets` reads each file by itself"
    assert sorted((tmp_path / "small/train").iterdir()) == files, "and writes nothing beside them"
    assert files_of(tmp_path / "small") == files_of(tmp_path / "again")


def test_rows_are_read_while_they_are_written(tmp_path, monkeypatch):
    class Alive(dict):
        __hash__ = object.__hash__

    def produced():
        for _ in range(100):
            row = Alive(words=["a"], ner=["O"])
            alive.add(row)
            assert len(alive) <= 21, "rows of more than the batch being made and the one being written are held"
            yield row

    monkeypatch.setattr(raw_data, "BATCH_WORDS", 10)
    alive = weakref.WeakSet()
    raw_data.write(tmp_path / "raw", {"train": produced()}, ["ner"])


def test_split_without_sentences_is_an_error(tmp_path):
    assert "split train: no sentences; expected at least one" in message_of(written, tmp_path / "raw", [])


def test_sentences_with_an_unknown_tag_are_left_out_of_all_but_train(tmp_path):
    """Documents are numbered anew, and another column's unknown tags do not matter."""
    given = []
    for tags, document in ((["O", None], "a"), ([], "a"), (["O", "B-X"], "b"), ([None], "c"), (["O"], "d")):
        given.append({"words": ["w"] * len(tags), "ner": tags, "pos": [None] * len(tags), "document": document})
    raw_data.write(tmp_path / "raw", dict.fromkeys(("train", "validation", "test"), given), ["ner", "pos"])
    data = raw_data.load(tmp_path / "raw").of_task("ner")
    assert data.sentences == {"train": 5, "validation": 3, "test": 3}
    assert [*data.ids("train")] == [f"train-{number}" for number in range(5)]
    assert [*data.ids("test")] == ["test-1", "test-2", "test-4"]
    assert (data.documents("train").tolist(), data.documents("test").tolist()) == ([0, 0, 1, 2, 3], [0, 1, 2])
    assert ([*data.left_out("train")], [*data.left_out("test")]) == ([], ["test-0", "test-3"])
    assert [batch["ner"].to_pylist() for batch in data.batches("test")] == [[[], ["O", "B-X"], ["O"]]]
    raw_data.write(tmp_path / "none", {"train": given, "validation": given[:1]}, ["ner", "pos"])
    assert message_of(raw_data.load(tmp_path / "none").of_task, "pos").startswith(
        f"{tmp_path}/none: no sentence of validation is annotated in full in the column pos: each has a word of unknown "
        "tag, or is annotated for some types only; expected sentences that are, since only these are scored; annotate "
    )


def test_sentences_annotated_for_some_types_are_left_out_of_validation_and_test_alone(tmp_path):
    given = []
    for types in (None, ["PER"], ["LOC", "PER"], []):
        given.append({"words": ["w"], "ner": ["O"], "annotated_types": types})
    splits = ("train", "validation", "test", "tests.people")
    raw_data.write(tmp_path / "raw", dict.fromkeys(splits, given), ["ner"], annotated=True)
    data = raw_data.load(tmp_path / "raw").of_task("ner", ["PER", "LOC"])
    assert data.sentences == {"train": 4, "validation": 2, "test": 2, "tests.people": 4}
    assert ([*data.ids("test")], [*data.left_out("test")]) == (["test-0", "test-2"], ["test-1", "test-3"])
    assert data.of_task("ner").sentences["test"] == 4, "the types are not known yet"


def test_other_content_with_a_hash_of_its_own_is_one_message(tmp_path):
    data = written(tmp_path / "raw", [ROW])
    file = tmp_path / "raw/train/00000.arrow"
    for damaged in (b"", b"text", file.read_bytes()[:-40]):
        file.write_bytes(damaged)
        message = message_of(rows, data)
        assert message.startswith(f"{file}: damaged (") and "; expected a stream of Arrow IPC; run" in message
