"""`--json` prints one object, with the keys that docs/reference.md has for each verb."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.handmade_export import add_reference, save_export
from helpers.project import ROOT, json_of, run_verb

from tagline.core.outputs import write_json
from tagline.core.provenance import write_hashes
from tagline.crossval.runner import METRICS, runner
from tagline.project import crossval_pipeline

REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w-]+) --json` \| (.+) \|$", REFERENCE, re.MULTILINE)
SIZES = (3, 5, 8, 12, 16)
ARGUMENTS = {
    "estimate": "Ada lives in Oslo. --model export",
    "inspect": "data/tiny --output mine.yaml",
    "learning-curve": "--sizes 3 5 8 12 --seeds 1",
}


@pytest.fixture
def measured(validated):
    """A workspace with a cross-validation, in which the trainings of a learning curve are done."""
    with suppress(KeyboardInterrupt), runner("learning-curve", None) as curve:
        for size in SIZES:
            done = curve.work / f"{size}-1"
            done.mkdir()
            write_json(done / METRICS, {"test.f1": 1 - 1 / size})
            write_hashes(done)
        raise KeyboardInterrupt
    add_reference(save_export(Path("export")))
    crossval_pipeline.create()  # again: its path to the code is relative
    return validated


def printed(capsys, verb):
    capsys.readouterr()
    run_verb(verb, *ARGUMENTS.get(verb, "").split(), "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("verb", "keys"), [row for row in ROWS if row[0] not in ("compare", "improve")])
def test_object_has_the_keys_of_the_reference(measured, capsys, verb, keys):
    content = printed(capsys, verb)
    top = re.sub(r" \([^()]+\)", "", keys)
    assert {*content} == {*re.findall(r"`(\w+)`", top)} - {"evaluate"}  # a stage that has not run here
    with pytest.raises(SystemExit):
        run_verb(verb, "--help")
    shown = capsys.readouterr().out.rpartition("--json")[2]
    assert all(key in shown for key in content)


def test_values_are_those_of_the_files(measured, capsys):
    assert printed(capsys, "scores")["crossval"] == json_of("reports/crossval.json")
    curve = printed(capsys, "learning-curve")
    assert curve["f1"]["16"] == [1 - 1 / 16]
    assert curve["more"]["sentences"] == 16
    assert printed(capsys, "check")["params"]["train"]["warmup"] == 0.1
    description = printed(capsys, "inspect")
    assert description["tag_columns"] == ["pos", "ner"]
    assert description["params"]["download"]["dataset"]["train"] == "train.conll"
