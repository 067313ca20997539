"""The curves that training wrote, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagline.artifacts import learning_curves
from tagline.core.errors import UserError


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "validation.csv").write_text("epoch,precision,f1,loss\n1,0.9,0.25,0.75\n")
    assert learning_curves.read(tmp_path / "validation.csv", ("epoch", "f1", "loss")) == [
        {"epoch": 1.0, "f1": 0.25, "loss": 0.75}
    ]


@pytest.mark.parametrize("text", ["step\n1\n", "step,loss\n1\n", "step,loss\n1,x\n"])
def test_damaged_curve_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train_loss.csv"
    path.write_text(text)
    with pytest.raises(UserError) as raised:
        learning_curves.read(path, ("step", "loss"))
    assert str(raised.value).startswith(f"{path}: damaged (")
    assert str(raised.value).endswith("); expected numbers as step,loss; run `dvc repro train` again")


def test_missing_curve_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train_loss.csv is missing: the stage train writes it"):
        learning_curves.read(tmp_path / "train_loss.csv", ("step", "loss"))
