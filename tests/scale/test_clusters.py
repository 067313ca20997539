"""The examples for Ray Data, Spark and Ray Serve."""

import json
import os
import re
import subprocess
import sys
import time
from operator import itemgetter
from pathlib import Path

import httpx
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


def rounded(mentions):
    """Mentions with their scores as the examples write them."""
    return [each._replace(score=round(each.score, 4)) for each in mentions]


def job(name, folder):
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


def check_tagged(rows):
    """Check that each row is there, and that entities are the tagger's."""
    rows.sort(key=itemgetter("id"))
    assert [row["id"] for row in rows] == [*range(ROWS)]
    with Tagger() as tagger:
        for row in rows[:: ROWS // 100]:
            assert [tuple(each.values()) for each in row["entities"]] == [
                each[:5] for each in rounded(tagger(row["text"]))
            ]


def test_example_for_ray_serve_answers_as_the_tagger(folder):
    pytest.importorskip("ray.serve", reason="ray[serve] is not installed")
    command = [str(Path(sys.executable).with_name("serve")), "run", "--app-dir", str(ROOT / "docs/jobs")]
    # On a busy host, the default of 5 s would restart a proxy that is still starting.
    slow = {"PYTHONPATH": str(ROOT / "stages"), "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "300"}
    with subprocess.Popen([*command, "ray_serve:app", "model=models/export"], env=os.environ | slow) as started:
        try:
            client = httpx.Client(
                transport=httpx.HTTPTransport(retries=10), base_url="http://127.0.0.1:8000", timeout=60
            )
            while not answers(client):
                assert started.poll() is None
                time.sleep(0.5)
            with Tagger() as tagger:
                for text in TEXTS:
                    expected = [each._asdict() for each in rounded(tagger(text))]
                    assert client.post("/entities", json={"text": text}).json()["entities"] == expected
            assert client.post("/entities", content=b'{"text": "a').status_code == 422
            assert client.get("/metrics").status_code == 404, "the counts of one of the replicas"
        finally:
            started.terminate()


def answers(client):
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False
