"""download.py: what it writes, prints and leaves alone; tests/unit/sources has each format, message and encoder."""

import json
from pathlib import Path

from helpers.annotated import embedded, write_rows
from helpers.formats import saved_row
from helpers.project import edit, error_of, exit_of, json_of, run_stage, run_stages, run_verb, snapshot
from helpers.tiny import raw_rows, set_params
from ruamel.yaml import YAML

from tagline.core.names import SPLITS


def test_error_leaves_earlier_outputs(workspace):
    run_stage("download")
    before = snapshot(Path("data/raw"), Path("models"))
    edit(Path("params.yaml"), "path: encoder", "path: train.conll")
    message = "download: data/tiny/train.conll: no such folder; see download.encoder.path in params.yaml"
    assert error_of("download") == message
    assert snapshot(Path("data/raw"), Path("models")) == before


def test_sections_of_other_stages_are_not_checked(workspace):
    edit(Path("params.yaml"), "seed: 7", "sede: 7")
    run_stage("download")


def test_findings_of_the_source_reach_the_report(workspace, capsys):
    def row(text, *spans):
        return {"text": text, "spans": [{"start": start, "end": end, "label": "X"} for start, end in spans]}

    rows = [row("Ada in Oslo", (0, 2), (7, 11)), row(" "), row("Ada in Oslo", (0, 3), (0, 3))]
    for split, texts in {"train": rows, "validation": [row("Bo")], "test": [row("Bo"), row(" ")]}.items():
        write_rows(Path("data/tiny", split), texts)
    keys = {"source": "files", "format": "spans", "tag_column": "ner", "misaligned_spans": "drop"}
    set_params(download={"dataset": keys | {split: split for split in SPLITS}})
    run_stage("download")
    assert "train: texts without words, left out: 1 (data/tiny/train:2)" in capsys.readouterr().out
    assert [row["ner"] for row in raw_rows("train")] == [["O", "O", "B-X"], ["B-X", "O", "O"]]
    assert error_of("tokenize_align").startswith("tokenize_align: data/raw: the same data in validation and test: all ")
    write_rows(Path("data/tiny/test"), [row("Eva", (0, 3))])
    run_stages("download", "tokenize_align")
    found = {kind: count for kind, count in json_of("reports/data.json")["train"]["source"].items() if count}
    assert found == {"misaligned_spans": 1, "duplicate_spans": 1, "empty_texts": 1, "repeated_sentences": 1}


def test_inspect_does_not_overwrite_an_edited_preset(workspace, capsys):
    for _ in range(2):  # the same again changes nothing
        run_verb("inspect", "data/tiny", "--output", "mine.yaml")
    edited = Path("mine.yaml").read_text() + "tokenize_align: {tag_column: pos}\n"
    Path("mine.yaml").write_text(edited)
    message = "inspect: mine.yaml: exists with other content; expected a new file; remove it, or write to another one"
    assert exit_of("inspect", "data/tiny", "--output", "mine.yaml").startswith(message)
    assert Path("mine.yaml").read_text() == edited


def test_section_that_inspect_prints_runs_when_pasted(workspace, capsys):
    run_verb("inspect", "data/tiny")
    description, sections = capsys.readouterr().out.split(
        "\n\n# Replace these sections of params.yaml, then run `dvc repro`.\ndownload:\n"
    )
    section = sections.partition("export:\n")[0]
    assert description.startswith("data/tiny: conll, utf-8\nnot read: encoder\n")
    rest = Path("params.yaml").read_text()
    Path("params.yaml").write_text(f"download:\n{section}" + rest[rest.index("tokenize_align:") :])
    assert YAML(typ="safe").load(section)["dataset"]["test"] == "test.conll"
    run_stages("check", "download")
    assert [len(raw_rows(split)) for split in SPLITS] == [16, 6, 6]


def test_conflicts_of_annotators_are_decided_on_a_page(workspace, capsys):
    arguments = ("adjudicate", "saved", "--output", "adjudicate.html")
    words, text = ["Ada", "in", "New York"], "\U0001f44b Ada won"
    same = saved_row("2", words, [[0, 1, "PER"]])
    unsure = saved_row("3", text, [[2, 5, "PER"]], status="unsure", note="A pet?")
    of_ada = [saved_row("1", words, [[0, 1, "PER"], [2, 3, "LOC"]]), same, unsure]
    of_bo = [saved_row("1", words, [[0, 1, "PER"], [1, 3, "ORG"]], types=["ORG", "PER", "TEAM"]), same]
    Path("saved").mkdir()
    write_rows(Path("saved/ada.jsonl"), of_ada)
    write_rows(Path("saved/bo.jsonl"), [{**row, "annotator": "Bo"} for row in of_bo])
    run_verb(*arguments)
    assert capsys.readouterr().out == (
        "Ada, Bo: 2 texts, F1 of spans 0.667\n"
        "to decide: 2 texts (3, 1)\n"
        "adjudicate.html: decide them there, and put what it saves, named adjudicate*.jsonl, into saved\n"
    )
    page = json.loads(embedded(Path("adjudicate.html")))
    assert page["types"] == ["LOC", "ORG", "PER", "TEAM"]
    versions = [{"by": "Ada", "spans": of_ada[0]["spans"]}, {"by": "Bo", "spans": of_bo[0]["spans"]}]
    assert [(task["spans"], task["versions"]) for task in page["tasks"]] == [
        (unsure["spans"], [{"by": "Ada", "spans": unsure["spans"]}]),
        ([[0, 1, "PER"]], versions),
    ]
    assert page["tasks"][0]["words"] == [[0, 1], [2, 5], [6, 9]]
    Path("adjudicate.html").unlink()
    decided = [saved_row(task["id"], task.get("text", words), task["spans"], tasks="1") for task in page["tasks"]]
    write_rows(Path("saved/adjudicate.cy.jsonl"), decided)
    run_verb(*arguments)
    assert capsys.readouterr().out.endswith("\nto decide: 0 texts\n")
    assert not Path("adjudicate.html").exists()
    message = "adjudicate: data/tiny/train.conll: not a folder; expected one with a file of each annotator"
    assert exit_of("adjudicate", "data/tiny/train.conll", "--output", "x") == message
    message = "adjudicate: --output saved/a.html: expected a file outside of saved"
    assert exit_of(*arguments[:-1], "saved/a.html").startswith(message)


def test_model_and_person_are_compared_decided_and_read(workspace, capsys):
    folder = Path("data/tiny/answers")
    folder.mkdir()
    won, rome = "Bo won", "Eve in Rome"
    answers = [{"key": "1", "text": won, "entities": {"PER": ["bo", "Al"]}}, {"key": "2", "text": rome, "entities": {}}]
    write_rows(folder / "gpt.jsonl", answers)
    write_rows(folder / "ada.jsonl", [saved_row("1", won, [[0, 2, "ORG"]]), saved_row("2", rome, [])])
    for split in ("validation", "test"):
        write_rows(Path("data/tiny", split), [saved_row("1", f"{split} in Rome", [[0, 4, "PER"]])])
    keys = {"source": "files", "format": "mentions", "tag_column": "ner", "annotators": "agreed", "id": "key"}
    keys |= {"misaligned_spans": "expand", "train": "answers", "validation": "validation", "test": "test"}
    set_params(download={"dataset": keys})
    run_verb("adjudicate", str(folder), "--output", "page.html")
    assert capsys.readouterr().out.startswith("Ada, gpt: 2 texts, F1 of spans 0.000\n")
    (task,) = json.loads(embedded(Path("page.html")))["tasks"]
    assert task["versions"][1] == {"by": "gpt", "spans": [[0, 2, "PER"]]}
    write_rows(folder / "adjudicate.jsonl", [saved_row("1", won, [[0, 2, "PER"]], tasks="1")])
    run_stage("download")
    assert "capital and small letters: 1 (data/tiny/answers/gpt.jsonl:1: 'bo' is 'Bo')" in capsys.readouterr().out
    assert [row["ner"] for row in raw_rows("train")] == [["B-PER", "O"], ["O", "O", "O"]]
