"""The server: loads the model, opens the port, answers requests until a signal."""

import argparse
import asyncio
import logging
import math
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tagline.terminal import Interrupted, UserError, show
from tagline.tools.serving.limits import Limits
from tagline.tools.serving.service import create
from tagline.tools.texts.options import open_tagger

# Seconds that an idle connection is kept, longer than load balancers usually keep it.
KEPT = 75
# Files that may be opened beside connections.
OTHER_FILES = 16
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "serve: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "short"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def run(options: argparse.Namespace, limits: Limits) -> None:
    """Load the model and answer requests until SIGTERM or Ctrl-C; exits with status 0 then.

    Raises:
        UserError: see `listening` and `open_tagger`.
    """
    with open_tagger(options) as tagger:
        tagger.split("")  # warns, or raises an error if the library that splits words is not installed
        app = create(tagger, limits, names(options.host, options.hosts))
        config = uvicorn.Config(
            app,
            options.host,
            options.port,
            log_config=LOGGING,
            access_log=False,
            server_header=False,
            ws="none",
            loop="asyncio",  # which accepts connections by `Listener`
            http=connections_of(limits.seconds),
            timeout_keep_alive=KEPT,
            timeout_graceful_shutdown=2 * limits.seconds,
        )
        try:
            Server(config, f"{tagger.folder} ({tagger.backend})").run()
        except Interrupted:  # uvicorn raises the signal again when it has ended
            sys.exit()


def names(host: str, others: Sequence[str]) -> list[str]:
    """The names that clients may call the service by, so that a web page whose name leads here (DNS rebinding) can't.

    Args:
        host: the address; if it stands for all addresses, any name is allowed unless others are given.
    """
    if host in ("", "0.0.0.0", "::") and not others:
        return ["*"]
    return ["localhost", "127.0.0.1", "[::1]", in_url(host), socket.gethostname(), *others]


def in_url(host: str) -> str:
    """A host as in URLs, IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def listening(host: str, port: int) -> socket.socket:
    """Open the port.

    Raises:
        UserError: it is in use or may not be used, or the host is not this machine.
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
    return Listener(listener.detach())


class Listener(socket.socket):
    """A socket that closes new connections once open files are nearly used up."""

    has_refused = False

    def __init__(self, number: int) -> None:
        super().__init__(fileno=number)
        self._most = most_files() - OTHER_FILES

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        if connection.fileno() < self._most:  # the lowest free number
            return connection, address
        connection.close()
        if not self.has_refused:
            self.has_refused = True
            logging.getLogger(__name__).warning("too many connections for `ulimit -n`: some are refused from now on")
        raise BlockingIOError  # as if nobody had asked


def most_files() -> float:
    """Raise the limit of open files as far as possible, and return it."""
    with suppress(ImportError, ValueError):  # Windows has no such limit; of macOS the highest may be refused
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return most
    return math.inf


def connections_of(seconds: float) -> type[asyncio.Protocol]:
    """Connections that must ask something within some seconds.

    uvicorn limits requests, not a client that never ends its first one.
    """

    class Connection(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.loop.call_later(seconds, self._end_if_silent)

        def _end_if_silent(self) -> None:
            if not self.cycle:  # of a request and its answer
                self.transport.abort()

    return Connection


class Server(uvicorn.Server):
    """A server that says where it listens.

    Args:
        models: what is served, for that line.
    """

    def __init__(self, config: uvicorn.Config, models: str) -> None:
        super().__init__(config)
        self._models = models

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, now that signals are handled, and say so."""
        listener = listening(self.config.host, self.config.port)
        await super().startup([listener])
        host, port = listener.getsockname()[:2]
        show(f"serve: {self._models} at http://{in_url(host)}:{port}")
