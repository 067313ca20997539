"""Serve the exported model over HTTP.

    tagline serve
    tagline serve --model models/export --host 0.0.0.0 --port 8080

    curl localhost:8080/entities -d '{"text": "She moved from Oslo to Paris."}'
    curl localhost:8080/entities -d '{"text": ["one text", "another"]}'
    curl localhost:8080/entities -d '{"words": ["She", "moved", "to", "Rome"]}'

The answer is what `tagline predict` writes as JSON Lines; a list gets a list. Other addresses:

    GET  /              a page to try the model
    POST /              as Hugging Face's inference API: InferenceClient(URL).token_classification(TEXT)
    GET  /health        status 200 while requests are taken
    GET  /metrics       requests, words, seconds, queue, and the estimated F1 of the latest texts for Prometheus
    GET  /openapi.json  the schema of all these

SIGTERM and Ctrl-C finish the requests in progress. No text is logged.
"""

import argparse
from collections.abc import Sequence
from dataclasses import fields

from tagline.terminal import ArgumentParser, show_warnings
from tagline.tools.serving.limits import Limits
from tagline.tools.texts.options import add_model, add_no_split, add_types, natural


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    from tagline.tools.serving.server import run  # here, since --help need not wait for libraries

    show_warnings()
    limits = Limits(**{limit.name: getattr(options, f"max_{limit.name}") for limit in fields(Limits)})
    run(options, limits)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    add_model(parser)
    add_types(parser)
    add_no_split(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=port_number, default=8080, help="0 for any free one (default: %(default)s)")
    parser.add_argument(
        "--hosts",
        nargs="+",
        type=host_name,
        default=[],
        metavar="NAME",
        help="names that clients may call the service by (header Host) beside localhost, --host and the name of this "
        "machine, such as tagline.example.com; * for any (default: any if --host is 0.0.0.0, otherwise no others)",
    )
    for limit in fields(Limits):
        parser.add_argument(
            f"--max-{limit.name}",
            type=natural,
            default=limit.default,
            metavar="N",
            help=f"{limit.metadata['help']} (default: {limit.default:,})",
        )
    return parser.parse_args(arguments)


def host_name(text: str) -> str:
    """Convert the name of a host, or a pattern of such names."""
    if "*" in text.removeprefix("*.") and text != "*":
        raise argparse.ArgumentTypeError(f"expected a name, *.DOMAIN or *, got {text!r}")
    return text


def port_number(text: str) -> int:
    if not text.isdecimal() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)
