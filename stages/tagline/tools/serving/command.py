"""The command `tagline-serve`, and serve.py in a clone."""

from __future__ import annotations

from tagline.core.errors import exit_with_message
from tagline.core.startup import prepare_process


def run() -> None:
    """Run the program, and exit with its status."""
    prepare_process()

    def serve() -> None:
        from tagline.tools.serving.program import main  # after that, since its libraries take a while to import

        main()

    exit_with_message(serve)
