"""The service: its answers, what it refuses and with which message, and what it counts."""

import asyncio
import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any

import pytest
from fastapi.testclient import TestClient
from helpers.handmade_export import add_reference, save_export

from tagline.inference import AnyTagger, Document, Tagger, Taggers
from tagline.tools.answers.notations import json_line
from tagline.tools.serving import batching
from tagline.tools.serving.batching import FULL, Batcher, Input
from tagline.tools.serving.limits import Limits
from tagline.tools.serving.server import names
from tagline.tools.serving.service import create

TEXT, WORDS = "😀 Ada Lind lives in Oslo.", ["Bo", "lives"]


@pytest.fixture
def client(tagger):
    with TestClient(create(tagger, Limits(bytes=1000, texts=3))) as client:
        yield client


def line(tagger: AnyTagger, given: str | list[str]):
    """What `tagline predict` writes for an input."""
    document = tagger.document(given) if isinstance(given, str) else Document.of_words(given)
    return json.loads(json_line(document, tagger.tag([document])[0]))


BODIES = [{"text": given} for given in (TEXT, "", [TEXT, "", "no entity"], [])]
BODIES += [{"words": given} for given in (WORDS, [], [WORDS, [], ["\u200b"]])]


@pytest.mark.parametrize("body", BODIES)
def test_answers_are_what_predict_writes_as_json_lines(client, tagger, body):
    answer = client.post("/entities", json=body)
    (given,) = body.values()
    several = isinstance(given, list) and (given != WORDS and body != {"words": []})
    expected = [line(tagger, each) for each in given] if several else line(tagger, given)
    assert (answer.status_code, answer.json()) == (200, expected)


def test_entities_of_several_taggers_have_layers(tagger):
    several = Taggers({"a": tagger, "b": tagger})
    with TestClient(create(several, Limits())) as client:
        answer = client.post("/entities", json={"text": TEXT}).json()
        assert "a, b" in client.get("/").text
    assert answer == line(several, TEXT)
    assert [each["layer"] for each in answer["entities"]] == ["a", "b", "a", "b"]


def test_other_interface_is_that_of_hugging_face(client):
    """Its own client asks for one text in tests/test_serve.py."""
    body = {"inputs": [TEXT, ""], "parameters": {"aggregation_strategy": "simple"}, "options": {}}
    found = client.post("/", json=body).json()
    assert [[each["word"] for each in of_text] for of_text in found] == [["Ada Lind", "Oslo"], []]


def test_metrics_estimate_f1_of_the_latest_texts(tmp_path):
    folder = add_reference(save_export(tmp_path / "export"))
    with Tagger(folder) as tagger, TestClient(create(tagger, Limits())) as client:
        assert 'tagline_expected_f1{layer="ner"} NaN' in client.get("/metrics").text
        client.post("/entities", json={"text": "Ada Lind lives in Oslo."})
        metrics = client.get("/metrics").text
    assert 'tagline_expected_f1{layer="ner"} 0.930' in metrics
    assert 'tagline_test_f1{layer="ner"} 0.8' in metrics


BAD_REQUESTS = [
    ("/entities", b'{"text": "a', 400, "the body is not JSON in UTF-8: EOF while parsing a string at line 1 col"),
    ("/entities", b"[" * 1000, 400, "the body is not JSON in UTF-8: recursion limit exceeded at line 1 column"),
    ("/entities", b"{}", 422, "the body: expected either text or words"),
    ("/entities", b'{"words": [["a", ""]]}', 422, "words.0: Input should be a valid string; words.0.1: String sho"),
    (
        "/entities",
        b'{"text": [' + b"0," * 400 + b"0]}",
        422,
        "text: Input should be a valid string; text.0: Input should",
    ),
    ("/entities", b'{"text": "a", "id": 1}', 422, "id: Extra inputs are not permitted"),
    ("/entities", b'{"text": ["a", "b", "c", "d"]}', 413, "4 texts; expected at most 3 per request"),
    ("/entities", b'"' + b"a" * 10_000_000 + b'"', 413, "the body has more than 1,000 bytes; send fewer or sho"),
    (
        "/",
        b'{"inputs": "a", "parameters": {"aggregation_strategy": "none"}}',
        422,
        "parameters.aggregation_strategy: Input should be 'simple', ",
    ),
]


@pytest.mark.parametrize(("path", "body", "status", "message"), BAD_REQUESTS)
def test_bad_requests_are_refused(client, path, body, status, message):
    answer = client.post(path, content=body)
    assert (answer.status_code, answer.json()["detail"][: len(message)]) == (status, message)
    assert client.post("/entities", json={"text": "Ada"}).json()["entities"]


class Held(Tagger):
    """A tagger that waits before it labels."""

    def tag(self, documents: Sequence[Document], **options: Any):
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
        refused = [answer.result() for answer in [first, threads.submit(client.post, "/", json={"inputs": "Bo"})]]
        held.go.set()
        assert client.post("/", json={"inputs": "Bo"}).status_code == 200
    late = "no answer within 2 seconds"
    own = (503, {"detail": f"{late}; send fewer or shorter texts"}, None)
    of_others = (503, {"detail": f"{late}, since others came before; try again later"}, "1")
    assert [(each.status_code, each.json(), each.headers.get("Retry-After")) for each in refused] == [own, of_others]
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


async def together(tagger: Tagger, *requests: list[Input]):
    batcher = Batcher(tagger, lambda words: None)
    async with batcher.running():
        return await asyncio.gather(*map(batcher.label, requests), return_exceptions=True)


def test_requests_that_arrive_together_are_one_batch_and_fail_alone(held):
    held.go.set()
    requests: list[list[Input]] = [[f"Ada {'lives in ' * number}Oslo"] for number in range(12)]
    requests += [[WORDS, "Bo"], []]
    alone = [asyncio.run(together(held, request))[0] for request in requests]
    held.calls.clear()
    assert asyncio.run(together(held, *requests)) == alone
    assert held.calls == [14]
    *others, failed = asyncio.run(together(held, *requests, ["secret"]))
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
    schema = client.get("/openapi.json").json()
    assert set(schema["paths"]) == {"/", "/entities", "/health", "/metrics"}
    body = schema["paths"]["/entities"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"text", "words"}
    assert client.get("/docs").status_code == 404, "FastAPI's page loads scripts from another host"


def test_only_own_names_are_served(tagger):
    with TestClient(create(tagger, Limits(), names("127.0.0.1", ["*.example"]))) as client:
        hosts = "localhost:8080", "127.0.0.1", "[::1]:1", "own.example", "site.test", "localhost/x?y#"
        asked = [client.post("/entities", json={"text": "a"}, headers={"Host": name}).status_code for name in hosts]
    assert asked == [200, 200, 200, 200, 400, 400]
    assert names("::", []) == names("0.0.0.0", []) == ["*"]
    assert "*" not in names("0.0.0.0", ["own.example"])


def test_load_balancers_may_ask_for_the_head(client):
    assert client.head("/health").status_code == 200
