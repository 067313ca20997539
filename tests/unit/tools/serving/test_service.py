"""The service: its answers, what it refuses and with which message, and what it counts."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

import pytest
from fastapi.testclient import TestClient
from helpers.handmade_export import add_reference, save_export

from tagline.inference import Document, Tagger
from tagline.tools.answers.notations import json_line
from tagline.tools.serving import batching
from tagline.tools.serving.batching import FULL, Batcher
from tagline.tools.serving.limits import Limits
from tagline.tools.serving.server import names
from tagline.tools.serving.service import create

TEXT, WORDS = "😀 Ada Lind lives in Oslo.", ["Bo", "lives"]
GIVEN = {"text": [TEXT, "", "no entity"], "words": [WORDS, [], ["\u200b"]]}


@pytest.fixture
def client(tagger):
    with TestClient(create(tagger, Limits(bytes=1000, texts=3))) as client:
        yield client


def line(tagger, given):
    """What `tagline predict` writes for an input."""
    document = tagger.document(given) if isinstance(given, str) else Document.of_words(given)
    return json.loads(json_line(document, tagger.tag([document])[0]))


@pytest.mark.parametrize("key", ["text", "words"])
def test_answers_are_what_predict_writes_as_json_lines(client, tagger, key):
    for given in GIVEN[key]:
        answer = client.post("/entities", json={key: given})
        assert (answer.status_code, answer.json()) == (200, line(tagger, given))
    answer = client.post("/entities", json={key: GIVEN[key]})
    assert answer.json() == [line(tagger, each) for each in GIVEN[key]]
    assert client.post("/entities", json={"text": []}).json() == []


def test_other_interface_is_that_of_hugging_face(client):
    """Its own client asks for one text in tests/test_serve.py."""
    body = {"inputs": [TEXT, ""], "parameters": {"aggregation_strategy": "simple"}, "options": {}}
    found = client.post("/", json=body).json()
    assert [[each["word"] for each in of_text] for of_text in found] == [["Ada Lind", "Oslo"], []]
    body["parameters"]["aggregation_strategy"] = "none"
    refused = client.post("/", json=body).json()["detail"]
    assert refused.startswith("parameters.aggregation_strategy: Input should be 'simple', ")


def test_metrics_estimate_f1_of_the_latest_texts(tmp_path):
    folder = add_reference(save_export(tmp_path / "export"))
    with Tagger(folder) as tagger, TestClient(create(tagger, Limits())) as client:
        assert "tagline_expected_f1 NaN" in client.get("/metrics").text
        client.post("/entities", json={"text": "Ada Lind lives in Oslo."})
        metrics = client.get("/metrics").text
    for value in ("tagline_expected_f1 0.930", "tagline_test_f1 0.8"):
        assert value in metrics


BAD_REQUESTS = [
    (b'{"text": "a', 400, "the body is not JSON in UTF-8: EOF while parsing a string at line 1 col"),
    (b"[" * 1000, 400, "the body is not JSON in UTF-8: recursion limit exceeded at line 1 column"),
    (b"{}", 422, "the body: expected either text or words"),
    (b'{"words": [["a", ""]]}', 422, "words.0: Input should be a valid string; words.0.1: String sho"),
    (b'{"text": [' + b"0," * 400 + b"0]}", 422, "text: Input should be a valid string; text.0: Input should"),
    (b'{"text": "a", "id": 1}', 422, "id: Extra inputs are not permitted"),
    (b'{"text": ["a", "b", "c", "d"]}', 413, "4 texts; expected at most 3 per request"),
    (b'"' + b"a" * 10_000_000 + b'"', 413, "the body has more than 1,000 bytes; send fewer or sho"),
]


@pytest.mark.parametrize("body, status, message", BAD_REQUESTS)
def test_bad_requests_are_refused(client, body, status, message):
    answer = client.post("/entities", content=body)
    assert (answer.status_code, answer.json()["detail"][: len(message)]) == (status, message)
    assert client.post("/entities", json={"text": "Ada"}).json()["entities"]


class Held(Tagger):
    """A tagger that waits before it labels."""

    def tag(self, documents, **options):
        self.called.set()
        self.go.wait()
        if any(document.text == "secret" for document in documents):
            raise RuntimeError(documents[-1].text)
        self.calls.append(len(documents))
        return super().tag(documents, **options)


@pytest.fixture
def held(export):
    with Held(export) as tagger:
        tagger.go, tagger.called, tagger.calls = Event(), Event(), []
        yield tagger
        tagger.go.set()


def test_requests_over_the_limit_are_told_to_try_again_and_all_are_counted(held):
    with TestClient(create(held, Limits(requests=2))) as client, ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(client.post, "/entities", json={"words": WORDS}) for _ in range(2)]
        while "tagline_requests_in_progress 2.0" not in client.get("/metrics").text:
            pass
        refused = client.post("/entities", json={"text": "Ada"})
        healthy = client.get("/health")
        held.go.set()
        assert [answer.result().status_code for answer in waiting] == [200, 200]
        counted = client.get("/metrics").text.splitlines()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json() == {"detail": "2 requests are in progress; try again later"}
    assert healthy.json() == {"status": "ok", "backend": "onnx", "types": ["PER", "LOC"]}
    assert 'tagline_requests_total{path="/entities",status="503"} 1.0' in counted
    assert 'tagline_request_seconds_count{path="/entities"} 3.0' in counted
    assert {"tagline_words_total 4.0", "tagline_queue_requests 0.0", "tagline_requests_in_progress 0.0"} <= {*counted}


def test_request_that_waited_too_long_is_refused_and_not_labelled(held):
    with TestClient(create(held, Limits(seconds=2))) as client, ThreadPoolExecutor(1) as threads:
        first = threads.submit(client.post, "/", json={"inputs": "Ada"})
        held.called.wait()
        second = threads.submit(client.post, "/", json={"inputs": "Bo"})
        own, of_others = first.result(), second.result()
        held.go.set()
        assert client.post("/", json={"inputs": "Bo"}).status_code == 200
    assert (own.status_code, of_others.status_code, of_others.headers["Retry-After"]) == (503, 503, "1")
    assert own.json() == {"detail": "no answer within 2 seconds; send fewer or shorter texts"}
    assert "Retry-After" not in own.headers
    assert of_others.json() == {"detail": "no answer within 2 seconds, since others came before; try again later"}
    assert len(held.calls) == 2


def test_request_whose_batch_would_begin_late_is_refused(held, monkeypatch):
    async def run():
        batcher = Batcher(held, lambda words: None, seconds=10)
        async with batcher.running():
            first = asyncio.create_task(batcher.label(["a" * FULL]))
            await asyncio.to_thread(held.called.wait)
            second = asyncio.create_task(batcher.label(["Bo"]))
            await asyncio.sleep(0)
            monkeypatch.setattr(batching, "monotonic", lambda: monotonic() + 9)
            held.go.set()
            return await asyncio.gather(first, second, return_exceptions=True)

    labelled, refused = asyncio.run(run())
    assert isinstance(refused, TimeoutError) and labelled[0]["entities"] == []


def test_requests_that_arrive_together_are_one_batch_and_fail_alone(held):
    async def together(*requests):
        batcher = Batcher(held, lambda words: None)
        async with batcher.running():
            return await asyncio.gather(*map(batcher.label, requests), return_exceptions=True)

    held.go.set()
    requests = [*([f"Ada {'lives in ' * number}Oslo"] for number in range(12)), [WORDS, "Bo"], []]
    alone = [asyncio.run(together(request))[0] for request in requests]
    held.calls.clear()
    assert asyncio.run(together(*requests)) == alone
    assert held.calls == [14]
    *others, failed = asyncio.run(together(*requests, ["secret"]))
    assert others == alone
    assert isinstance(failed, RuntimeError)


def test_log_of_a_failure_does_not_quote_the_text(held, caplog):
    held.go.set()
    with TestClient(create(held, Limits())) as client:
        answer = client.post("/entities", json={"text": "secret"})
    assert (answer.status_code, answer.json()) == (500, {"detail": "internal error; see the service's log"})
    (logged,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert logged.endswith("RuntimeError") and __file__ in logged
    assert "secret" not in caplog.text


def test_schema_describes_requests_and_answers(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/", "/entities", "/health", "/metrics"}
    body = paths["/entities"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"text", "words"}
    assert client.get("/docs").status_code == 404, "FastAPI's page loads scripts from another host"
    assert client.head("/health").status_code == 200, "load balancers may ask for the head"


def test_only_own_names_are_served(tagger):
    with TestClient(create(tagger, Limits(), names("127.0.0.1", ["*.example"]))) as client:
        hosts = "localhost:8080", "127.0.0.1", "[::1]:1", "own.example", "site.test", "localhost/x?y#"
        asked = [client.post("/entities", json={"text": "a"}, headers={"Host": name}).status_code for name in hosts]
    assert asked == [200, 200, 200, 200, 400, 400]
    assert names("::", []) == names("0.0.0.0", []) == ["*"]
    assert "*" not in names("0.0.0.0", ["own.example"])
