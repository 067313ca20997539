"""download.py: what it writes, prints and leaves alone; tests/unit/sources has each format, message and encoder."""

from pathlib import Path

from helpers.annotated import write_rows
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


def test_model_and_person_who_differ_are_an_error_unless_one_is_chosen(workspace, capsys):
    folder = Path("data/tiny/answers")
    folder.mkdir()
    won, rome = "Bo won", "Eve in Rome"
    answers = [{"key": "1", "text": won, "entities": {"PER": ["bo", "Al"]}}, {"key": "2", "text": rome, "entities": {}}]
    write_rows(folder / "gpt.jsonl", answers)
    write_rows(folder / "ada.jsonl", [saved_row("1", won, [[0, 2, "ORG"]]), saved_row("2", rome, [])])
    for split in ("validation", "test"):
        write_rows(Path("data/tiny", split), [saved_row("1", f"{split} in Rome", [[0, 4, "PER"]])])
    keys = {"source": "files", "format": "mentions", "tag_column": "ner", "id": "key"}
    keys |= {"misaligned_spans": "expand", "train": "answers", "validation": "validation", "test": "test"}
    set_params(download={"dataset": keys})
    message = (
        "data/tiny/answers/ada.jsonl:1: 2 annotations of one text that differ (by Ada, gpt); expected one; correct"
    )
    assert message in error_of("download")
    write_rows(folder / "ada.jsonl", [saved_row("1", won, [[0, 2, "PER"]]), saved_row("2", rome, [])])
    run_stage("download")
    assert "capital and small letters: 1 (data/tiny/answers/gpt.jsonl:1: 'bo' is 'Bo')" in capsys.readouterr().out
    assert [row["ner"] for row in raw_rows("train")] == [["B-PER", "O"], ["O", "O", "O"]]
