"""Reading a run, and messages about damaged files."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest

from tagline.core.errors import UserError
from tagline.tools.comparison.runs import Run, make_run

ROW = {"id": ["0"], "words": [["Ada", "lives"]], "gold": [["B-PER", "O"]], "predicted": [["O", "O"]]}
GOOD = ROW | {"score": [[1.0, 1.0]]}


def read(columns: dict[str, list] = GOOD, metrics: bytes | None = None, kind: str = '{"kind": "spans"}') -> Run:
    buffer = BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    files = {"test.parquet": buffer.getvalue(), "provenance.json": f'{{"labels": {kind}}}'.encode()}
    tracked = {f"data/predictions/{name}": content for name, content in files.items()}
    committed = {"metrics/evaluate.json": metrics, "params.yaml": b"train:\n"}
    return make_run("main", "0123456789", tracked.__getitem__, committed.__getitem__, ["test"])


def test_run_has_metrics_and_a_title() -> None:
    run = read(metrics=b'{"test.f1": 0}')
    assert (run.metrics, run.kind, run.title) == ({"test.f1": 0}, "spans", "main (0123456)")
    assert replace(run, name="01234").title == "01234", "the hash once"


def test_damaged_files_are_errors_with_the_name_of_the_run() -> None:
    with pytest.raises(UserError, match=r'^main: data/predictions/test.parquet: damaged .*"score".* expected a table'):
        read(ROW)
    with pytest.raises(UserError, match=r"^main: metrics/evaluate.json: damaged.+; run `dvc repro evaluate` again"):
        read(metrics=b"[]")
