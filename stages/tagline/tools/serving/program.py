"""Serve the exported model over HTTP.

    python serve.py
    python serve.py --model models/export --host 0.0.0.0 --port 8080

    curl http://127.0.0.1:8080/entities -d '{"text": "She moved from Oslo to Paris."}'
    curl http://127.0.0.1:8080/entities -d '{"text": ["one text", "another"]}'
    curl http://127.0.0.1:8080/entities -d '{"words": ["She", "moved", "to", "Rome"]}'

The answer is what predict.py writes as JSON Lines; a list gets a list. Other addresses:

    GET  /              a page to try the model
    POST /              as Hugging Face's inference API: InferenceClient(URL).token_classification(TEXT)
    GET  /health        status 200 while requests are taken
    GET  /metrics       requests, words, seconds and queue for Prometheus
    GET  /openapi.json  the schema of all these

SIGTERM and Ctrl-C finish the requests in progress. No text is logged.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from types import FrameType

from tagline.core.errors import ArgumentParser, UserError, extra
from tagline.core.signals import Interrupted, defer_signals
from tagline.core.terminal import safe_message, show
from tagline.inference import Tagger
from tagline.tools.predict.options import add_model, add_no_split, check_model, natural

with extra("serve", "the service"):
    import uvicorn

    from tagline.tools.serving.service import Limits, create

# Seconds that an idle connection is kept, longer than load balancers usually keep it.
KEPT = 75
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "serve: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "short"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    check_model(options.model)
    warnings.formatwarning = lambda message, *_: safe_message(f"serve: {message}\n")
    limits = Limits(**{each.name: getattr(options, f"max_{each.name}") for each in fields(Limits)})
    with listening(options.host, options.port) as listener:
        with defer_signals():  # a signal during the import of an extension module would become an ImportError
            tagger = Tagger(options.model, options.backend, split_sentences=options.split_sentences)
        with tagger:
            tagger.split("")  # warns, or raises an error if the library that splits words is not installed
            host, port = listener.getsockname()[:2]
            show(f"serve: {options.model} ({tagger.backend}) at http://{f'[{host}]' if ':' in host else host}:{port}")
            serve(tagger, limits, listener, names(options.host, options.hosts))


def names(host: str, others: Sequence[str]) -> list[str]:
    """The names that clients may call the service by, so that a web page whose name leads here (DNS rebinding) can't.

    Args:
        host: the address; the names of all addresses are not known, so any is allowed unless others are given.
        others: given by the user.
    """
    if host in ("", "0.0.0.0", "::") and not others:
        return ["*"]
    own = f"[{host}]" if ":" in host else host
    return ["localhost", "127.0.0.1", "[::1]", own, socket.gethostname(), *others]


def listening(host: str, port: int) -> socket.socket:
    """Open the port.

    Raises:
        UserError: it is in use or may not be used, or the host is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]  # Python repeats the address in brackets
        raise UserError(f"{host}:{port}: {reason}; expected a free port of this machine: --host, --port") from None
    # Connections inherit it. asyncio sets it only for sockets that name their protocol; without it, the body of an
    # answer, which is written after the head, waits up to 40 ms for the client to confirm the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Server(uvicorn.Server):
    """A server that finishes the requests in progress after a signal, and gives them up after Ctrl-C again."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit and sig == signal.SIGINT:
            os._exit(128 + sig)
        super().handle_exit(sig, frame)


def serve(tagger: Tagger, limits: Limits, listener: socket.socket, hosts: Sequence[str]) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    config = uvicorn.Config(
        create(tagger, limits, hosts),
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=KEPT,
        timeout_graceful_shutdown=2 * limits.seconds,
    )
    with suppress(Interrupted):  # uvicorn raises the signal again when it has ended
        Server(config).run([listener])


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_model(parser)
    add_no_split(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=port_number, default=8080, help="0 for any free one (default: %(default)s)")
    parser.add_argument(
        "--hosts",
        nargs="+",
        type=host_name,
        default=[],
        metavar="NAME",
        help="names that clients may call the service by (header Host) beside localhost, --host and the name of this "
        "machine, such as tagline.example.com; * for any (default: any if --host is 0.0.0.0, otherwise no others)",
    )
    for each in fields(Limits):
        about = f"{each.metadata['help']} (default: {each.default:,})"
        parser.add_argument(f"--max-{each.name}", type=natural, default=each.default, metavar="N", help=about)
    return parser.parse_args(arguments)


def host_name(text: str) -> str:
    """Convert an argument that is a name of a host, or a pattern of such names."""
    if "*" in text.removeprefix("*.") and text != "*":
        raise argparse.ArgumentTypeError(f"expected a name, *.DOMAIN or *, got {text!r}")
    return text


def port_number(text: str) -> int:
    """Convert an argument that is the number of a port."""
    if not text.isdecimal() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)
