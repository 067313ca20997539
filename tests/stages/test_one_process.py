"""evaluate.py and export.py under a launcher: the main process works, the others end at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.launching import TORCHRUN, finish, start
from helpers.project import ROOT, run_stage, snapshot

OUTS = [Path(name) for name in ("data", "models", "metrics", "plots", "reports")]
LAUNCHED = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}


def test_evaluate_under_torchrun_runs_in_one_process(finished: Path) -> None:
    before = snapshot(*OUTS)
    Path("metrics/evaluate.json").unlink()
    status, out, err = finish(start(ROOT / "stages/evaluate.py", TORCHRUN, None))
    assert status == 0, err
    assert out.count("evaluate runs in one process: process 1 of 2 has nothing to do\n") == 1
    assert out.count("overall") == 2, "one table, of two splits"
    assert snapshot(*OUTS) == before


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_process_that_is_not_the_main_one_writes_nothing(
    finished: Path, stage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(f"metrics/{stage}.json").unlink()
    before = snapshot(*OUTS)
    for name, value in {**LAUNCHED, "RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as raised:
        run_stage(stage)
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"{stage} runs in one process: process 1 of 2 has nothing to do\n"
    assert snapshot(*OUTS) == before
