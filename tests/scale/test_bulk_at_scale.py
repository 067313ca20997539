"""`tagline bulk` on clusters, with the loss of a machine and with S3, and the same in Spark; run by `make test-all`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from helpers.handmade_export import save_export
from helpers.launching import free_port
from helpers.project import ROOT, run_verb, snapshot
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


bulk = partial(run_verb, "bulk")


@pytest.fixture
def cluster() -> Iterator[Callable[..., Any]]:
    """Starts a cluster of one machine with the given options, once."""
    utils = pytest.importorskip("ray.cluster_utils", reason="the extra ray is not installed")
    started = []

    def start(**options: int) -> Any:
        started.append(utils.Cluster(initialize_head=True, head_node_args=options))
        return started[0]

    yield start
    for each in started:
        each.shutdown()


def test_loss_of_a_machine_in_the_middle_keeps_the_bytes(folder: Path, cluster: Callable[..., Any]) -> None:
    options = ("a.jsonl", "--part-rows", str(PART_ROWS))
    started = cluster(num_cpus=1)
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
    disturbed, undisturbed = (
        {path.relative_to(side): content for path, content in snapshot(side).items()}
        for side in (folder / "disturbed", folder / "undisturbed")
    )
    assert len(disturbed) == ROWS // PART_ROWS + 2  # plan and manifest
    assert disturbed == undisturbed


def test_client_of_a_cluster_labels_all_rows(folder: Path, cluster: Callable[..., Any]) -> None:
    pytest.importorskip("grpc", reason="the extra client of Ray is not installed")
    port = free_port()
    cluster(num_cpus=2, ray_client_server_port=port)
    bulk("a.jsonl", "out", "--address", f"ray://127.0.0.1:{port}")
    assert json.loads(Path("out/_manifest.json").read_text(encoding="utf-8"))["rows"] == ROWS


def test_s3_is_read_and_written(folder: Path, monkeypatch: pytest.MonkeyPatch, cluster: Callable[..., Any]) -> None:
    with s3_server("texts", monkeypatch) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        address = cluster(num_cpus=2).address  # whose processes inherit the environment
        s3 = boto3.client("s3")
        for name in ("a", "b"):
            s3.upload_file("a.jsonl", "texts", f"in/{name}.jsonl")
        for _ in range(2):  # the second run finds all parts
            bulk("s3://texts/in", "s3://texts/out", "--part-rows", "5000", "--address", address)
        names = [each["Key"] for each in s3.list_objects_v2(Bucket="texts", Prefix="out/")["Contents"]]
        assert [name.partition("-")[0] for name in names] == ["out/_manifest.json", "out/_plan.json", *["out/part"] * 6]
        ids = []
        for name in names[2:]:
            s3.download_file("texts", name, "part.parquet")
            table = pq.read_table("part.parquet")
            ids += table["id"].to_pylist()
            assert set(table["input_file"].to_pylist()) <= {"s3://texts/in/a.jsonl", "s3://texts/in/b.jsonl"}
    assert ids == [*range(ROWS)] * 2


def test_example_for_spark_gives_the_entities_of_the_tagger(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
