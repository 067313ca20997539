"""`tagline serve` as a process: a real client, its end, and its messages."""

import json
import signal
import socket
import urllib.request

import pytest
from helpers.project import ROOT, exit_of
from helpers.serving import served
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from tagline.tools.serving.server import listening

TEXT = "Ada Lind lives in Oslo."
BODY = json.dumps({"text": TEXT}).encode()
HEAD = f"POST /entities HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()


@pytest.fixture(scope="module")
def service(export):
    with served(export) as service:
        yield service


def connected(service, sent):
    connection = socket.create_connection(("127.0.0.1", service.port))
    connection.sendall(sent)
    return connection


def test_inference_client_of_hugging_face_works_unchanged(service, online):
    for client in (InferenceClient(base_url=service.url), InferenceClient(model=f"{service.url}/", timeout=20)):
        found = client.token_classification(TEXT)
        assert [(each.entity_group, each.word, each.start, each.end, each.score) for each in found] == [
            ("PER", "Ada Lind", 0, 8, 0.9),
            ("LOC", "Oslo", 18, 22, 0.9),
        ]
        assert client.token_classification(TEXT, aggregation_strategy="first") == found
        with pytest.raises(HfHubHTTPError, match="422"):
            client.token_classification(TEXT, stride=3)


def test_sigterm_right_after_the_service_says_its_address_ends_it_with_status_0(export):
    with served(export):
        pass


def test_requests_in_progress_are_finished_after_sigterm(export):
    with served(export) as service:
        with connected(service, HEAD + BODY[:5]) as connection, connection.makefile() as file:
            urllib.request.urlopen(f"{service.url}/health").close()  # after which the service has taken the connection
            service.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionError):  # refused, or reset on its way
                while True:
                    connected(service, b"").close()
            connection.sendall(BODY[5:])
            answer = file.read()
        assert answer.startswith("HTTP/1.1 200 ") and answer.endswith("]}")


def test_messages(export):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = "Address already in use; expected a free port of this machine: --host, --port"
        assert exit_of("serve", f"--port={port}", f"--model={export}") == f"serve: 127.0.0.1:{port}: {message}"
    unknown = exit_of("serve", "--port=0", "--host=nowhere.invalid", f"--model={export}")
    assert str(unknown).startswith("serve: nowhere.invalid:0: ")
    assert exit_of("serve", "--port=65536") == 2


def test_answers_do_not_wait_for_the_client_to_confirm_their_head():
    with listening("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(("options", "port"), [("", 8080), ("\0--port\x009000", 9000), ("\0--port=9000", 9000)])
def test_health_check_of_the_image_asks_the_port_that_is_served(options, port, tmp_path, monkeypatch):
    (line,) = [each for each in (ROOT / "Dockerfile").read_text().splitlines() if each.startswith("HEALTHCHECK")]
    (tmp_path / "cmdline").write_text(f"/venv/bin/python\0/venv/bin/tagline\0serve\0--model\0/model{options}\0")
    asked = []
    monkeypatch.setattr(urllib.request, "urlopen", asked.append)
    exec(json.loads(line.partition(" CMD ")[2])[2].replace("/proc/1", str(tmp_path)), {})
    assert asked == [f"http://127.0.0.1:{port}/health"]
