"""`tagline suggest`: which texts it chooses, what it writes, and its messages."""

import gzip
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from helpers import project
from helpers.annotated import embedded
from helpers.handmade_export import TAGS, add_encoder, save_export
from helpers.project import run_verb
from helpers.tiny import PEOPLE, PLACES

from tagline.artifacts import exported, raw_data
from tagline.artifacts.exported import SentenceRule
from tagline.core import SPLITS
from tagline.core.provenance import write_hashes
from tagline.text.sentences import library_version
from tagline.text.words import split_words
from tagline.tools.answers.options import SUFFIXES, TOOLS
from tagline.tools.suggestion.already_annotated import annotated_keys

run, exit_of = partial(run_verb, "suggest"), partial(project.exit_of, "suggest")

# 36 texts of 5 words, one of which is there twice, and a line without words.
TEXTS = [f"{person} lives in {place}." for person in PEOPLE for place in PLACES]
POOL = "\n".join([*TEXTS, TEXTS[0], " "]) + "\n"


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return add_encoder(save_export(tmp_path_factory.mktemp("export"), seed=1))


@pytest.fixture(autouse=True)
def _pool(beside_export):
    """The current folder has models/export and a pool."""
    Path("pool.txt").write_text(POOL)


def suggested(*arguments, pool="pool.txt"):
    run(pool, "--output", "out.jsonl", "--format", "jsonl", *arguments)
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]


def texts(rows, selection):
    return [row["text"] for row in rows if row["selection"] == selection]


def test_random_texts_come_first_and_uncertain_ones_have_entities(capsys):
    rows = suggested("--max-words", "60", "--random-share", "0.25")
    random, uncertain = texts(rows, "random"), texts(rows, "uncertain")
    assert [row["text"] for row in rows] == [*random, *uncertain]
    assert (len(random), len(uncertain), len({*random, *uncertain})) == (3, 9, 12)
    everything = suggested("--max-words", "180", "--random-share", "0")
    assert sorted(texts(everything, "uncertain")) == sorted(TEXTS), "each text once"
    ranked = [row["text"] for row in everything if row["text"] not in random]
    assert uncertain == ranked[:9]
    assert rows[-1]["entities"] and "entities" not in rows[0]
    captured = capsys.readouterr()
    assert captured.out.startswith("random: 15 words in 3 texts")
    assert captured.err == ""


def test_random_texts_are_the_same_in_any_order_of_the_pool():
    share = ("--max-words", "60", "--random-share", "0.5")
    first = suggested(*share)
    assert suggested(*share) == first
    Path("reversed.txt").write_text("\n".join(reversed(POOL.splitlines())))
    assert texts(suggested(*share, pool="reversed.txt"), "random") == texts(first, "random")


def test_texts_and_documents_of_data_raw_are_left_out():
    rows = [{"words": [*text[:-1].split(), "."], "ner": ["O"] * 5} for text in TEXTS[:32]]
    rows += [{"words": words, "document": "d", "ner": ["O"] * 2} for words in (["Ada", "lives."], ["In", "Bo"])]
    raw_data.write(Path("data/raw"), dict.fromkeys(SPLITS, rows), ["ner"])
    write_hashes(Path("data/raw"))
    Path("pool.txt").write_text(POOL + "Ada lives. In Bo\nAda lives.\nIn Bo\nIn Bo Ada lives.\n")
    left = [*TEXTS[32:], "In Bo Ada lives."]
    assert sorted(row["text"] for row in suggested("--max-words", "60")) == sorted(left)
    Path("more.jsonl").write_text(json.dumps({"text": TEXTS[35]}))
    found = suggested("--max-words", "60", "--exclude", "data/raw", "more.jsonl")
    assert sorted(row["text"] for row in found) == sorted({*left} - {TEXTS[35]})


@pytest.mark.parametrize("name", TOOLS)
def test_annotation_tools_get_both_selections_and_the_next_round_others(name):
    output = Path("round1").with_suffix(SUFFIXES[name])
    run("pool.txt", "--max-words", "60", "--random-share", "0.5", "--output", str(output), "--format", name)
    if name == "label_studio":
        rows = json.loads(output.read_text())
        assert [row["data"]["selection"] for row in rows] == ["random"] * 6 + ["uncertain"] * 6
        assert ["predictions" in row for row in rows] == [False] * 6 + [True] * 6
        assert Path("round1.labels.xml").exists()
    assert len(annotated_keys([output], split_words)) == 12
    assert len(suggested("--max-words", "180", "--random-share", "0", "--exclude", str(output))) == 24


def test_annotation_page_has_suggestions_for_texts_that_are_not_random(capsys):
    capsys.readouterr()
    run("pool.txt", "--max-words", "60", "--random-share", "0.5", "--output", "round1.html")
    shown = capsys.readouterr().out.splitlines()
    assert shown[-1] == "round1.html is written; open it in a browser"
    assert max(map(len, shown)) <= 80
    page = json.loads(embedded(Path("round1.html")))
    assert ["suggested" in task for task in page["tasks"]] == [False] * 6 + [True] * 6
    assert [task["selection"] for task in page["tasks"]] == ["random"] * 6 + ["uncertain"] * 6
    assert all(task["spans"] == [span[:3] for span in task.get("suggested", [])] for task in page["tasks"])
    assert {task["text"] for task in page["tasks"]} <= {*TEXTS}


def test_without_a_model_all_texts_are_drawn_and_a_share_is_marked(capsys):
    share = ("--max-words", "60", "--random-share", "0.25")
    random = texts(suggested(*share), "random")
    Path("models/export").rename("models/other")
    capsys.readouterr()
    rows = suggested(*share)
    assert [row.keys() for row in rows] == [{"text", "selection"}] * 12
    assert [row["selection"] for row in rows] == ["random"] * 3 + ["chosen"] * 9
    assert (len({row["text"] for row in rows}), texts(rows, "random")) == (12, random)
    first, *counts = capsys.readouterr().out.splitlines()
    assert first == "no model is used: texts drawn at random, without entities"
    assert counts[:2] == ["random: 15 words in 3 texts", "chosen: 45 words in 9 texts"]
    assert exit_of("pool.txt", "--max-words", "60", "--output", "out.json") == (
        "suggest: models/export is missing; expected a model, or the entity types to annotate; run `dvc pull` if "
        "a DVC remote has it, else `dvc repro export`, or give --types, for instance --types PER LOC"
    )


def test_types_are_those_of_a_first_page_whatever_model_is_there():
    run("pool.txt", "--max-words", "60", "--output", "out.json", "--types", "PER", "GENE")
    assert {tuple(row) for row in json.loads(Path("out.json").read_text())} == {("data",)}
    assert re.findall('<Label value="(.*?)"', Path("out.labels.xml").read_text()) == ["PER", "GENE"]


def test_texts_are_split_into_sentences_as_in_training(tmp_path):
    split = add_encoder(save_export(tmp_path / "split"))
    about = exported.read(split)
    rule = SentenceRule(True, library_version(), 1.0)
    Path("pool.jsonl").write_text(json.dumps({"text": "Ada\n\nLind in Oslo"}))
    for model, entities in ((replace(about, sentences=rule), ["Ada"]), (about, ["Ada\n\nLind"])):
        exported.write(model, split)
        (row,) = suggested("--max-words", "9", "--random-share", "0", "--model", "split", pool="pool.jsonl")
        assert [entity["text"] for entity in row["entities"]] == [*entities, "Oslo"]


def test_what_pools_and_shares_lack_is_a_warning():
    with pytest.warns(match=r"^pool.txt has only 180 words to annotate; all are chosen$"):
        rows = suggested("--max-words", "5000", "--random-share", "0.25")
    assert (len(texts(rows, "random")), len(rows)) == (9, 36)
    message = (
        "no text at random: the first one drawn has more than 4 words; raise --max-words or --random-share for texts"
    )
    with pytest.warns(match=message):
        assert texts(suggested("--max-words", "40"), "random") == []
    # One text is longer than all words wanted, and some are longer than the part that is not random.
    Path("pool.txt").write_text(POOL + "Ada lives in Oslo. " * 60 + "\n" + "\n".join(f"Al {n} " * 20 for n in range(9)))
    with pytest.warns(match=r"^pool.txt: texts of more than 40 words left out: 1; raise --max-words$"):
        rows = suggested("--max-words", "40", "--random-share", "0.5")
    assert [len(texts(rows, "random")), len(texts(rows, "uncertain"))] == [4, 4]


NO_TYPES = ("O", "E-PER", "P\x1bER")
WRONG_USAGE = [
    (
        "--max-words 9 --output o --types PER LOC pool.txt",
        "POOL is missing; expected it before --types and --exclude, which",
    ),
    ("pool.txt --max-words 9 --output pool.txt --format jsonl", "--output is the same file as POOL; expected another"),
    ("pool.txt --max-words 9 --output o --guideline pool.txt", "--guideline: expected --format page, or --output FILE"),
    (
        "pool.txt --max-words 9 --output o.docx",
        "--output o.docx: unknown suffix; expected .html, .json, .jsonl, or --format",
    ),
    *[
        (f"pool.txt --max-words 9 --output o --types PER {name}", f"--types {name!r}: expected names")
        for name in NO_TYPES
    ],
    ("pool.txt --max-words 9 --output o --types PER LOC PER", "--types 'PER' is given twice; expected different"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_USAGE)
def test_wrong_usage_exits_with_2(arguments, message, capfd):
    assert exit_of(*arguments.split()) == 2
    assert message in capfd.readouterr().err


ERRORS = [
    ("gz.txt --output out", "gz.txt: gzip-compressed; expected text; decompress it, for example by `zcat`"),
    ("none.txt --output out", "POOL none.txt: no such file; expected one of texts, or - for standard input"),
    ("pool.txt --output out --exclude a.csv", "--exclude a.csv: unknown suffix; expected .txt, "),
    ("pool.txt --output out --max-words 4", "pool.txt: no text of at most 4 words that is not annotated yet; expected"),
    (
        "pool.txt --output out --model models/export --types GENE",
        "models/export: the model has no type 'GENE'; expected",
    ),
    ("pool.txt --output out --model tags", "--format label_studio: tags predicts a tag for each word, not enti"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_errors_are_one_message_and_keep_earlier_output(arguments, message):
    Path("out").write_text("earlier")
    Path("gz.txt").write_bytes(gzip.compress(POOL.encode()))
    save_export(Path("tags"), TAGS)
    assert exit_of("--max-words", "60", *arguments.split()).startswith(f"suggest: {message}")
    assert Path("out").read_text() == "earlier"


def test_read_only_folder_is_found_before_any_work(monkeypatch):
    monkeypatch.setattr("tagline.tools.answers.outputs.tempfile.TemporaryFile", Mock(side_effect=PermissionError))
    message = "suggest: --output out: . can't be written; expected a folder for new files"
    assert exit_of("pool.txt", "--max-words", "60", "--output", "out") == message
