"""`tagline bulk` on a Ray cluster of one machine: its answers are those of `tagline predict`, and its messages."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.annotated import write_rows
from helpers.messages import message_of

from tagline.terminal.errors import UserError
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


def rows() -> list[dict[str, Any]]:
    return [row for path in sorted(Path("out").glob("part-*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_answers_are_those_of_predict(beside_export: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(Path("a.jsonl"), [{"id": index, "text": text} for index, text in enumerate(TEXTS)])
    predict(["--input", "a.jsonl", "--output", "predicted.jsonl"])
    Path("in").mkdir()
    Path("a.jsonl").rename("in/a.jsonl")
    Path("in/b.jsonl").write_text('{"text": 1}\n', encoding="utf-8")
    program.main(["in", "--output", "out", "--part-rows", "7", "--address", address])
    *found, last = rows()
    predicted = [json.loads(line) for line in Path("predicted.jsonl").read_text(encoding="utf-8").splitlines()]
    for entity in (entity for row in predicted for entity in row["entities"]):
        entity["accepted"] = None  # the model promises no precision
    assert [{name: row[name] for name in ("id", "text", "entities")} for row in found] == predicted
    numbered = [(f"{beside_export}/in/a.jsonl", number) for number in range(1, len(TEXTS) + 1)]
    assert [(row["input_file"], row["input_row"]) for row in found] == numbered
    assert (last["entities"], last["tagging_error"]) == (None, "'text' is 1; expected a string")
    first = f"the first is {beside_export}/in/b.jsonl:1: 'text' is 1; expected a string"
    not_labelled = f"1 rows not labelled, see the column tagging_error; {first}"
    assert capsys.readouterr().out.splitlines() == ["out: 41 rows in 7 parts", not_labelled]
    assert len(json.loads(Path("out/_manifest.json").read_text())["parts"]) == 7
    expected = f"none: none of 1 rows could be labelled; {first}; check the input and --text-column or --words-column"
    assert message_of(program.main, ["in/b.jsonl", "--output", "none", "--address", address]) == expected


@pytest.mark.usefixtures("beside_export")
def test_unreadable_part_costs_only_itself(address: str) -> None:
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
        program.main(["in", "--output", "out", "--address", address])
    made = sorted(path.name for path in Path("out").iterdir())
    assert made == ["_plan.json", "part-000000.parquet", "part-000002.parquet"]
    Path("in/b.parquet").write_bytes(intact)
    program.main(["in", "--output", "out", "--address", address])
    assert [row["labels"] is not None for row in rows()] == [True] * 300


def test_strict_stops_at_the_first_row_that_can_not_be_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    def outcomes(*_: object) -> Iterator[Record]:
        yield Record("part-000000.parquet", 9)
        yield Record("part-000001.parquet", 9, 2, "a.jsonl:12: 'text' is 1; expected a string")
        pytest.fail("it went on")

    monkeypatch.setattr(cluster, "tag", outcomes)
    message = "a.jsonl:12: 'text' is 1; expected a string; --strict expects that each row can be labelled; correct"
    assert message_of(cluster.collect, None, None, None, strict=True).startswith(message)


def test_missing_ray_is_one_message(beside_export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.txt").write_text("Ada\n")
    monkeypatch.setitem(sys.modules, "ray", None)
    message = "Ray is not installed; `tagline bulk` needs it; run `pip install -e '.[ray]'`"
    assert message_of(program.main, ["a.txt", "--output", "out"]) == message
    assert not Path("out").exists()


def test_failures_of_ray_are_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    class RayError(Exception):
        pass

    fake = Mock()
    fake.exceptions.RayError = RayError
    fake.init.side_effect = ConnectionError("nobody there\nat all")
    monkeypatch.setitem(sys.modules, "ray", fake)
    message = r"^--address auto: no Ray cluster \(nobody there\); expected a running one; start it with `ray start --h"
    with pytest.raises(UserError, match=message), cluster.connected("auto"):
        pass
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        monkeypatch.setenv(name, "")
    fake.init.side_effect = None
    message = r"^Ray: all nodes died; parts that are complete stay; run the same command again$"
    with pytest.raises(UserError, match=message), cluster.connected(None):
        raise RayError("all nodes died\nand more")
    assert fake.init.call_args.args == ("local",)
    assert os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0", "the loopback interface"
