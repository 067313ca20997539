"""The card that is pushed: scores of a cross-validation are added only if DVC finds nothing outdated."""

from pathlib import Path

import pytest
from dvc.repo import Repo

from tagline.core import write_json
from tagline.export.card import document
from tagline.results.pushed_card import pushed_card

SCORES = Path("reports/crossval.json")
CARD = "# people\n\n## Scores\n\n| F1 |\n\n## Backends\n\ntorch\n"
ENDS = {"low": 0.5, "high": 0.75}
ENTRIES = {
    "sentences": 1200,
    "overall": {"precision": 0.6, "recall": 0.65, "f1": 0.625},
    "intervals": {"overall": dict.fromkeys(("precision", "recall", "f1"), ENDS)},
    "folds": [{"learnt": 80, "train": 100}, {"learnt": 82, "train": 100}],
}
PARAGRAPH = (
    "By cross-validation, on all 1,200 sentences: precision 0.600 (0.500 to 0.750), recall 0.650 (0.500 to 0.750), F1 "
    "0.625 (0.500 to 0.750). Each was labelled by one of 2 models that learnt from about 81% of train, without it; this "
    "model is not one of them, and learnt from all of train."
)


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """A DVC repository whose export and cross-validation are of the same params."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    for name in ("reports", "crossval"):
        Path(name).mkdir()
    write_json(Path("made.json"), {"cross-validated": ENTRIES})
    Path("params.yaml").write_text("train: 1\n")
    Path("dvc.yaml").write_text("stages:\n  export:\n    cmd: python -V\n    params: [train]\n")
    stage = "cmd: cp made.json reports/crossval.json\n    params: [train]\n    outs: [reports/crossval.json]\n"
    Path("crossval/dvc.yaml").write_text(f"stages:\n  crossval:\n    wdir: ..\n    {stage}")
    Repo.init(no_scm=True)
    with Repo() as repo:
        repo.reproduce(["dvc.yaml:export", "crossval/dvc.yaml:crossval"])


def test_scores_come_before_the_backends(pipeline):
    expected = CARD.replace("## Backends", f"{PARAGRAPH}\n\n## Backends")
    assert pushed_card(CARD, SCORES) == expected
    assert pushed_card(CARD, Path("reports/none.json")) == CARD
    template = Path(document.__file__).with_suffix(".md").read_text("utf-8")
    assert pushed_card(template, SCORES) != template, "the heading of the template"


@pytest.mark.parametrize("changed", ["params.yaml", "reports/crossval.json"])
def test_outdated_scores_are_left_out(pipeline, changed, capsys):
    capsys.readouterr()
    Path(changed).unlink()
    Path(changed).write_text("train: 2\n")
    assert pushed_card(CARD, SCORES) == CARD
    said = capsys.readouterr().out
    assert said.startswith(
        "the card is pushed without the cross-validated scores: workspace: predictions are outdated; "
    )
    assert changed == "params.yaml" or "would rerun crossval/dvc.yaml:crossval (reports/crossval.json)" in said


def test_without_dvc_scores_are_left_out(pipeline, capsys):
    Path(".dvc").rename("dvc")
    assert pushed_card(CARD, SCORES) == CARD
    assert "DVC does not know whether they are outdated (you are not inside" in capsys.readouterr().out
