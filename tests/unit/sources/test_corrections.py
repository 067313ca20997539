"""Corrections of the annotation page: data/raw is as if the data set had the corrected entities, however tags are written."""

import shutil
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.annotated import write_rows
from helpers.formats import saved_row, section
from helpers.messages import message_of
from helpers.project import files_of, json_of
from helpers.tagged import in_scheme
from helpers.tiny import conll, raw_rows

from tagline.core.names import SPLITS
from tagline.sources.stage import write_dataset

Spans = list[tuple[str, int]]
"""A sentence: types, "" outside of entities, each with its number of words."""
# Those of the page.
TYPES = ["LOC", "ORG", "PER", "X", "Y", "\u00e9"]
# It shows what the scheme is.
FIRST: Spans = [("PER", 2), ("PER", 1), ("", 1), ("LOC", 1), ("", 1), ("LOC", 3)]
Tags = dict[str, list[list[str]]]


def write(folder: str, tags: Tags):
    """Write a file for each split, whose words are different in each."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for split, sentences in tags.items():
        rows = []
        for row, of_sentence in enumerate(sentences):
            rows.append([(f"{split[:2]}{row}-{index}", tag) for index, tag in enumerate(of_sentence)])
        (Path(folder) / split).write_text(conll(rows), encoding="utf-8")


def download(folder: str = "mine", raw: str = "data/raw", corrections: Any = None, **keys: Any):
    dataset = section("conll", columns=["words", "ner"], **{split: split for split in SPLITS}, **keys)
    write_dataset(Path(folder), dataset, Path(raw), corrections)


def corrected(rows: list[dict[str, Any]]):
    write_rows(Path("mine/fixes.jsonl"), rows)
    shutil.rmtree("corrected", ignore_errors=True)
    download(raw="corrected/raw", corrections={"ner": "fixes.jsonl"})


def decided(split: str, number: int, spans: list[list[Any]], **changed: Any):
    row = raw_rows(split)[number]
    return saved_row(row["id"], row["words"], spans, **{"types": TYPES, **changed})


def tags_of(split: str):
    return [row["ner"] for row in raw_rows(split, Path("corrected/raw"))]


def marked(spans: Spans):
    """The spans as the page saves them."""
    ends = list(accumulate(length for _, length in spans))
    return [[end - length, end, type_] for (type_, length), end in zip(spans, ends, strict=True) if type_]


def drawn(random: Random, words: int):
    """Draw the spans of a sentence with so many words."""
    spans: Spans = []
    while words:
        spans.append((random.choice(["", "PER", "LOC"]), random.randint(1, min(3, words))))
        words -= spans[-1][1]
    return spans


@pytest.fixture(autouse=True)
def _in_workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU"])
def test_data_are_as_if_written_with_the_corrected_entities(scheme, capsys):
    random = Random(scheme)
    spans = {split: [FIRST, *(drawn(random, random.randint(1, 9)) for _ in range(20))] for split in SPLITS}
    write("mine", {split: [in_scheme(each, scheme) for each in of_split] for split, of_split in spans.items()})
    download()
    before = files_of("mine")
    rows = []
    changed = 0
    for split, of_split in spans.items():
        for number in (0, 2, 5, 20):
            old = of_split[number]
            new = drawn(random, sum(length for _, length in old)) if number else old
            changed += split == "train" and marked(old) != marked(new)
            rows.append(decided(split, number, marked(new)))
            of_split[number] = new
    write("expected", {split: [in_scheme(each, scheme) for each in of_split] for split, of_split in spans.items()})
    download("expected", "expected/raw")
    capsys.readouterr()
    corrected(rows)
    for split in SPLITS:
        assert files_of(f"corrected/raw/{split}") == files_of(f"expected/raw/{split}")
    shown = capsys.readouterr().out
    assert f"train: {changed} sentences corrected in ner\n" in shown
    assert "corrections whose labels the data set has already, which can be removed: " in shown
    assert {name: content for name, content in files_of("mine").items() if name != "fixes.jsonl"} == before
    [file] = json_of("corrected/raw/provenance.json")["corrections"]["ner"]
    assert file["path"] == "fixes.jsonl"


IO = "PER O O O O O O ORG O LOC"
SPELLED = [
    ("B_LOC I_LOC O", "O O O", [[0, 2, "LOC"]], "B-LOC I-LOC O"),
    ("B-X M-X E-X S-Y O", "S-X O O", [[0, 3, "Y"]], "B-Y I-Y E-Y"),
    ("B-X I-X OTHER", "OTHER B-X OTHER", [[0, 1, "X"]], "B-X O O"),
    (IO, "O O O", [[1, 3, "ORG"]], "O ORG ORG"),
    ("I-PER I-PER O", "O I-PER O", [[0, 1, "PER"], [1, 3, "PER"]], "I-PER B-PER I-PER"),
    # already as corrected, so that even what the scheme does not allow stays
    ("B-PER O I-LOC B-PER", "I-PER I-LOC O", [[0, 1, "PER"], [1, 2, "LOC"]], "I-PER I-LOC O"),
    ("B-e\u0301 I-e\u0301 O", "O O O", [[0, 2, "\u00e9"]], "B-e\u0301 I-e\u0301 O"),
]


@pytest.mark.parametrize(("first", "second", "spans", "expected"), SPELLED)
def test_tags_fit_those_of_the_column(first, second, spans, expected):
    write("mine", {split: [first.split(), second.split()] for split in SPLITS})
    download()
    corrected([decided("test", 1, spans)])
    assert tags_of("test")[1] == expected.split()


def start():
    write("mine", {split: ["B-PER I-PER O".split(), "O O O".split(), ["B-LOC"]] for split in SPLITS})
    download()


def test_only_decided_sentences_are_corrected_also_by_several_annotators(capsys):
    start()
    rows = [decided("train", 0, [], status="skipped"), decided("train", 1, [[0, 1, "LOC"]], status="unsure", note="?")]
    Path("mine/fixes").mkdir()
    for name in ("Ada", "Bo"):
        write_rows(Path(f"mine/fixes/{name}.jsonl"), [{**row, "annotator": name} for row in rows])
    capsys.readouterr()
    download(raw="corrected/raw", corrections={"ner": "fixes"})
    assert tags_of("train") == [["B-PER", "I-PER", "O"], ["B-LOC", "O", "O"], ["B-LOC"]]
    shown = capsys.readouterr().out
    assert "download.corrections.ner: texts that an annotator was not sure of, read as they are: 2 (mine/fix" in shown
    files = json_of("corrected/raw/provenance.json")["corrections"]["ner"]
    assert [file["path"] for file in files] == ["fixes/Ada.jsonl", "fixes/Bo.jsonl"]


def test_copies_of_a_repeated_source_are_corrected_too():
    start()
    Path("mine/other").write_text("Ada B-PER\n", encoding="utf-8")
    none = dict.fromkeys(SPLITS)
    sources = [
        section("conll", columns=["words", "ner"], repeat=2, **{split: split for split in SPLITS}),
        section("conll", columns=["words", "ner"], **none | {"train": "other"}),
    ]
    words = raw_rows("train")[1]["words"]
    write_rows(Path("mine/fixes.jsonl"), [saved_row("0/train-1", words, [[0, 1, "LOC"]])])
    write_dataset(Path("mine"), sources, Path("several/raw"), {"ner": "fixes.jsonl"})
    rows = raw_rows("train", Path("several/raw"))
    assert [row["id"] for row in rows if row["ner"] == ["B-LOC", "O", "O"]] == ["0/train-1", "0#2/train-1"]


def test_corrections_stay_with_their_words_when_ids_move():
    start()
    rows = [decided("train", 1, [[0, 1, "LOC"]]), decided("test", 0, [])]
    write("mine", {split: ["O".split(), "B-LOC O B-PER".split(), "B-PER I-PER O".split()] for split in SPLITS})
    text = Path("mine/train").read_text()  # a sentence before the others
    Path("mine/train").write_text("New O\n\nOld O\n\n" + "tr1-0 O\ntr1-1 O\ntr1-2 O\n\n" + text.replace("tr1", "xx1"))
    Path("mine/test").write_text("New O\n\nte0-0 B-PER\nte0-1 I-PER\nte0-2 O\n")
    corrected(rows)
    assert tags_of("train")[2] == ["B-LOC", "O", "O"]
    assert tags_of("test") == [["O"], ["O", "O", "O"]]


def test_id_chooses_among_equal_sentences():
    equal = "Ada B-PER\nran O\n"
    Path("mine").mkdir()
    for split in SPLITS:
        Path(f"mine/{split}").write_text(f"{split} O\n\n{equal}\n{equal}\n{split} B-LOC\n")
    download()
    corrected([decided("train", 2, [])])
    assert tags_of("train")[1:3] == [["B-PER", "O"], ["O", "O"]]
    moved = [{**decided("train", 2, []), "id": "train-9"}]
    corrected(moved)
    assert tags_of("train")[1:3] == tags_of("test")[1:3] == [["O", "O"], ["O", "O"]], "none has the id: all"
    other = [*moved, {**decided("train", 2, [[0, 1, "LOC"]]), "id": "train-8"}]
    assert message_of(corrected, other) == (
        "mine/fixes.jsonl:2: decided differently at mine/fixes.jsonl:1 for the same words, and no sentence has the id "
        "train-9 or train-8 any more; expected one decision; remove a line"
    )


def test_corrections_that_do_not_fit_are_listed():
    start()
    words = raw_rows("train")[1]["words"]
    rows = [
        saved_row("train-1", words, [[0, 1, "CITY"], [1, 2, "O"]], types=["CITY", "O", "PER"]),
        saved_row("train-9", ["another"], [], types=["PER"]),
        saved_row("train-0", raw_rows("train")[0]["words"], [], types=["LOC"]),
    ]
    assert message_of(corrected, rows) == (
        "mine/fixes.jsonl has 4 errors; expected corrections of these data; remove the lines, and correct the "
        "sentences in a new page:\n"
        "  mine/fixes.jsonl:1: ner has no type 'CITY'; expected LOC, PER\n"
        "  mine/fixes.jsonl:1: ner has no type 'O'; expected LOC, PER\n"
        "  mine/fixes.jsonl:2: no sentence of the data set has the words of train-9 (another)\n"
        "  mine/fixes.jsonl:3: the page did not have the type 'PER', of which train-0 has an entity"
    )


def test_corrected_sentence_is_annotated_for_the_types_of_the_page():
    write("mine", {split: ["B-PER O".split(), "O B-LOC".split(), "B-ORG O".split()] for split in SPLITS})
    keys = {"annotated_types": {"train": ["PER", "LOC"]}}
    download(**keys)
    write_rows(Path("mine/fixes.jsonl"), [decided("train", 0, []), decided("train", 1, [], types=["LOC", "PER"])])
    download(raw="corrected/raw", corrections={"ner": "fixes.jsonl"}, **keys)
    rows = raw_rows("train", Path("corrected/raw"))
    assert [row["annotated_types"] for row in rows] == [None, ["LOC", "PER"], ["LOC", "PER"]]


@pytest.mark.parametrize("link", ["fixes.jsonl", "fixes/Ada.jsonl"])
def test_link_that_leads_out_of_the_folder_is_refused(link):
    start()
    write_rows(Path("secret.jsonl"), [decided("train", 1, [])])
    Path(f"mine/{link}").parent.mkdir(exist_ok=True)
    Path(f"mine/{link}").symlink_to(Path("secret.jsonl").resolve())
    pattern = link.partition("/")[0]
    message = message_of(download, raw="other/raw", corrections={"ner": pattern})
    assert message.startswith(f"mine/{link}: this link leads out of mine; expected files inside the folder that down")


INEXPRESSIBLE = [
    (IO, [[0, 1, "PER"], [1, 2, "PER"]], "mine/fixes.jsonl:1: neighbouring entities of one type, which tags of ner"),
    ("X Y", [[0, 1, "PER"]], "download.corrections.ner: the column has one tag per word and none is O; expected entit"),
    ("B-X O", [[0, 2, "X"], [1, 2, "Y"]], "spans that share a word with another one: 1 (mine/fixes.jsonl:1: span"),
]


@pytest.mark.parametrize(("tags", "spans", "message"), INEXPRESSIBLE)
def test_corrections_that_tags_cannot_express_are_errors(tags, spans, message):
    write("mine", {split: [tags.split()] for split in SPLITS})
    download()
    assert message_of(corrected, [decided("train", 0, spans)]).startswith(message)


def test_undecided_and_contradicting_corrections_are_errors():
    start()
    one = decided("train", 1, [[0, 1, "PER"]])
    assert message_of(corrected, [{**one, "status": "skipped"}]) == (
        "mine/fixes.jsonl: no corrections (texts without an annotation, left out: 1 (mine/fixes.jsonl:1)); decide "
        "sentences in the page"
    )
    other = decided("train", 1, [], annotator="Bo", types=["PER"])
    conflict = message_of(corrected, [one, other])
    assert conflict.startswith(
        "mine/fixes.jsonl:1: 2 annotations of one text that differ (by Ada, Bo); expected one; c"
    )
    write_rows(Path("mine/a.jsonl"), [one])
    write_rows(Path("mine/b.jsonl"), [other])
    assert message_of(download, raw="other/raw", corrections={"ner": "?.jsonl"}) == (
        "mine/b.jsonl:1: sentence train-1 is decided differently at mine/a.jsonl:1; expected one decision; remove the "
        "other line"
    )
