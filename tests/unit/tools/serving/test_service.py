"""The service: its answers, what it refuses and with which message, and what it counts."""

import json
import logging

import pytest
from fastapi.testclient import TestClient
from helpers.handmade_export import add_reference, save_export

from tagline.inference import Document, Tagger
from tagline.tools.answers.notations import json_line
from tagline.tools.serving.server import names
from tagline.tools.serving.service import create

TEXT, WORDS = "😀 Ada Lind lives in Oslo.", ["Bo", "lives"]
GIVEN = {"text": [TEXT, "", "no entity"], "words": [WORDS, [], ["\u200b"]]}


@pytest.fixture
def client(tagger):
    with TestClient(create(tagger)) as client:
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
    with Tagger(folder) as tagger, TestClient(create(tagger)) as client:
        assert "tagline_expected_f1 NaN" in client.get("/metrics").text
        client.post("/entities", json={"text": "Ada Lind lives in Oslo."})
        metrics = client.get("/metrics").text
    for value in ("tagline_expected_f1 0.930", "tagline_test_f1 0.8"):
        assert value in metrics


TOO_LONG = json.dumps({"text": ["a" * 2**17, "b" * 2**17, "c"]}).encode()
BAD_REQUESTS = [
    (b'{"text": "a', 422, "the body is not JSON (character 9)"),
    (b'"\xff"', 400, "There was an error parsing the body"),
    (b"{}", 422, "the body: expected either text or words"),
    (b'{"words": [["a", ""]]}', 422, "words.0: Input should be a valid string; words.0.1: String sho"),
    (b'{"text": [' + b"0," * 400 + b"0]}", 422, "text: Input should be a valid string; text.0: Input should"),
    (b'{"text": "a", "id": 1}', 422, "id: Extra inputs are not permitted"),
    (json.dumps({"text": ["a"] * 1001}).encode(), 422, "text: Input should be a valid string; text: List should have"),
    (TOO_LONG, 422, "the body: 262,145 characters; expected at most 262,144 per request"),
    (b'{"text": "\\ud800"}', 422, "text: character 0 is '\\ud800', a lone surrogate"),
]


@pytest.mark.parametrize("body, status, message", BAD_REQUESTS)
def test_bad_requests_are_refused(client, body, status, message):
    answer = client.post("/entities", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"][: len(message)]) == (status, message)
    assert client.post("/entities", json={"text": "Ada"}).json()["entities"]


def test_all_are_counted(client):
    for path, body in (("/entities", {"words": WORDS}), ("/entities", {"text": 3}), ("/", {"inputs": "Ada"})):
        client.post(path, json=body)
    client.get("/any")
    assert client.get("/health").json() == {"status": "ok", "backend": "onnx", "types": ["PER", "LOC"]}
    counted = {*client.get("/metrics").text.splitlines()}
    answered = {"/entities": (200, 422), "/": (200,), "/health": (200,), "other": (404,)}
    for path, statuses in answered.items():
        assert f'tagline_request_seconds_count{{path="{path}"}} {len(statuses)}.0' in counted
        for status in statuses:
            assert f'tagline_requests_total{{path="{path}",status="{status}"}} 1.0' in counted
    assert "tagline_words_total 3.0" in counted


def test_log_of_a_failure_does_not_quote_the_text(client, tagger, monkeypatch, caplog):
    def fail(documents):
        raise RuntimeError(documents[-1].text)

    monkeypatch.setattr(tagger, "tag", fail)
    answer = client.post("/entities", json={"text": "secret"})
    assert (answer.status_code, answer.json()) == (500, {"detail": "internal error; see the service's log"})
    (logged,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert logged.endswith("RuntimeError") and __file__ in logged
    assert "secret" not in caplog.text


def test_schema_describes_requests_and_answers(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/", "/entities", "/health", "/metrics"}
    body = paths["/entities"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Texts"}
    assert client.get("/docs").status_code == 404, "FastAPI's page loads scripts from another host"
    assert client.head("/health").status_code == 200, "load balancers may ask for the head"


def test_only_own_names_are_served(tagger):
    with TestClient(create(tagger, names("127.0.0.1"))) as client:
        hosts = "localhost:8080", "127.0.0.1", "[::1]:1", "site.test", "localhost/x?y#"
        asked = [client.post("/entities", json={"text": "a"}, headers={"Host": name}).status_code for name in hosts]
    assert asked == [200, 200, 200, 400, 400]
    assert names("::") == names("0.0.0.0") == ["*"]
