"""The server: loads the model, opens the port, answers requests until a signal."""

import argparse
import socket
import sys

import uvicorn

from tagline.terminal import Interrupted, UserError, show
from tagline.tools.serving.service import create
from tagline.tools.texts.options import open_tagger

# Requests in progress; uvicorn answers others with status 503.
MOST_REQUESTS = 256
# Seconds that an idle connection is kept, longer than load balancers usually keep it; and that the end may take.
KEPT, END = 75, 60
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "serve: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "short"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def run(options: argparse.Namespace) -> None:
    """Load the model and answer requests until SIGTERM or Ctrl-C; exits with status 0 then.

    Raises:
        UserError: see `listening` and `open_tagger`.
    """
    with open_tagger(options) as tagger:
        tagger.split("")  # warns, or raises an error if the library that splits words is not installed
        config = uvicorn.Config(
            create(tagger, names(options.host)),
            options.host,
            options.port,
            log_config=LOGGING,
            access_log=False,
            server_header=False,
            ws="none",
            limit_concurrency=MOST_REQUESTS,
            timeout_keep_alive=KEPT,
            timeout_graceful_shutdown=END,
        )
        try:
            Server(config, f"{tagger.folder} ({tagger.backend})").run()
        except Interrupted:  # uvicorn raises the signal again when it has ended
            sys.exit()


def names(host: str) -> list[str]:
    """The names that clients may call the service by, so that a web page whose name leads here (DNS rebinding) can't.

    Args:
        host: the address; if it stands for all addresses, any name is allowed.
    """
    if host in ("", "0.0.0.0", "::"):
        return ["*"]
    return ["localhost", "127.0.0.1", "[::1]", in_url(host), socket.gethostname()]


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
    return listener


class Server(uvicorn.Server):
    """A server that says where it listens.

    Args:
        model: what is served, for that line.
    """

    def __init__(self, config: uvicorn.Config, model: str) -> None:
        super().__init__(config)
        self._model = model

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, now that signals are handled, and say so."""
        listener = listening(self.config.host, self.config.port)
        await super().startup([listener])
        host, port = listener.getsockname()[:2]
        show(f"serve: {self._model} at http://{in_url(host)}:{port}")
