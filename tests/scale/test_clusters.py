"""`tagline bulk` on clusters, with the loss of a machine and with S3, in Spark, and the example for Ray Serve."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import pyarrow.parquet as pq
import pytest
from helpers.handmade_export import save_export
from helpers.launching import free_port
from helpers.project import ROOT, files_of, run_verb
from helpers.s3_server import s3_server

from tagline.inference import Tagger

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


def rounded(mentions: list[Any]) -> list[Any]:
    """Mentions with their scores as the examples write them."""
    return [each._replace(score=round(each.score, 4)) for each in mentions]


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
    bulk(*options, "--output", "disturbed", "--address", started.address)
    killer.join()
    assert seen < ROWS // PART_ROWS, "the machine was killed after the end"
    bulk(*options, "--output", "undisturbed", "--address", started.address)
    disturbed = files_of("disturbed")
    assert len(disturbed) == ROWS // PART_ROWS + 2  # plan and manifest
    assert disturbed == files_of("undisturbed")


def test_client_of_a_cluster_labels_all_rows(folder: Path, cluster: Callable[..., Any]) -> None:
    pytest.importorskip("grpc", reason="the extra client of Ray is not installed")
    port = free_port()
    cluster(num_cpus=2, ray_client_server_port=port)
    bulk("a.jsonl", "--output", "out", "--address", f"ray://127.0.0.1:{port}")
    assert json.loads(Path("out/_manifest.json").read_text(encoding="utf-8"))["rows"] == ROWS


def test_s3_is_read_and_written(folder: Path, monkeypatch: pytest.MonkeyPatch, cluster: Callable[..., Any]) -> None:
    with s3_server("texts", monkeypatch) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        address = cluster(num_cpus=2).address  # whose processes inherit the environment
        s3 = boto3.client("s3")
        for name in ("a", "b"):
            s3.upload_file("a.jsonl", "texts", f"in/{name}.jsonl")
        for _ in range(2):  # the second run finds all parts
            bulk("s3://texts/in", "--output", "s3://texts/out", "--part-rows", "5000", "--address", address)
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
    code = (ROOT / "docs/jobs/spark.py").read_text(encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "stages"))
    spark = pyspark.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    space: dict[str, Any] = {}
    exec(code.replace("s3a://bucket/texts", str(folder / "a.jsonl")).replace("s3a://bucket/tagged", "tagged"), space)
    found = spark.read.parquet("tagged").orderBy("id").collect()
    spark.stop()
    with Tagger() as tagger:
        for row in found[:: ROWS // 100]:
            assert [tuple(each) for each in row["entities"]] == [tuple(each) for each in rounded(tagger(row["text"]))]
    assert len(found) == ROWS


URL = "http://127.0.0.1:8000"
# Bodies, and the status that each gets.
BODIES = {
    **{json.dumps({"text": text}).encode(): 200 for text in TEXTS},
    b'{"text": "a': 400,
    b'{"text": 3}': 422,
    b'{"text": "' + b"a" * 2**18 + b'"}': 413,
}
CLIENTS, REQUESTS = 8, 400


@pytest.fixture
def process(tmp_path: Path) -> Iterator[psutil.Process]:
    """`serve run` with two replicas that answer."""
    pytest.importorskip("ray.serve", reason="ray[serve] is not installed")
    save_export(tmp_path / "models/export", seed=1)
    command = [str(Path(sys.executable).with_name("serve")), "run", "--app-dir", str(ROOT / "docs/jobs")]
    # On a busy host, the default of 5 s would restart a proxy that is still starting.
    slow = {"PYTHONPATH": str(ROOT / "stages"), "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "300"}
    arguments = ["ray_serve:app", f"model={tmp_path / 'models/export'}"]
    with subprocess.Popen([*command, *arguments], env=os.environ | slow) as started:
        try:
            process = psutil.Process(started.pid)
            while len(replicas(process)) < 2 or status_of_health() != 200:
                assert started.poll() is None
                time.sleep(0.5)
            yield process
        finally:
            started.terminate()


def replicas(process: psutil.Process) -> set[psutil.Process]:
    return {each for each in process.children(recursive=True) if each.name().startswith("ray::ServeRepl")}


def status_of_health() -> int | None:
    try:
        return httpx.get(f"{URL}/health", timeout=60).status_code
    except httpx.TransportError:
        return None


def test_loss_of_a_replica_changes_no_answer(process: psutil.Process, tmp_path: Path) -> None:
    with Tagger(tmp_path / "models/export") as tagger:
        expected = {text: [each._asdict() for each in rounded(tagger(text))] for text in TEXTS}
    bodies = [list(BODIES)[number % len(BODIES)] for number in range(REQUESTS)]
    with ThreadPoolExecutor(CLIENTS) as clients, httpx.Client(timeout=300) as client:
        answers = clients.map(lambda body: client.post(f"{URL}/entities", content=body), bodies)
        first = list(islice(answers, REQUESTS // 3))
        killed = replicas(process).pop()
        killed.kill()
        answers = [*first, *answers]
    lost = 0
    for body, answer in zip(bodies, answers, strict=True):
        if answer.status_code == 500:
            lost += 1
            continue
        assert answer.status_code == BODIES[body]
        if answer.status_code == 200:
            assert answer.json()["entities"] == expected[json.loads(body)["text"]]
    assert lost <= CLIENTS, "more than were in progress on the replica that was killed"
    while killed.is_running() or len(replicas(process)) < 2:
        time.sleep(0.5)
    assert httpx.get(f"{URL}/metrics").status_code == 404, "the counts of one of the replicas"
