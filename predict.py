"""Find entities in text with the exported model: `tagline.tools.predict.program`, installed as `tagline-predict`."""

import sys

try:
    from tagline.tools.predict.command import run
except ModuleNotFoundError as error:
    sys.exit(
        f"predict: the package {error.name} is not installed; `make install` sets up .venv, "
        "`source .venv/bin/activate` activates it"
    )

if __name__ == "__main__":
    run()
