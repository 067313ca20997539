"""Documents: which sentences belong together in each format, and that splits are drawn of whole documents."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from helpers.formats import section
from helpers.messages import message_of

from tagline.sources.files import FileSource

CONLL = "a O\n\n-DOCSTART- O\n\nb O\n\nc O\n\n-DOCSTART-\n\nd O\n"
WORD = "1\t{}" + "\t_" * 8 + "\n\n"
CONLLU = (
    WORD.format("a")
    + "# newdoc id = n1\n# sent_id = s\n" + WORD.format("b") + WORD.format("c")
    + "# newdoc\n" + WORD.format("d")
)  # fmt: skip
ROWS = [{"w": [word], "t": ["O"], "d": document} for word, document in (("a", 7), ("b", 7), ("c", "x"))]
COLUMNS = {"columns": ["words", "ner"]}
LISTS = {"words": "w", "tag_columns": {"ner": "t"}, "document": "d"}
CELLS = {**LISTS, "sentence": "s", "delimiter": ","}


def read(folder: Path, name: str, content: str, **keys: Any) -> dict[str, str | None]:
    """The document of each sentence, by its first word."""
    (folder / "f").write_text(content)
    (folder / "other").touch()
    splits = {"train": "other", "test": None, "split": {"seed": 1, "test": 0.5}}
    source = FileSource(folder, section(name, **splits, **keys))
    return {each.words[0]: each.document for each in source.splits()["validation"]}


@pytest.mark.parametrize(
    ("name", "keys", "content", "expected"),
    [
        ("conll", COLUMNS, CONLL, [None, "f#1", "f#1", "f#2"]),
        ("conll", {**COLUMNS, "documents": "file"}, CONLL, ["f#1"] * 4),
        ("conllu", {}, CONLLU, [None, "n1", "n1", "f#2"]),
        ("json", LISTS, json.dumps(ROWS), ["7", "7", "x"]),
        ("csv", CELLS, "d,s,w,t\nx,1,a,O\nx,1,a,O\nx,2,b,O\ny,3,c,O\n", ["x", "x", "y"]),
        ("csv", {**CELLS, "fill_down": True}, "d,s,w,t\nx,1,a,O\n,,e,O\n,2,b,O\ny,3,c,O\n", ["x", "x", "y"]),
        ("csv", {**CELLS, "rows": "sentences"}, "d,s,w,t\nx y,1,a,O\nx y,2,b,O\n", ["x y"] * 2),
    ],
)
def test_documents_of_a_format(tmp_path: Path, name: str, keys: dict, content: str, expected: list) -> None:
    assert read(tmp_path, name, content, **keys) == dict(zip("abcd", expected, strict=False))


def test_unordered_documents_are_refused(tmp_path: Path) -> None:
    assert message_of(read, tmp_path, "json", json.dumps([*ROWS, ROWS[0]]), **LISTS).replace(f"{tmp_path}/", "") == (
        "f:1: document '7' began at f:1, but other sentences stand between; expected the sentences of a document one "
        "after the other; sort them by document, or give each document its own id"
    )


def drawn(folder: Path, content: str) -> tuple[dict[str, list[str]], str]:
    """The first word of each sentence, by split, and the report."""
    (folder / "f").write_text(content)
    split = {"seed": 1, "validation": 0.3, "test": 0.3}
    source = FileSource(folder, section("conll", **COLUMNS, validation=None, test=None, split=split))
    return {name: [each.words[0] for each in found] for name, found in source.splits().items()}, source.report()


def test_splits_are_drawn_of_whole_documents(tmp_path: Path) -> None:
    documents = [[f"w{number}-{index}" for index in range(1 + number % 3)] for number in range(100)]
    content = "".join("-DOCSTART- O\n\n" + "".join(f"{word} O\n\n" for word in words) for words in documents)
    splits, _ = drawn(tmp_path, content)
    assert sorted(chain.from_iterable(splits.values())) == sorted(chain.from_iterable(documents))
    for words in documents:
        assert sum(set(words) <= set(of_split) for of_split in splits.values()) == 1
    two = f"-DOCSTART- O\n\n{content.replace('-DOCSTART- O', '')}-DOCSTART- O\n\nx O\n"
    message = r"f: no sentence was drawn for train \(documents stay whole; the longest has 199 sentences\); reduce the "
    message += "shares .+, set download.dataset.documents: none to draw sentences$"
    assert re.search(message, message_of(drawn, tmp_path, two))


def test_splits_are_drawn_of_the_sentences_of_an_only_document(tmp_path: Path) -> None:
    content = "".join(f"w{number} O\n\n" for number in range(40))
    splits, report = drawn(tmp_path, f"-DOCSTART- O\n\n{content}")
    assert report.startswith("train is a single document, so its sentences were split")
    assert drawn(tmp_path, content) == (splits, "")
