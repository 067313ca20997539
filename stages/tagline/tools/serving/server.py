"""The server: opens the port, loads the model, answers requests until a signal."""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType

import uvicorn

from tagline.core.errors import UserError, show
from tagline.core.signals import Interrupted
from tagline.inference import AnyTagger
from tagline.tools.serving.limits import Limits
from tagline.tools.serving.service import create
from tagline.tools.texts.options import open_taggers

# Seconds that an idle connection is kept, longer than load balancers usually keep it.
KEPT = 75
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "serve: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "short"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def run(options: argparse.Namespace, limits: Limits) -> None:
    """Load models and answer requests until SIGTERM or Ctrl-C.

    Args:
        options: of the command.
        limits: of each request.

    Raises:
        UserError: see `listening` and `open_taggers`.
    """
    with listening(options.host, options.port) as listener, open_taggers(options) as tagger:
        tagger.split("")  # warns, or raises an error if the library that splits words is not installed
        host, port = listener.getsockname()[:2]
        opened = ", ".join(f"{each.folder} ({each.backend})" for each in tagger.layers.values())
        show(f"serve: {opened} at http://{f'[{host}]' if ':' in host else host}:{port}")
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


def serve(tagger: AnyTagger, limits: Limits, listener: socket.socket, hosts: Sequence[str]) -> None:
    """Answer requests until SIGTERM or Ctrl-C; exits with status 0 then."""
    app, seconds = create(tagger, limits, hosts), 2 * limits.seconds
    config = uvicorn.Config(app, log_config=LOGGING, access_log=False, server_header=False, ws="none")
    config.timeout_keep_alive, config.timeout_graceful_shutdown = KEPT, seconds
    try:
        Server(config).run([listener])
    except Interrupted:  # uvicorn raises the signal again when it has ended
        sys.exit()
