"""Results shared through S3 by real `dvc`: what a team pushes, fetches and cleans up, with a server on this host."""

import hashlib
from pathlib import Path

import boto3
import pytest
from helpers.clone import WITHOUT_ONNX, Clone
from helpers.project import edit
from helpers.s3_server import s3_server

WEIGHTS = Path("models/finetuned/model.safetensors")


@pytest.fixture
def endpoint(monkeypatch):
    """The URL of an S3 server with the bucket `team`."""
    with s3_server("team", monkeypatch) as url:
        yield url


def stored(endpoint):
    """The sizes of the data files in the bucket, by key."""
    pages = boto3.client("s3", endpoint_url=endpoint).get_paginator("list_objects_v2").paginate(Bucket="team")
    return {each["Key"]: each["Size"] for page in pages for each in page["Contents"] if "/md5/" in each["Key"]}


# One test: as several, each process of pytest-xdist would set up the team again.
def test_a_team_shares_results(origin, endpoint, tmp_path):
    # The first of the team has run the pipeline, registers its model and pushes the results.
    ada = origin.copy(tmp_path / "ada")
    ada.run("dvc", "remote", "add", "--default", "team", "s3://team/tagline")
    ada.run("dvc", "remote", "modify", "team", "endpointurl", endpoint)
    ada.commit("a remote")
    ada.run("git", "tag", "tagger@v0.0.1", "--annotate", "--message", "as `gto register tagger`")
    ada.run("dvc", "push")
    pushed, weights = stored(endpoint), (ada.path / WEIGHTS).read_bytes()
    digest = hashlib.md5(weights).hexdigest()
    assert f"tagline/files/md5/{digest[:2]}/{digest[2:]}" in pushed
    assert list(pushed.values()).count(len(weights)) == 1, "once, though models/export has them too"
    # Through this repository the team shares commits; nothing of DVC's cache is in it.
    server, bo, cem = (Clone(tmp_path / name) for name in ("server.git", "bo", "cem"))
    ada.run("git", "clone", "-q", "--bare", str(ada.path), str(server.path))
    for clone in (bo, cem):
        server.run("git", "clone", "-q", str(server.path), str(clone.path))

    bo.run("dvc", "pull")
    assert bo.repro() == []
    assert bo.run("git", "status", "--porcelain") == ""

    edit(cem.path / "params.yaml", *WITHOUT_ONNX)
    assert cem.repro("--pull", "--allow-missing") == ["export"]
    assert (cem.path / WEIGHTS).exists()
    for unneeded in ("models/pretrained/encoder/model.safetensors", "data/predictions/test.parquet"):
        assert not (cem.path / unneeded).exists()

    for clone in (cem, bo):
        edit(clone.path / "params.yaml", "stride: 6", "stride: 5")
    assert cem.repro("--pull", "tokenize-align") == ["tokenize-align"]
    cem.run("dvc", "push", "--run-cache", "tokenize-align")
    assert bo.repro("--pull", "tokenize-align") == [], "restored from the run-cache of Cem"

    elsewhere = Clone(tmp_path / "elsewhere")
    elsewhere.path.mkdir()
    elsewhere.run("dvc", "get", str(server.path), "models/export", "-o", "got")
    elsewhere.run("dvc", "artifacts", "get", str(server.path), "tagger", "--rev", "v0.0.1", "-o", "registered")
    for folder in ("got", "registered"):
        assert (elsewhere.path / folder / WEIGHTS.name).read_bytes() == weights

    assert stored(endpoint).keys() > pushed.keys()
    bo.run("git", "checkout", "-q", "--", ".")
    bo.run("dvc", "gc", "--workspace", "--all-commits", "--cloud", "--force")
    assert stored(endpoint) == pushed, "what no commit of Bo's clone uses is gone"
