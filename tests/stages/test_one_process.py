"""evaluate.py under a launcher: the main process works, the others end at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.launching import TORCHRUN, finish, start
from helpers.project import ROOT, run_stage, snapshot

OUTS = [Path(name) for name in ("data", "models", "metrics", "plots", "reports")]


@pytest.mark.rare
def test_evaluate_under_torchrun_runs_in_one_process(finished: Path) -> None:
    before = snapshot(*OUTS)
    Path("metrics/evaluate.json").unlink()
    status, out, err = finish(start(ROOT / "stages/evaluate.py", TORCHRUN, None))
    assert status == 0, err
    assert out.count("evaluate runs in one process: process 1 of 2 has nothing to do\n") == 1
    assert out.count("overall") == 2, "one table, of two splits"
    assert snapshot(*OUTS) == before


def test_process_that_is_not_the_main_one_writes_nothing(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(*OUTS)
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}.items():
        monkeypatch.setenv(name, value)
    for stage in ("evaluate", "export"):
        with pytest.raises(SystemExit, match="0"):
            run_stage(stage)
        assert capsys.readouterr().out == f"{stage} runs in one process: process 1 of 2 has nothing to do\n"
    assert snapshot(*OUTS) == before
