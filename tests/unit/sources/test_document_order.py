"""Documents: which sentences belong together in each format, and that splits are drawn of whole documents."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from pydantic import TypeAdapter

from tagline.core.errors import UserError
from tagline.sources.download_params import HubDataset
from tagline.sources.files import FileSource
from tagline.sources.formats.registry import AnyFiles
from tagline.sources.hub_dataset import sentences

CONLL = "a O\n\n-DOCSTART- -X- O\n\nb O\n\nc O\n\n-DOCSTART-\n\nd O\n"
WORD = "1\t{}" + "\t_" * 8 + "\n\n"
FROM_THE_FIRST_LINE = "-DOCSTART- -X-\n\na O\n"
CONLLU = (
    WORD.format("a")
    + "# newdoc id = n1\n# sent_id = s\n" + WORD.format("b") + WORD.format("c")
    + "# newdoc\n" + WORD.format("d")
)  # fmt: skip
ROWS = [{"w": [word], "t": ["O"], "d": document} for word, document in (("a", 7), ("b", 7), ("c", "x"))]
LISTS = {"words": "w", "tag_columns": {"ner": "t"}, "document": "d"}
CELLS = {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}, "document": "d"}


def read(folder: Path, content: str, **keys: Any) -> dict[str, str | None]:
    """The document of each sentence, by its first word."""
    (folder / "f").write_text(content)
    (folder / "other").touch()
    section = {"source": "files", "train": "other", "validation": "f", "split": {"seed": 1, "test": 0.5}, **keys}
    source = FileSource(folder, TypeAdapter(AnyFiles).validate_python(section))
    return {each.words[0]: each.document for each in source.splits()["validation"]}


@pytest.mark.parametrize(
    ("keys", "content", "expected"),
    [
        ({"format": "conll", "columns": ["words", "ner"]}, CONLL.replace(" -X-", ""), [None, "f#1", "f#1", "f#2"]),
        ({"format": "conll", "columns": ["words", "ner"]}, FROM_THE_FIRST_LINE, ["f#1"]),
        ({"format": "conll", "columns": ["words", "ner"], "documents": "file"}, CONLL, ["f#1"] * 4),
        ({"format": "conll", "columns": ["words", "ner"], "documents": "none"}, CONLL, [None] * 4),
        ({"format": "conllu", "tag_columns": {"ner": "upos"}}, CONLLU, [None, "n1", "n1", "f#2"]),
        ({"format": "conllu", "tag_columns": {"ner": "upos"}, "documents": "file"}, CONLLU, ["f#1"] * 4),
        ({"format": "json", **LISTS}, json.dumps(ROWS), ["7", "7", "x"]),
        ({"format": "csv", **CELLS}, "d,s,w,t\nx,1,a,O\nx,1,a,O\nx,2,b,O\ny,3,c,O\n", ["x", "x", "y"]),
        ({"format": "csv", **CELLS, "fill_down": True}, "d,s,w,t\nx,1,a,O\n,,e,O\n,2,b,O\ny,3,c,O\n", ["x", "x", "y"]),
        ({"format": "csv", **CELLS, "rows": "sentences"}, "d,s,w,t\nx y,1,a,O\nx y,2,b,O\n", ["x y"] * 2),
    ],
)
def test_documents_of_a_format(tmp_path: Path, keys: dict[str, Any], content: str, expected: list[str | None]) -> None:
    found = read(tmp_path, content, **keys)
    assert found == dict(zip("abcd", expected, strict=False))


@pytest.mark.parametrize(
    ("keys", "content", "message"),
    [
        (
            {"format": "json", **LISTS},
            json.dumps([*ROWS, ROWS[0]]),
            "f:1: document '7' began at {folder}/f:1, but other sentences stand between; expected the sentences of a "
            "document one after the other; sort them by document, or give each document its own id",
        ),
        ({"format": "csv", **CELLS}, "d,s,w,t\n,1,a,O\n", "f:2: the cell of column 'd' is empty"),
        (
            {"format": "json", **LISTS},
            json.dumps([{**ROWS[0], "d": None}]),
            "f:1: 'd' must be a non-empty string or an integer; got None",
        ),
    ],
)
def test_unordered_or_unnamed_documents_are_refused(
    tmp_path: Path, keys: dict[str, Any], content: str, message: str
) -> None:
    with pytest.raises(UserError, match=re.escape(message.format(folder=tmp_path))):
        read(tmp_path, content, **keys)


def test_documents_of_the_hub() -> None:
    splits = {"train": "train", "validation": "dev", "test": "test"}
    repository = {"source": "hub", "name": "o/n", "config": None, "revision": "main", "splits": splits, "names": {}}
    params = HubDataset.model_validate({**repository, **LISTS})
    rows = Dataset.from_list([*({**row, "d": str(row["d"])} for row in ROWS), {"w": [], "t": [], "d": "y"}])
    assert [sentence.document for sentence in sentences(rows, "train", params)] == ["7", "7", "x"]


def test_splits_are_drawn_of_whole_documents(tmp_path: Path) -> None:
    documents = [[f"w{number}-{index}" for index in range(1 + number % 3)] for number in range(100)]
    content = "".join("-DOCSTART- O\n\n" + "".join(f"{word} O\n\n" for word in words) for words in documents)
    keys = {"source": "files", "format": "conll", "columns": ["words", "ner"], "train": "f"}
    split = {"seed": 1, "validation": 0.3, "test": 0.3}
    dataset = TypeAdapter(AnyFiles).validate_python({**keys, "split": split})
    (tmp_path / "f").write_text(content)
    splits = FileSource(tmp_path, dataset).splits()
    drawn = {name: [each.words[0] for each in sentences] for name, sentences in splits.items()}
    assert sorted(chain.from_iterable(drawn.values())) == sorted(chain.from_iterable(documents))
    for words in documents:
        assert sum(set(words) <= set(of_split) for of_split in drawn.values()) == 1
    two = content.replace("-DOCSTART- O\n\n", "")
    (tmp_path / "f").write_text(f"-DOCSTART- O\n\n{two}-DOCSTART- O\n\nx O\n")
    with pytest.raises(
        UserError,
        match=r"f: no sentence was drawn for \w+ \(documents stay whole; the longest has 199 sentences\); increase its share"
        " under download.dataset.split in params.yaml, set download.dataset.documents: none to draw sentences, or name",
    ):
        [list(sentences) for sentences in FileSource(tmp_path, dataset).splits().values()]


def test_splits_are_drawn_of_the_sentences_of_an_only_document(tmp_path: Path) -> None:
    keys = {"source": "files", "format": "conll", "columns": ["words", "ner"], "train": "f"}
    dataset = TypeAdapter(AnyFiles).validate_python({**keys, "split": {"seed": 1, "validation": 0.3, "test": 0.3}})
    drawn = []
    for first_line in ("", "-DOCSTART- O\n\n"):
        (tmp_path / "f").write_text(first_line + "".join(f"w{number} O\n\n" for number in range(40)))
        source = FileSource(tmp_path, dataset)
        drawn.append({split: [each.words for each in sentences] for split, sentences in source.splits().items()})
        assert source.report().startswith("train is a single document, so its sentences were split") == bool(first_line)
    assert drawn[0] == drawn[1]
