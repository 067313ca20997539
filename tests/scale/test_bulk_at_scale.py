"""bulk.py on clusters, with the loss of a machine and with S3, and the same in Spark; run by `make test-all`."""

from __future__ import annotations

import json
import runpy
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from helpers.handmade_export import save_export
from helpers.launching import free_port
from helpers.project import ROOT
from helpers.s3_server import s3_server

pytestmark = pytest.mark.rare

ROWS, PART_ROWS = 12_000, 40
TEXTS = ["Ada Lind lives in Oslo.", "Bo", "in Oslo in Oslo"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with models/export and an input of many parts."""
    save_export(tmp_path / "models/export", seed=1)
    lines = [json.dumps({"id": index, "text": TEXTS[index % len(TEXTS)]}) for index in range(ROWS)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bulk(*arguments: str) -> None:
    runpy.run_path(str(ROOT / "bulk.py"), run_name="imported")["main"](arguments)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_machine_is_lost_in_the_middle(folder: Path) -> None:
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    options = ("a.jsonl", "--part-rows", str(PART_ROWS))
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes = [started.add_node(num_cpus=1) for _ in range(2)]
    seen = -1

    def kill() -> None:
        nonlocal seen
        while (seen := len(list((folder / "disturbed").glob("part-*")))) < 30:
            time.sleep(0.05)
        started.remove_node(nodes[0], allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    bulk(*options, "disturbed", "--address", started.address)
    killer.join()
    assert seen < ROWS // PART_ROWS, "the machine was killed after the end"
    bulk(*options, "undisturbed", "--address", started.address)
    started.shutdown()
    assert len(list((folder / "disturbed").glob("part-*"))) == ROWS // PART_ROWS
    assert contents(folder / "disturbed") == contents(folder / "undisturbed")


def test_as_a_client_of_a_cluster(folder: Path) -> None:
    pytest.importorskip("ray")
    pytest.importorskip("grpc", reason="the extra client of Ray is not installed")
    from ray.cluster_utils import Cluster

    port = free_port()
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "ray_client_server_port": port})
    try:
        bulk("a.jsonl", "out", "--address", f"ray://127.0.0.1:{port}")
    finally:
        started.shutdown()
    assert json.loads(Path("out/_manifest.json").read_text(encoding="utf-8"))["rows"] == ROWS


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 server on this machine, which programs find by their environment."""
    with s3_server("texts", monkeypatch) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield boto3.client("s3")


def test_from_s3_to_s3(folder: Path, s3: Any) -> None:
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    for name in ("a", "b"):
        s3.upload_file("a.jsonl", "texts", f"in/{name}.jsonl")
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    try:
        for _ in range(2):  # the second run finds all parts
            bulk("s3://texts/in", "s3://texts/out", "--part-rows", "5000", "--address", started.address)
    finally:
        started.shutdown()
    names = [each["Key"] for each in s3.list_objects_v2(Bucket="texts", Prefix="out/")["Contents"]]
    found = [name for name in names if name.startswith("out/part-")]
    assert len(found) == 6
    assert not [name for name in names if "partial" in name]
    ids = []
    for name in found:
        s3.download_file("texts", name, "part.parquet")
        table = pq.read_table("part.parquet")
        ids += table["id"].to_pylist()
        assert set(table["input_file"].to_pylist()) <= {"s3://texts/in/a.jsonl", "s3://texts/in/b.jsonl"}
    assert ids == [*range(ROWS)] * 2


def test_the_example_for_spark(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of docs/jobs/spark.py gives the entities that `Tagger` gives."""
    pyspark = pytest.importorskip("pyspark.sql")
    from tagline.inference import Tagger

    code = (ROOT / "docs/jobs/spark.py").read_text(encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "stages"))
    spark = pyspark.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    space: dict[str, Any] = {}
    exec(code.replace("s3a://bucket/texts", str(folder / "a.jsonl")).replace("s3a://bucket/tagged", "tagged"), space)
    found = spark.read.parquet("tagged").orderBy("id").collect()
    spark.stop()
    with Tagger() as tagger:
        for row in found[:: ROWS // 100]:
            expected = [each._replace(score=round(each.score, 4)) for each in tagger(row["text"])]
            assert [tuple(each) for each in row["entities"]] == [tuple(each) for each in expected]
    assert len(found) == ROWS
