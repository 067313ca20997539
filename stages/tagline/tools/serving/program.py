"""Serve the exported model over HTTP.

    tagline serve
    tagline serve --model models/export --host 0.0.0.0 --port 8080

    curl localhost:8080/entities --json '{"text": "She moved from Oslo to Paris."}'
    curl localhost:8080/entities --json '{"text": ["one text", "another"]}'
    curl localhost:8080/entities --json '{"words": ["She", "moved", "to", "Rome"]}'

The answer is what `tagline predict` writes as JSON Lines; a list gets a list. Other addresses:

    GET  /              a page to try the model
    POST /              as Hugging Face's inference API: InferenceClient(URL).token_classification(TEXT)
    GET  /health        status 200 while requests are taken
    GET  /metrics       requests, words, seconds, and the estimated F1 of the latest texts for Prometheus
    GET  /openapi.json  the schema of all these

SIGTERM and Ctrl-C finish the requests in progress. No text is logged.
"""

import argparse
from collections.abc import Sequence

from tagline.terminal import ArgumentParser, show_warnings
from tagline.tools.texts.options import add_model, add_no_split, add_types


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    from tagline.tools.serving.server import run  # here, since --help need not wait for libraries

    show_warnings()
    run(options)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    add_model(parser)
    add_types(parser)
    add_no_split(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=port_number, default=8080, help="0 for any free one (default: %(default)s)")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    if not text.isdecimal() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)
