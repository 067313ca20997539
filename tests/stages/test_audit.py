"""`tagline audit`: a wrong label is found by models that have not seen it, or else by models/finetuned; and corrected."""

import json
from pathlib import Path

from helpers.annotated import embedded, write_rows
from helpers.formats import saved_row
from helpers.project import edit, exit_of, run_stage, run_verb
from helpers.tiny import raw_rows, set_params

SCORES = Path("reports/crossval.json")


def audited(capsys, *arguments):
    capsys.readouterr()
    run_verb("audit", "--json", *arguments)
    return json.loads(capsys.readouterr().out)


def test_wrong_label_comes_first(validated, capsys):
    result = audited(capsys)
    first = result["suspicions"][0]
    assert (first["rank"], first["kind"], first["id"], first["gold"]) == (1, "missed", "train-0", [])
    assert first["suggested"] == [{"type": "PER", "start": 0, "end": 2, "text": "Ada Lind"}]
    assert result["notes"][0] == "ranked by data/crossval/predictions and models/finetuned"
    run_verb("audit")
    shown = capsys.readouterr().out
    assert "PER Ada Lind" in shown
    assert f"{len(result['suspicions'])}; score: mean probability that the gold labels are wrong, from 0 to 1" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert len(audited(capsys, "--most", "1", "--splits", "train", "validation")["suspicions"]) == 1


LEARNT = "ranked by models/finetuned, which has learnt these labels: that it agrees with one says nothing; for models t"
COMMANDS = "run `tagline crossval`, then `dvc repro crossval/dvc.yaml`"


def test_model_that_has_learnt_the_labels_says_so(validated, capsys):
    edit(Path("params.yaml"), "stride: 6", "stride: 4")
    run_stage("tokenize_align")
    for _ in range(2):  # a cross-validation of other data, and none
        result = audited(capsys, "--splits", "train", "test")
        assert result["notes"][0].startswith(LEARNT)
        assert result["notes"][0].endswith(COMMANDS)
        assert result["suspicions"][0]["id"] == "train-0"
        SCORES.unlink(missing_ok=True)


def test_saved_page_of_suspicions_corrects_the_data_set(validated, capsys):
    """A person accepts what it suggests for the first sentence; data/raw is as before its error was made."""
    found = audited(capsys)["suspicions"]
    run_verb("audit", "--output", "fixes.html")
    page = json.loads(embedded(Path("fixes.html")))
    first = page["tasks"][0]
    assert (first["id"], first["words"], first["suggested"][0][:3]) == ("train-0", found[0]["words"], [0, 2, "PER"])
    assert all(span in task["spans"] for task in page["tasks"] for span in task["suspect"])
    suggested = [span[:3] for span in first["suggested"]]
    write_rows(Path("data/tiny/fixes.jsonl"), [saved_row(first["id"], first["words"], suggested)])
    set_params(download={"corrections": {"ner": "fixes.jsonl"}})
    run_stage("download")
    assert raw_rows("train")[0]["ner"][:2] == ["B-PER", "I-PER"]


def test_wrong_usage_and_impossible_pages_are_errors(validated, capsys):
    for usage, message in {
        "--guideline guide.md": "--guideline: expected --output FILE.html, a page",
        "--output out": "--output out: expected a name that ends in .html",
        "--output out.html --json": "--json: expected without --output",
    }.items():
        assert exit_of("audit", *usage.split()) == 2
        assert message in capsys.readouterr().err
    edit(Path("params.yaml"), "tag_column: ner", "tag_column: pos")
    run_stage("tokenize_align")
    assert exit_of("audit", "--output", "a.html").startswith("audit: pos has one tag per word; expected entities, whi")
