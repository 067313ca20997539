"""From a page of raw texts to a model, as docs/small.md says."""

import json
import shutil
from pathlib import Path

import pandas as pd
from helpers.annotated import embedded, write_rows
from helpers.formats import saved_row
from helpers.project import STAGES, run_stages, run_verb
from helpers.tiny import PEOPLE, PLACES, set_params
from ruamel.yaml import YAML


def annotate(page, folder):
    """Save into a new folder what Ada annotates in a page of texts such as "Ada Lind won in Oslo"."""
    content = json.loads(embedded(page))
    rows = []
    for task in content["tasks"]:
        text, name = task["text"], len(task["text"].partition(" won")[0])
        spans = [[0, name, "PER"], [name + len(" won in "), len(text) - 1, "LOC"]]
        rows.append(saved_row(task["id"], text, spans, types=content["types"], selection=task["selection"]))
    folder.mkdir()
    write_rows(folder / "ada.jsonl", rows)
    return content


def test_walk_from_50_sentences_of_a_page(workspace, capsys):
    pool = "\n".join(f"{person} Lind won in {place} {at}." for person in PEOPLE for place in PLACES for at in "ab")
    Path("pool.txt").write_text(pool.replace(" a.", ".").replace(" b.", " North."))
    run_verb(*"suggest pool.txt --max-words 320 --types PER LOC --output tasks.html".split())
    page = annotate(Path("tasks.html"), Path("data/mine"))
    assert len(page["tasks"]) >= 45
    capsys.readouterr()
    run_verb("inspect", "data/mine")
    description = capsys.readouterr().out
    section = YAML(typ="safe").load(description[description.index("\ndownload:\n") :])["download"]
    shutil.copytree("data/tiny/encoder", "data/mine/encoder")
    sources = [
        {**keys, **{split: "*.jsonl" for split in ("train", "test") if split in keys}} for keys in section["dataset"]
    ]
    assert [keys["selection"] for keys in sources] == ["chosen", "random"]
    set_params(
        download=section | {"dataset": sources},
        train={"epochs": 2, "min_steps": 60},
        export={"onnx": False, "int8": False},
    )
    run_stages(*STAGES)
    said = capsys.readouterr().out
    assert "train.min_steps: 3 passes over train in all" in said
    assert "validation: the last epoch is kept, since " in said
    assert "with fewer than 30, it is mostly noise" in said
    test = pd.read_parquet("data/predictions/test.parquet")
    assert sorted(test["id"]) == sorted(f"1/{task['id']}" for task in page["tasks"] if task["selection"] == "random")
    run_verb("improve")
    assert capsys.readouterr().out.startswith("F1 of test ")
    run_verb(*"suggest pool.txt --max-words 30 --output more.html".split())
