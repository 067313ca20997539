"""The curves that training wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagging.faults import Fault
from tagging.report import curves


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "validation.csv").write_text("epoch,precision,f1,loss\n1,0.9,0.25,0.75\n")
    assert curves.read(tmp_path / "validation.csv", curves.EPOCHS) == [{"epoch": 1.0, "f1": 0.25, "loss": 0.75}]


@pytest.mark.parametrize(
    "text", ["step\n1\n", "step,loss\n1,\n", "step,loss\n1\n", "step,loss\n1,nan\n", "step,loss\n1,x\n"]
)
def test_a_damaged_curve(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train_loss.csv"
    path.write_text(text)
    with pytest.raises(Fault) as raised:
        curves.read(path, curves.LOSSES)
    assert str(raised.value) == f"{path} is damaged (expected numbers as step,loss): run `dvc repro train` again"


def test_a_missing_curve(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="train_loss.csv is missing: the stage train writes it"):
        curves.read(tmp_path / "train_loss.csv", curves.LOSSES)


def test_the_best_epoch_is_the_first_of_equals() -> None:
    epochs = [{"epoch": float(number), "f1": f1, "loss": 1.0} for number, f1 in enumerate([0.1, 0.5, 0.5], start=1)]
    *_, f1 = curves.drawn([], epochs)
    assert f1.best == f1.dots[1]


def test_what_was_not_logged_is_not_drawn() -> None:
    assert curves.drawn([], []) == []
