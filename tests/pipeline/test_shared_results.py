"""Results shared through S3 by real `dvc`: what a team pushes, pulls and cleans up, on a server on the loopback interface."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from helpers.clone import Clone
from helpers.project import edit
from moto.server import ThreadedMotoServer

WEIGHTS = "models/finetuned/model.safetensors"
TOKENIZED = "data/tokenized/hashes.json"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The URL of an S3 server with the bucket `team`; credentials are in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_CA_BUNDLE", raising=False)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        url = "http://{}:{}".format(*server.get_host_and_port())
        boto3.client("s3", endpoint_url=url).create_bucket(Bucket="team")
        yield url
        server.stop()


def stored(endpoint: str) -> dict[str, int]:
    """The sizes of the files in DVC's part of the bucket, by key."""
    pages = boto3.client("s3", endpoint_url=endpoint).get_paginator("list_objects_v2").paginate(Bucket="team")
    return {each["Key"]: each["Size"] for page in pages for each in page["Contents"] if "/md5/" in each["Key"]}


@pytest.fixture(scope="module")
def ada(origin: Clone, endpoint: str) -> Iterator[Clone]:
    """The first of the team: has run the pipeline and pushed its results."""
    origin.run("dvc", "remote", "add", "--default", "team", "s3://team/tagline")
    origin.run("dvc", "remote", "modify", "team", "endpointurl", endpoint)
    origin.commit("a remote")
    origin.run("git", "tag", "tagger@v0.0.1", "--annotate", "--message", "as `gto register tagger`")
    origin.run("dvc", "push")
    yield origin
    origin.run("git", "tag", "--delete", "tagger@v0.0.1")
    origin.run("git", "reset", "-q", "--hard", "HEAD~1")


@pytest.fixture(scope="module")
def pushed(ada: Clone, endpoint: str) -> dict[str, int]:
    return stored(endpoint)


@pytest.fixture(scope="module")
def server(ada: Clone, pushed: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The bare repository through which the team shares commits: nothing of DVC's cache is in it."""
    path = tmp_path_factory.mktemp("team") / "server.git"
    ada.run("git", "clone", "-q", "--bare", str(ada.path), str(path))
    return Clone(path)


def fresh(server: Clone, name: str) -> Clone:
    made = Clone(server.path.with_name(name))
    server.run("git", "clone", "-q", str(server.path), str(made.path))
    return made


@pytest.fixture(scope="module")
def bo(server: Clone) -> Clone:
    clone = fresh(server, "bo")
    clone.run("dvc", "pull")
    return clone


@pytest.fixture(scope="module")
def cem(server: Clone) -> Clone:
    """Another one, who has pulled nothing, changes how the model is exported and runs what that needs."""
    clone = fresh(server, "cem")
    edit(clone.path / "params.yaml", "min_agreement: 1.0", "min_agreement: 0.9")
    assert clone.repro("--pull", "--allow-missing") == ["export"]
    return clone


def test_after_a_pull_repro_runs_nothing(bo: Clone) -> None:
    assert bo.repro() == []
    assert bo.run("git", "status", "--porcelain") == ""


def test_only_what_a_changed_stage_needs_is_fetched(cem: Clone) -> None:
    assert (cem.path / WEIGHTS).exists()
    assert not (cem.path / "models/pretrained/encoder/model.safetensors").exists()
    assert not (cem.path / "data/predictions/test.parquet").exists()


def test_the_run_cache_saves_others_the_same_run(bo: Clone, cem: Clone) -> None:
    for clone in (cem, bo):
        edit(clone.path / "params.yaml", "stride: 6", "stride: 5")
    assert cem.repro("--pull", "tokenize-align") == ["tokenize-align"]
    cem.run("dvc", "push", "--run-cache", "tokenize-align")
    assert bo.repro("--pull", "tokenize-align") == []
    assert (bo.path / TOKENIZED).read_bytes() == (cem.path / TOKENIZED).read_bytes()


def test_another_repository_gets_the_export(server: Clone, ada: Clone, tmp_path: Path) -> None:
    elsewhere = Clone(tmp_path)
    elsewhere.run("dvc", "get", str(server.path), "models/export", "-o", "got")
    elsewhere.run("dvc", "artifacts", "get", str(server.path), "tagger", "--rev", "v0.0.1", "-o", "registered")
    weights = (ada.path / WEIGHTS).read_bytes()
    for folder in ("got", "registered"):
        assert (tmp_path / folder / "model.safetensors").read_bytes() == weights


def test_weights_are_stored_once_and_what_no_commit_uses_is_removed(
    cem: Clone, ada: Clone, pushed: dict[str, int], endpoint: str
) -> None:
    weights = hashlib.md5((ada.path / WEIGHTS).read_bytes()).hexdigest()
    assert pushed.keys() >= {f"tagline/files/md5/{weights[:2]}/{weights[2:]}"}
    assert list(pushed.values()).count((ada.path / WEIGHTS).stat().st_size) == 1, (
        "of models/finetuned and models/export"
    )
    cem.run("dvc", "push", "tokenize-align")
    assert stored(endpoint).keys() > pushed.keys()
    ada.run("dvc", "gc", "--workspace", "--all-commits", "--cloud", "--force")
    assert stored(endpoint) == pushed
