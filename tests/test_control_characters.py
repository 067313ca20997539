"""Each verb on data full of control characters: none of them reaches the terminal."""

import contextlib
import re
from pathlib import Path

import pytest
from helpers.annotated import write_rows
from helpers.built_once import built_once
from helpers.formats import saved_row
from helpers.project import STAGES, run_stages, run_verb
from helpers.tiny import TINY_PARAMS, fill_workspace, write_params

ODD = "\x1b[31m\x07"
# Line breaks and tabs are layout.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.fixture(scope="module")
def odd(tiny_folder, tmp_path_factory):
    def build(folder):
        fill_workspace(folder, tiny_folder)
        for file in (folder / "data/tiny").glob("*.conll"):
            text = file.read_text(encoding="utf-8").replace("Lind", f"Lind{ODD}").replace("PER", f"PER{ODD}")
            sentences = [
                f"# sent_id = {file.stem}{ODD}{number}\n{each}" for number, each in enumerate(text.split("\n\n"))
            ]
            file.write_text("\n\n".join(sentences), encoding="utf-8")
        dataset = TINY_PARAMS["download"]["dataset"] | {"comments": True}
        write_params(folder, TINY_PARAMS | {"download": TINY_PARAMS["download"] | {"dataset": dataset}})
        with contextlib.chdir(folder):
            run_stages(*STAGES)

    return built_once(tmp_path_factory, "odd", build)


COMMANDS = ["check", "inspect data/tiny", "show test:0", "show test:x", "scores", "improve", "predict Ada", "audit"]
COMMANDS += ["estimate --input texts.txt", "suggest texts.txt --max-words 9 --output o.html", "improve --json"]


@pytest.mark.rare
def test_no_verb_prints_control_characters_of_data(odd, monkeypatch, capfd):
    """The other verbs print no data."""
    monkeypatch.chdir(odd)
    Path("texts.txt").write_text(f"Ada Lind{ODD} lives in Oslo.\n", encoding="utf-8")
    Path("saved").mkdir(exist_ok=True)
    for name, spans in {"ada": [[0, 1, f"PER{ODD}"]], "bo": []}.items():
        row = saved_row(f"1{ODD}", [f"Ada{ODD}", "won"], spans, annotator=f"{name}{ODD}")
        write_rows(Path(f"saved/{name}.jsonl"), [row])
    for command in COMMANDS:
        with contextlib.suppress(SystemExit):
            run_verb(*command.split(), *([f"Lind{ODD}"] if command.startswith("predict") else []))
        printed = capfd.readouterr()
        assert not CONTROL.search(printed.out + printed.err), command
        assert "\\x1b[31m" in printed.out or command != "show test:0"
