"""suggest.py: which texts it chooses, what it writes, and its messages."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers import project
from helpers.annotated import dataset
from helpers.handmade_export import TAGS, add_encoder, save_export, work_beside
from helpers.project import run_script
from helpers.tiny import PEOPLE, PLACES

from tagline.artifacts import exported, raw_data
from tagline.artifacts.exported import SentenceRule
from tagline.core.provenance import write_hashes
from tagline.sources.formats.brat import BratFiles
from tagline.text.sentences import library_version
from tagline.tools.annotation import tool_formats

run, exit_of = partial(run_script, "suggest.py"), partial(project.exit_of, "suggest.py")

# 36 texts of 5 words, one of which is there twice, and a line without words.
TEXTS = [f"{person} lives in {place}." for person in PEOPLE for place in PLACES]
POOL = "\n".join([*TEXTS, TEXTS[0], " "]) + "\n"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_encoder(save_export(tmp_path_factory.mktemp("export"), seed=1))


@pytest.fixture
def folder(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with models/export and a pool."""
    (tmp_path / "pool.txt").write_text(POOL)
    return work_beside(export, tmp_path, monkeypatch)


def suggested(*arguments: str, pool: str = "pool.txt") -> list[dict[str, Any]]:
    run(pool, "--output", "out.jsonl", "--format", "jsonl", *arguments)
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]


def texts(rows: list[dict[str, Any]], selection: str) -> list[str]:
    return [row["text"] for row in rows if row["selection"] == selection]


def test_random_and_uncertain_texts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = suggested("--words", "60", "--random-share", "0.25")
    random, uncertain = texts(rows, "random"), texts(rows, "uncertain")
    assert [row["text"] for row in rows] == [*random, *uncertain]
    assert (len(random), len(uncertain), len({*random, *uncertain})) == (3, 9, 12)
    everything = suggested("--words", "185", "--random-share", "0")
    assert sorted(texts(everything, "uncertain")) == sorted(TEXTS), "each text once"
    of_rows = {row["text"]: row["uncertainty"] for row in everything}
    assert min(of_rows[text] for text in uncertain) > sorted(of_rows.values())[9], "not the most certain ones"
    assert rows[-1]["entities"] and "entities" not in rows[0]
    captured = capsys.readouterr()
    assert captured.out.startswith("random: 3 texts, 15 words, mean uncertainty 0.")
    assert captured.err == ""


def test_the_same_seed_gives_the_same_choice(folder: Path) -> None:
    first = suggested("--words", "60")
    content = Path("out.jsonl").read_bytes()
    assert suggested("--words", "60") == first
    assert Path("out.jsonl").read_bytes() == content
    share = ("--words", "60", "--random-share", "0.5")
    Path("reversed.txt").write_text("\n".join(reversed(POOL.splitlines())))
    random = texts(suggested(*share), "random")
    assert texts(suggested(*share, pool="reversed.txt"), "random") == random
    assert texts(suggested(*share, "--seed", "1"), "random") != random


def write_raw(rows: list[raw_data.Row]) -> None:
    raw_data.write(Path("data/raw"), dict.fromkeys(raw_data.SPLITS, rows), ["ner"])
    write_hashes(Path("data/raw"))


def test_annotated_texts_are_left_out(folder: Path) -> None:
    write_raw([{"words": [*text[:-1].split(), "."], "ner": ["O"] * 5} for text in TEXTS[:32]])
    assert sorted(row["text"] for row in suggested("--words", "60")) == sorted(TEXTS[32:])
    Path("more.jsonl").write_text(json.dumps({"text": TEXTS[35]}))
    assert sorted(row["text"] for row in suggested("--words", "60", "--exclude", "data/raw", "more.jsonl")) == sorted(
        TEXTS[32:35]
    )
    assert len(suggested("--words", "60", "--exclude")) == 12


def test_documents_of_annotated_sentences_are_left_out(folder: Path) -> None:
    rows = [
        {"words": text.split(), "document": "d", "ner": ["O"] * len(text.split())} for text in ("Ada lives.", "In Bo")
    ]
    write_raw(rows)
    Path("pool.txt").write_text("Ada lives. In Bo\nAda lives.\nIn Bo\nIn Bo Ada lives.\n")
    assert [row["text"] for row in suggested("--words", "60")] == ["In Bo Ada lives."]


def test_texts_are_split_into_sentences_as_in_training(folder: Path, tmp_path: Path) -> None:
    split = add_encoder(save_export(tmp_path / "split"))
    about = exported.read(split)
    rule = SentenceRule(True, library_version(), 1.0)
    for model, entities in ((replace(about, sentences=rule), ["Ada", "Lind"]), (about, ["Ada\n\nLind"])):
        exported.write(model, split)
        Path("pool.jsonl").write_text(json.dumps({"text": "Ada\n\nLind in Oslo"}))
        (row,) = suggested("--words", "9", "--random-share", "0", "--model", "split", pool="pool.jsonl")
        assert [entity["text"] for entity in row["entities"]] == [*entities, "Oslo"]


def test_words(folder: Path) -> None:
    Path("pool.conll").write_text("X Ada\nX lives\n\nX Oslo\n")
    rows = suggested("--column", "2", "--words", "9", "--random-share", "0", pool="pool.conll")
    assert sorted(row["words"] for row in rows) == [["Ada", "lives"], ["Oslo"]]


def test_a_small_pool_is_chosen_as_a_whole(folder: Path) -> None:
    with pytest.warns(match=r"^pool.txt has only 180 words to annotate; all are chosen$"):
        rows = suggested("--words", "5000", "--random-share", "0.25")
    assert (len(texts(rows, "random")), len(rows)) == (9, 36)


def test_long_texts_do_not_displace_others(folder: Path) -> None:
    """One text longer than all words wanted, and texts longer than the part that is not random."""
    Path("pool.txt").write_text(POOL + "Ada lives in Oslo. " * 60 + "\n" + "\n".join(f"Bo {n} " * 20 for n in range(9)))
    with pytest.warns(match=r"^pool.txt: texts of more than 40 words left out: 1; raise --words$"):
        rows = suggested("--words", "40", "--random-share", "0.5", "--seed", "2")
    assert [len(texts(rows, "random")), len(texts(rows, "uncertain"))] == [4, 4]


def test_a_random_share_of_one_adds_no_uncertain_texts(folder: Path) -> None:
    Path("pool.txt").write_text(POOL + "\n".join(PLACES))
    rows = suggested("--words", "57", "--random-share", "1")
    assert (len(rows), len(texts(rows, "uncertain"))) == (13, 0)


def test_a_share_too_small_for_a_text_is_reported(folder: Path, recwarn: pytest.WarningsRecorder) -> None:
    message = "no text at random: the first one drawn has more than 4 words; raise --words or --random-share for texts"
    with pytest.warns(match=message):
        assert texts(suggested("--words", "40"), "random") == []
    recwarn.clear()
    suggested("--words", "40", "--random-share", "0")
    assert not recwarn


@pytest.mark.parametrize("output", ["round1.json", "round1.jsonl", "round1"])
def test_texts_of_an_earlier_round_are_left_out(folder: Path, output: str) -> None:
    """In the format that the name asks for, and for brat."""
    name = ["--format", "brat"] if output == "round1" else []
    run("pool.txt", "--words", "60", "--output", output, *name)
    rest = suggested("--words", "120", "--random-share", "0", "--exclude", output)
    assert len(rest) == 24
    others = suggested("--words", "60")
    assert not {row["text"] for row in others} & {row["text"] for row in rest}


def test_lists_of_texts_and_of_tasks_are_left_out(folder: Path) -> None:
    Path("done.json").write_text(json.dumps([{"text": TEXTS[0]}, {"data": {"text": TEXTS[1]}}]))
    rows = suggested("--words", "180", "--random-share", "0", "--exclude", "done.json")
    assert sorted(row["text"] for row in rows) == sorted(TEXTS[2:])


def test_a_task_without_text_is_reported_by_its_line(folder: Path) -> None:
    Path("tasks.json").write_text('[{"data": {"text": "Ada"}},\n{"data": {"html": "Ada"}}]')
    assert str(exit_of("pool.txt", "--words", "60", "--output", "out", "--exclude", "tasks.json")).startswith(
        "suggest: tasks.json:2: neither 'text' nor 'words' (html); expected"
    )


@pytest.mark.parametrize("name", tool_formats.NAMES)
def test_formats(folder: Path, name: str) -> None:
    run("pool.txt", "--words", "60", "--random-share", "0.5", "--output", "out", "--format", name)
    if name == "label_studio":
        rows = json.loads(Path("out").read_text())
        assert [row["data"]["selection"] for row in rows] == ["random"] * 6 + ["uncertain"] * 6
        assert ["predictions" in row for row in rows] == [False] * 6 + [True] * 6
        assert Path("out.labels.xml").exists()
    elif name == "brat":
        assert sum(1 for file in sorted(Path("out").glob("*.txt")) if list(dataset(BratFiles, name).read(file))) == 12
    else:
        rows = [json.loads(line) for line in Path("out").read_text().splitlines()]
        assert [row.get("meta", row)["selection"] for row in rows] == ["random"] * 6 + ["uncertain"] * 6
        assert not any(row["label" if name == "doccano" else "spans"] for row in rows[:6])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pool.txt", "--words", "0", "--output", "o"), "expected a number from 1 to 999,999,999,999, got '0'"),
        (("pool.csv", "--words", "9", "--output", "o"), "POOL pool.csv: unknown suffix; expected .txt, .jsonl, .json,"),
        (("pool.txt", "--words", "9" * 13, "--output", "o"), "expected a number from 1 to 999,999,999,999, got '9999"),
        (("pool.txt", "--words", "9", "--output", "pool.txt"), "--output is the same file as POOL; expected another"),
        (
            ("pool.txt", "--words", "9", "--output", "pool.txt", "--exclude", "pool.txt"),
            "--output is the same file as POOL; expected another",
        ),
        (
            ("-", "--input-format", "text", "--words", "9", "--output", "pool.txt", "--exclude", "pool.txt"),
            "--output is the same file as one of --exclude; expected another",
        ),
        (("pool.txt", "--words", "9", "--output", "o", "--seed", "-1"), "--seed: expected a number from 0 to"),
        (
            ("pool.txt", "--words", "9", "--output", "o", "--random-share", "2"),
            "expected a number from 0 to 1, got '2'",
        ),
    ],
)
def test_wrong_usage(folder: Path, arguments: tuple[str, ...], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_of(*arguments) == 2
    assert message in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.txt", "--output", "out"), "none.txt: No such file or directory"),
        (("pool.txt", "--output", "none/out"), "--output none/out: none is not a folder; expected an existing one"),
        (("pool.txt", "--output", "models"), "--output models: not a file; expected a file"),
        (("pool.txt", "--output", "models", "--format", "brat"), "models: exists already; expected a new or empty"),
        (("gz.txt", "--output", "out"), "gz.txt: gzip-compressed; expected text; decompress it, for example by `zcat`"),
        (("pool.txt", "--output", "out", "--exclude", "a.csv"), "--exclude a.csv: unknown suffix; expected .txt, "),
        (
            ("pool.txt", "--output", "out", "--exclude", "."),
            "--exclude .: gz.txt has no .ann beside it; expected a folder",
        ),
        (
            ("pool.txt", "--output", "out", "--words", "4"),
            "pool.txt: no text of at most 4 words that is not annotated yet; expected at least one; check POOL, --words "
            "and --exclude",
        ),
    ],
)
def test_errors_are_one_message(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    Path("out").write_text("earlier")
    Path("gz.txt").write_bytes(gzip.compress(POOL.encode()))
    found = exit_of("--words", "60", *arguments)
    assert isinstance(found, str), f"exit with a status, not a message: {found}"
    assert found.startswith(f"suggest: {message}")
    assert Path("out").read_text() == "earlier"


def test_annotation_tools_need_entities(folder: Path, tmp_path: Path) -> None:
    model = str(save_export(tmp_path, TAGS))
    assert exit_of("pool.txt", "--words", "60", "--output", "out", "--model", model) == (
        f"suggest: --format label_studio: {model} predicts a tag for each word, not entities"
    )


def test_a_read_only_folder_is_found_before_any_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagline.tools.predict.options.os.access", lambda *_: False)
    assert exit_of("none.txt", "--words", "60", "--output", "out") == (
        "suggest: --output out: . can't be written; expected a folder for new files"
    )
