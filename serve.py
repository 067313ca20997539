"""Serve the exported model over HTTP; `python serve.py --help` lists addresses and options."""

from __future__ import annotations

import sys

try:
    from tagline.core.startup import prepare_process

    if __name__ == "__main__":
        prepare_process()

    from tagline.core.errors import exit_with_message
    from tagline.tools.serving.program import main
except ModuleNotFoundError as error:
    sys.exit(
        f"serve: the package {error.name} is not installed; `make install` sets up .venv, "
        "`source .venv/bin/activate` activates it"
    )

if __name__ == "__main__":
    exit_with_message(main)
