"""Several sources as one data set: ids, copies, what is counted and compared, and what is refused."""

import io
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import write_rows
from helpers.formats import saved_row, section
from helpers.messages import message_of
from helpers.project import json_of
from helpers.tiny import raw_rows

from tagline.sources.splitting import draw, split_of
from tagline.sources.stage import write_dataset

# A split of each file; the sentences of train are in what a page saved, too, one of them with an entity.
FILES = {
    "train": "Ada X B-PER\nwon X O\n\nBo X O\nwon X O\n",
    "validation": "Cem X S-PER\n",
    "test": "-DOCSTART- X O\n\nOslo X O\nwaits X O\n",
}
SAVED = [
    saved_row("1", "Ada won", [[0, 3, "PER"]], selection="diverse"),
    saved_row("2", "Bo won", [[0, 2, "PER"]]),
    saved_row("3", "Rome waits", [[0, 4, "LOC"]], selection="random"),
]


# Sources in which no split has a file yet.
conll = partial(section, "conll", columns=["words", "pos", "ner"], **dict.fromkeys(FILES))
page = partial(section, "page", **dict.fromkeys(FILES))
CORPUS = conll(**{split: split for split in FILES})


def joined(folder: Path, *sources: Any):
    """Write data/raw of the files above, and return its provenance."""
    for split, content in FILES.items():
        (folder / split).write_text(content)
    write_rows(folder / "page", SAVED)
    (folder / "other").write_text("li/ves X O\nin X O\n")
    write_rows(folder / "copy", [saved_row("1#2/x", "Ada won", [])])
    write_dataset(folder, [*sources], folder / "raw")
    return json_of(folder / "raw/provenance.json")


def test_sources_become_one_data_set_in_their_order(tmp_path, capsys):
    chosen, random = page(train="page", selection="chosen", repeat=2), page(test="page", selection="random")
    found = joined(tmp_path, CORPUS, chosen, random)["findings"]["train"]["1"]
    train, validation, test = (raw_rows(split, tmp_path / "raw") for split in FILES)
    assert [row["id"] for row in train] == ["0/train-0", "0/train-1", "1/1", "1/2", "1#2/1", "1#2/2"]
    saved = {"words": ["Bo", "won"], "ner": ["B-PER", "O"], "annotated_types": ["PER"]}
    assert train[3] == {"id": "1/2", "document": 3, **saved}
    assert [row["id"] for row in (*validation, *test)] == ["0/validation-0", "0/test-0", "2/3"]
    assert [row["document"] for row in test] == [0, 1]
    printed = capsys.readouterr().out
    assert "tag columns that not all sources have, left out: pos\nsource 0, conll; train: 2 sentences, 1 ent" in printed
    assert f"earlier source, and other tags: 1 ({tmp_path}/page:2)\nsource 2, page; test: 1 sentences, 1" in printed
    assert "ner: source 2 alone has LOC; in other sources such words are O; if a type has" in printed
    kinds = ("sentences", "entities", "shared_sentences", "relabelled_sentences")
    assert [found[kind] for kind in kinds] == [2, {"ner": 2}, 2, 1]


def test_words_that_a_source_splits_differently_are_counted(tmp_path):
    provenance = joined(tmp_path, CORPUS, conll(test="other"))
    assert [each["agreement"] for each in provenance["sources"]] == [1.0, 0.5]
    assert provenance["words"]["agreement"] == pytest.approx(5 / 6, abs=1e-4)


PEOPLE = "Ada B_person\nLind I_person\nwon O\n\nRome O\n"


def of_two_names(folder: Path, **keys: Any):
    """Write data/raw of a corpus, and of a file with a type and a spelling of its own; return the rows of train."""
    (folder / "people").write_text(PEOPLE)
    joined(folder, CORPUS, conll(train="people", columns=["words", "ner"], **keys))
    return raw_rows("train", folder / "raw")


def test_source_in_another_spelling_is_respelt_and_its_types_are_renamed(tmp_path, capsys):
    rows = of_two_names(tmp_path, types={"person": "PER"}, repeat=2)
    assert [row["ner"] for row in rows[2:]] == [["B-PER", "I-PER", "O"], ["O"]] * 2
    assert json_of(tmp_path / "raw/provenance.json")["sources"][1]["respelled"]["ner"]["B_person"] == "B-person"
    printed = capsys.readouterr().out
    assert "column ner: tags in another spelling; read B_person as B-person, I_person as I-person\n" in printed
    assert "alone has" not in printed


def test_types_of_one_source_alone_are_reported(tmp_path, capsys):
    of_two_names(tmp_path)
    alone = "ner: source 0 alone has PER; source 1 alone has person; in other sources such words are O; if "
    assert alone in capsys.readouterr().out
    (tmp_path / "some").mkdir()
    of_two_names(tmp_path / "some", annotated_types={"people": ["person"]})
    alone = "ner: source 1 alone has person; in other"
    assert alone in capsys.readouterr().out, "source 1 does not say that Rome is no PER"


def test_types_of_a_page_are_the_annotated_ones(tmp_path):
    """Types are renamed there, too."""
    joined(tmp_path, CORPUS, page(train="page", types={"PER": "person"}))
    rows = raw_rows("train", tmp_path / "raw")
    assert [row["annotated_types"] for row in rows] == [None, None, ["person"], ["person"], ["LOC"]]
    (tmp_path / "all").mkdir()
    joined(tmp_path / "all", CORPUS, page(train="page", annotated_types={"page": ["PER", "LOC", "LOC"]}))
    assert raw_rows("train", tmp_path / "all/raw")[2]["annotated_types"] == ["LOC", "PER"]


WRONG = [
    (
        conll(train="other", types={"X": "Y", "person": "PER"}),
        "download.dataset.1.types: no word has the type 'person'",
    ),
    (
        conll(test="other", annotated_types={"other": ["LCO"]}),
        "download.dataset.1.annotated_types: no split has the ty",
    ),
    (
        conll(train="other", annotated_types={"dev": ["PER"]}),
        "download.dataset.1.annotated_types: dev matches no file that an earlier pattern has not matched already; ex",
    ),
    (
        conll(train="other", annotated_types={"oth*": ["PER"], "other": ["PER"]}),
        "download.dataset.1.annotated_types: other matches no file that an earlier pattern",
    ),
    (conll(train="none"), "{}/none: no such file; see download.dataset.1.train in params.yaml"),
    (conll(train="other", unknown_tag="?"), "download.dataset.1.unknown_tag: no word has the tag '?'; expected"),
    (page(train="copy"), "{}/copy:1: id '1#2/x' looks like those of repeated sources, such as 1#2/train-5; expected"),
]


@pytest.mark.parametrize(("source", "message"), WRONG)
def test_source_that_does_not_fit_is_an_error(tmp_path, source, message):
    assert message_of(joined, tmp_path, CORPUS, source).startswith(message.format(tmp_path))


def test_drawn_split_has_each_type(tmp_path):
    # Drawn by their words alone, train has all three sentences with a LOC.
    drawn = {f"s{number}": "PER" for number in range(60)} | {"Rome1": "LOC", "Rome2": "LOC", "Rome4": "LOC"}
    (tmp_path / "all").write_text("\n".join(f"{word} X B-{type_}\n" for word, type_ in drawn.items()))
    shares = {"validation": 0.1, "test": 0.1}
    assert {split_of(draw([word], 42), shares) for word, type_ in drawn.items() if type_ == "LOC"} == {"train"}
    write_dataset(tmp_path, conll(train="all", split={"seed": 42, **shares}), tmp_path / "raw")
    numbers = {}
    for split in FILES:
        types = [row["ner"][0] for row in raw_rows(split, tmp_path / "raw")]
        numbers[split] = (types.count("B-PER"), types.count("B-LOC"))
    assert [loc for _, loc in numbers.values()] == [1, 1, 1]


def test_train_is_read_once_and_twice_if_splits_are_drawn_or_tags_respelt(tmp_path, monkeypatch):
    """Beside its hash."""
    joined(tmp_path, CORPUS)
    (tmp_path / "all").write_text("\n".join(f"w{number} X B-PER\n" for number in range(60)))
    (tmp_path / "people").write_text(PEOPLE)
    opened = Counter[str]()
    plain = io.open

    def count(file: Any, *arguments: Any, **options: Any):
        opened[Path(str(file)).name] += 1
        return plain(file, *arguments, **options)

    monkeypatch.setattr(io, "open", count)
    drawn = conll(train="all", split={"seed": 1, "validation": 0.2, "test": 0.2})
    other = conll(train="people", columns=["words", "ner"], types={"person": "PER"})
    reads = []
    for number, sources in enumerate(([CORPUS], [drawn], [drawn, other])):
        opened.clear()
        write_dataset(tmp_path, sources, tmp_path / f"raw-{number}")
        reads.append({name: opened[name] - 1 for name in ("train", "all", "people") if opened[name]})
    assert reads == [{"train": 1}, {"all": 2}, {"all": 3, "people": 2}]
