"""The examples for Ray Data, Spark and Ray Serve."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx
import psutil
import pyarrow.parquet as pq
import pytest
from helpers.handmade_export import save_export
from helpers.project import ROOT

from tagline.inference import Tagger

pytestmark = pytest.mark.rare

ROWS = 12_000
TEXTS = ["Ada Lind lives in Oslo.", "Bo", "in Oslo in Oslo"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with models/export and an input of many parts."""
    save_export(tmp_path / "models/export", seed=1)
    lines = [json.dumps({"id": index, "text": TEXTS[index % len(TEXTS)]}) for index in range(ROWS)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rounded(mentions: list[Any]):
    """Mentions with their scores as the examples write them."""
    return [each._replace(score=round(each.score, 4)) for each in mentions]


def job(name: str, folder: Path):
    """The code of an example, which reads the input and writes the folder tagged."""
    code = (ROOT / "docs/jobs" / name).read_text(encoding="utf-8")
    code = re.sub(r"s3a?://bucket/texts", str(folder / "a.jsonl"), code)
    return re.sub(r"s3a?://bucket/tagged", str(folder / "tagged"), code)


def test_example_for_ray_data_gives_the_entities_of_the_tagger(folder, monkeypatch):
    pytest.importorskip("ray.data", reason="ray[data] is not installed")
    Path("job.py").write_text(job("ray_data.py", folder), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "stages"))
    subprocess.run([sys.executable, "job.py"], check=True)
    check_tagged(pq.read_table("tagged").to_pylist())


def test_example_for_spark_gives_the_entities_of_the_tagger(folder, monkeypatch):
    pyspark = pytest.importorskip("pyspark.sql")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "stages"))
    spark = pyspark.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    exec(job("spark.py", folder), {})
    spark.stop()
    check_tagged(pq.read_table("tagged").to_pylist())


def check_tagged(rows: list[dict[str, Any]]):
    """Check that each row is there, and that entities are the tagger's."""
    rows.sort(key=itemgetter("id"))
    assert [row["id"] for row in rows] == [*range(ROWS)]
    with Tagger() as tagger:
        for row in rows[:: ROWS // 100]:
            assert [tuple(each.values()) for each in row["entities"]] == [
                each[:5] for each in rounded(tagger(row["text"]))
            ]


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
def process(tmp_path):
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


def replicas(process: psutil.Process):
    return {each for each in process.children(recursive=True) if each.name().startswith("ray::ServeRepl")}


def status_of_health():
    try:
        return httpx.get(f"{URL}/health", timeout=60).status_code
    except httpx.TransportError:
        return None


def test_loss_of_a_replica_changes_no_answer(process, tmp_path):
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
