"""Several sources as one data set: ids, copies, what is counted and compared, and what is refused."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from helpers.annotated import write_rows
from helpers.formats import saved_row, section
from helpers.messages import message_of
from helpers.project import json_of

from tagline.artifacts import raw_data
from tagline.sources.stage import write_dataset

COLUMNS = {"columns": ["words", "pos", "ner"]}
# A split of each file; a sentence of train and one of test are on the page, too, once with another tag.
FILES = {
    "train": "Ada X B-PER\nwon X O\n\nBo X O\nwon X O\n",
    "validation": "Cem X S-PER\n",
    "test": "-DOCSTART- X O\n\nOslo X O\nwaits X O\n",
}
SPANS = {"1": ("Ada won", [[0, 3, "PER"]]), "2": ("Bo won", [[0, 2, "PER"]]), "3": ("Rome waits", [[0, 4, "LOC"]])}


def source(name: str, **keys: Any) -> Any:
    """A source with the splits that the keys name."""
    return section(name, **{"train": None, "validation": None, "test": None, **keys})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split, content in FILES.items():
        (tmp_path / split).write_text(content)
    rows = [saved_row(id_, *of_text, selection="random" if id_ == "3" else "diverse") for id_, of_text in SPANS.items()]
    write_rows(tmp_path / "page", rows)
    return tmp_path


def joined(folder: Path, *sources: Any) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """The rows of data/raw and its provenance."""
    write_dataset(folder, [*sources], folder / "raw")
    batches = {split: raw_data.load(folder / "raw").batches(split) for split in raw_data.SPLITS}
    rows = {split: list(chain.from_iterable(map(pa.RecordBatch.to_pylist, found))) for split, found in batches.items()}
    return rows, json_of(folder / "raw/provenance.json")


CORPUS = source("conll", **COLUMNS, **{split: split for split in FILES})
CHOSEN, RANDOM = (source("page", **{split: "page"}, selection=which) for split, which in (("train", "chosen"), ("test", "random")))  # fmt: skip


def test_sources_become_one_data_set_in_their_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repeated = CHOSEN.model_copy(update={"repeat": 2})
    rows, provenance = joined(folder, CORPUS, repeated, RANDOM)
    ids = {split: [row["id"] for row in of_split] for split, of_split in rows.items()}
    assert ids["train"] == ["0/train-0", "0/train-1", "1/1", "1/2", "1#2/1", "1#2/2"]
    assert (ids["validation"], ids["test"]) == (["0/validation-0"], ["0/test-0", "2/3"])
    assert [row["document"] for row in rows["test"]] == ["0/test#1", "2/3"]
    assert rows["train"][3] == {"id": "1/2", "document": "1/2", "words": ["Bo", "won"], "ner": ["B-PER", "O"]}
    printed = capsys.readouterr().out
    assert "tag columns that not all sources have, left out: pos\nsource 0, conll; train: 2 sentences, 1 ent" in printed
    assert "source 1, page; train: 2 sentences, 2 entities in ner; train is read 2 times\n" in printed
    assert f"of an earlier source, and other tags: 1 ({folder}/page:2)\nsource 2, page; test: 1 sentences, 1" in printed
    assert [each["repeat"] for each in provenance["sources"]] == [1, 2, 1]
    found = provenance["findings"]["train"]["1"]
    assert [found[key] for key in ("sentences", "entities", "shared_sentences", "relabelled_sentences")] == [
        *(2, {"ner": 2}, 2, 1)
    ]


def test_words_that_sources_split_differently_are_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other").write_text("li/ves X O\nin X O\n")
    _, provenance = joined(folder, CORPUS, source("conll", **COLUMNS, test="other"))
    assert [each["agreement"] for each in provenance["sources"]] == [1.0, 0.5]
    assert provenance["words"]["agreement"] == pytest.approx(5 / 6, abs=1e-4)
    assert (
        "words of source 1: `tagline predict` splits raw text differently: it reproduces 50.0% of test words ('li/ves' is found as"
        in capsys.readouterr().out
    )


def test_same_file_in_two_sources_is_reported_and_in_two_splits_refused(folder: Path, capsys) -> None:
    again = source("conll", **COLUMNS, train="train")
    joined(folder, CORPUS, again)
    assert f"words of one of an earlier source: 2 ({folder}/train:1; {folder}/train:4)\n" in capsys.readouterr().out
    message = message_of(joined, folder, CORPUS, source("conll", **COLUMNS, test="train"))
    assert message.startswith(f"{folder}/train: the same data in train and test; name different files in params.yaml")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"train": "none"}, "{}/none: no such file; see download.dataset.1.train in params.yaml"),
        ({"train": "train", "unknown_tag": "?"}, "download.dataset.1.unknown_tag: no word has the tag '?'; expected"),
    ],
)
def test_messages_have_the_number_of_the_source(folder: Path, keys: dict[str, Any], message: str) -> None:
    found = message_of(joined, folder, CORPUS, source("conll", **COLUMNS, **keys))
    assert found.startswith(message.format(folder))


def test_id_like_that_of_a_copy_is_refused(folder: Path) -> None:
    write_rows(folder / "page", [saved_row("1#2/x", "Ada won", [])])
    message = f"{folder}/page:1: id '1#2/x' looks like those of repeated sources, such as 1#2/train-5; expected another"
    assert message_of(joined, folder, CORPUS, source("page", train="page")).startswith(message)
