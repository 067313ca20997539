"""Write params.schema.json, by which editors complete, explain and check params.yaml and presets.

python stages/schema.py
"""

from __future__ import annotations

from tagline.core.startup import prepare_process

if __name__ == "__main__":
    prepare_process()

from tagline.core.errors import exit_with_message, take_no_arguments
from tagline.tools.settings.checks import SCHEMA, schema_text


def main() -> None:
    take_no_arguments(__doc__)
    SCHEMA.write_text(schema_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    exit_with_message(main)
