"""`tagline bulk` on a Ray cluster of one machine: its answers are those of `tagline predict`, and its messages."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.annotated import write_rows
from helpers.handmade_export import save_export, work_beside

from tagline.core.errors import UserError
from tagline.tools.bulk import cluster, program
from tagline.tools.bulk.parts import Record
from tagline.tools.predict.program import main as predict

TEXTS = ["Ada Lind lives in Oslo.", "", "Bo", "in Oslo in Oslo"] * 10


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield started.address
    started.shutdown()


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_export(tmp_path_factory.mktemp("export"), seed=1)


@pytest.fixture
def folder(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with models/export."""
    return work_beside(export, tmp_path, monkeypatch)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("part-*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_answers_are_those_of_predict(folder: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(Path("a.jsonl"), [{"id": index, "text": text} for index, text in enumerate(TEXTS)])
    predict(["--input", "a.jsonl", "--output", "predicted.jsonl"])
    Path("in").mkdir()
    Path("a.jsonl").rename("in/a.jsonl")
    Path("in/b.jsonl").write_text('{"text": 1}\n', encoding="utf-8")
    program.main(["in", "out", "--part-rows", "7", "--address", address])
    *found, last = rows(folder / "out")
    predicted = [json.loads(line) for line in Path("predicted.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [{name: row[name] for name in ("id", "text", "entities")} for row in found] == predicted
    numbered = [(f"{folder}/in/a.jsonl", number) for number in range(1, len(TEXTS) + 1)]
    assert [(row["input_file"], row["input_row"]) for row in found] == numbered
    assert (last["entities"], last["tagging_error"]) == (None, "'text' is 1; expected a string")
    assert capsys.readouterr().out.splitlines() == [
        "out: 41 rows in 7 parts",
        f"1 rows not labelled, see the column tagging_error; the first is {folder}/in/b.jsonl:1: 'text' is 1; "
        "expected a string",
    ]
    assert len(json.loads((folder / "out/_manifest.json").read_text())["parts"]) == 7
    message = (
        rf"^none: none of 1 rows could be labelled; the first is {folder}/in/b.jsonl:1: 'text' is 1; expected a string; "
        "check the input and --text or --words$"
    )
    with pytest.raises(UserError, match=message):
        program.main(["in/b.jsonl", "none", "--address", address])


def test_unreadable_part_costs_only_itself(folder: Path, address: str) -> None:
    Path("in").mkdir()
    for name in ("a", "b", "c"):
        pq.write_table(pa.table({"words": [["Ada", "Lind"]] * 100}), f"in/{name}.parquet", compression="none")
    intact = Path("in/b.parquet").read_bytes()
    Path("in/b.parquet").write_bytes(intact[:4] + b"\xff" * 90 + intact[94:])
    message = (
        r"^1 of 3 parts could not be made; parts that are complete stay; run the same command again\n"
        r"part-000001.parquet: .*in/b.parquet: unreadable \(.*\); replace the file, then run the same command again$"
    )
    with pytest.raises(UserError, match=message):
        program.main(["in", "out", "--address", address])
    made = sorted(path.name for path in (folder / "out").iterdir())
    assert made == ["_plan.json", "part-000000.parquet", "part-000002.parquet"]
    Path("in/b.parquet").write_bytes(intact)
    program.main(["in", "out", "--address", address])
    assert [row["labels"] is not None for row in rows(folder / "out")] == [True] * 300


def test_strict_stops_at_the_first_row_that_can_not_be_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    def outcomes(*_: object) -> Iterator[Record]:
        yield Record("part-000000.parquet", 9)
        yield Record("part-000001.parquet", 9, 2, "a.jsonl:12: 'text' is 1; expected a string")
        pytest.fail("it went on")

    monkeypatch.setattr(cluster, "tag", outcomes)
    nothing: Any = None
    message = r"^a.jsonl:12: 'text' is 1; expected a string; --strict expects that each row can be labelled; correct"
    with pytest.raises(UserError, match=message):
        cluster.collect(nothing, nothing, nothing, strict=True)


def test_missing_ray_is_one_message(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.txt").write_text("Ada\n")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        UserError, match=r"^Ray is not installed; `tagline bulk` needs it; run `pip install -e '\.\[ray\]'`$"
    ):
        program.main(["a.txt", "out"])
    assert not Path("out").exists()


def test_failures_of_ray_are_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    class RayError(Exception):
        pass

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("nobody there\nat all")

    fake = SimpleNamespace(init=refuse, shutdown=lambda: None, exceptions=SimpleNamespace(RayError=RayError))
    monkeypatch.setitem(sys.modules, "ray", fake)
    message = r"^--address auto: no Ray cluster \(nobody there\); expected a running one; start it with `ray start --h"
    with pytest.raises(UserError, match=message), cluster.connected("auto"):
        pass
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        monkeypatch.setenv(name, "")
    begun: list[str] = []
    fake.init = lambda address, **_: begun.append(address)
    message = r"^Ray: all nodes died; parts that are complete stay; run the same command again$"
    with pytest.raises(UserError, match=message), cluster.connected(None):
        raise RayError("all nodes died\nand more")
    assert (begun, os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"]) == (["local"], "0")  # the loopback interface
