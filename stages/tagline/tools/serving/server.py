"""The server: loads the model, opens the port, answers requests until a signal."""

import argparse
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

import uvicorn

from tagline.terminal import Interrupted, UserError, show
from tagline.tools.serving.limits import Limits
from tagline.tools.serving.service import create
from tagline.tools.texts.options import open_taggers

# Seconds that an idle connection is kept, longer than load balancers usually keep it.
KEPT = 75
# Open files that are not connections, at most.
OTHER_FILES = 64
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "serve: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "short"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def run(options: argparse.Namespace, limits: Limits) -> None:
    """Load models and answer requests until SIGTERM or Ctrl-C; exits with status 0 then.

    Args:
        options: of the command.
        limits: of each request.

    Raises:
        UserError: see `listening` and `open_taggers`.
    """
    with open_taggers(options) as tagger:
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
            limit_concurrency=most_connections(),
            timeout_keep_alive=KEPT,
            timeout_graceful_shutdown=2 * limits.seconds,
        )
        models = ", ".join(f"{layer.folder} ({layer.backend})" for layer in tagger.layers.values())
        try:
            Server(config, models).run()
        except Interrupted:  # uvicorn raises the signal again when it has ended
            sys.exit()


def names(host: str, others: Sequence[str]) -> list[str]:
    """The names that clients may call the service by, so that a web page whose name leads here (DNS rebinding) can't.

    Args:
        host: the address; the names of all addresses are not known, so any is allowed unless others are given.
        others: given by the user.
    """
    if host in ("", "0.0.0.0", "::") and not others:
        return ["*"]
    return ["localhost", "127.0.0.1", "[::1]", in_url(host), socket.gethostname(), *others]


def in_url(host: str) -> str:
    """A host as URLs contain it, IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


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


def most_connections() -> int | None:
    """Raise the limit of open files as far as it goes; the connections that it allows, None if that is not known."""
    with suppress(ImportError, ValueError):  # Windows has no such limit; of macOS the highest may be refused
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        if most > OTHER_FILES:
            return most - OTHER_FILES
    return None


class Server(uvicorn.Server):
    """A server that says where it listens.

    Args:
        config: of uvicorn.
        models: what is served, for the line that says so.
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
