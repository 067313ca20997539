"""Serve the exported model over HTTP: `tagline.tools.serving.program`, installed as `tagline-serve`."""

import sys

try:
    from tagline.tools.serving.command import run
except ModuleNotFoundError as error:
    sys.exit(
        f"serve: the package {error.name} is not installed; `make install` sets up .venv, "
        "`source .venv/bin/activate` activates it"
    )

if __name__ == "__main__":
    run()
