"""The service: routes, metrics and the page. No text of a request is logged."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.middleware.trustedhost import TrustedHostMiddleware

from tagline.inference import Document, Tagger
from tagline.labels import type_grounds
from tagline.report.html_files import FOLDER, render_file
from tagline.terminal import UserError, show
from tagline.tools.answers.notations import own_row, predictions
from tagline.tools.estimation.observation import Observation
from tagline.tools.serving.bodies import InferenceInputs, Input, Texts, described, entity_groups

# Words of the latest texts, about 1,000 sentences, of which F1 is estimated.
WINDOW = 20_000


def create(tagger: Tagger, hosts: Sequence[str] = ("*",)) -> FastAPI:
    """Make the ASGI application that serves a tagger, in a thread per request.

    Args:
        hosts: the names that clients may use in the header ``Host``; ``*``: any.
    """
    registry = CollectorRegistry()
    words = Counter("tagline_words", "Words labelled.", registry=registry)
    add_estimates(tagger, registry)
    # FastAPI's pages of documentation load scripts from another host, so there is only the schema.
    app = FastAPI(title="Tagline", version=version("tagline"), docs_url=None, redoc_url=None)
    add_counts(app, registry)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    folder = Path(__file__).parent
    shown = {
        "task": tagger.labels.task,
        "types": tagger.types,
        "grounds": type_grounds.css_classes(tagger.labels),
    }
    page = render_file(folder / "page.html", shown, FOLDER / "marks.js", folder / "page.js")

    def label(inputs: Sequence[Input]) -> list[dict[str, Any]]:
        documents = [tagger.document(each) if isinstance(each, str) else Document.of_words(each) for each in inputs]
        pairs = zip(documents, tagger.tag(documents), strict=True)
        answers = [own_row(document) | predictions(document, tagged) for document, tagged in pairs]
        words.inc(sum(len(document.words) for document in documents))
        return answers

    @app.get("/", include_in_schema=False)
    async def home() -> HTMLResponse:
        return HTMLResponse(page)

    @app.post("/entities")
    def entities(body: Texts) -> Any:
        """Find the entities of a text, of each of several texts, or of sentences that are split into words.

        The answer is what `tagline predict` writes as a line of JSON: the input with its entities, whose offsets count
        code points of the text, or words; of words also labels and scores.
        """
        inputs, several = body.given()
        answers = label(inputs)
        return JSONResponse(answers if several else answers[0])

    @app.post("/")
    def token_classification(body: InferenceInputs) -> Any:
        """Find entities as Hugging Face's inference API does, for `huggingface_hub.InferenceClient`."""
        inputs, several = body.given()
        answers = list(map(entity_groups, label(inputs)))
        return JSONResponse(answers if several else answers[0])

    @app.head("/health", include_in_schema=False)
    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Say that the service is ready, and with which model."""
        return {"status": "ok", "backend": tagger.backend, "types": tagger.types}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Give counts and times in Prometheus's format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return app


def add_counts(app: FastAPI, registry: CollectorRegistry) -> None:
    """Count requests and their seconds, and refuse what is malformed or fails, without a text in the log."""
    answered = Counter("tagline_requests", "Requests answered.", ["path", "status"], registry=registry)
    seconds = Histogram("tagline_request_seconds", "From request to answer.", ["path"], registry=registry)
    paths = {"/", "/entities", "/health", "/metrics"}

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": "; ".join(dict.fromkeys(described(error.errors())))}, 422)

    @app.exception_handler(UserError)
    async def refused(_: Request, error: UserError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 422)

    @app.middleware("http")
    async def counted(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        start = time.perf_counter()
        try:
            response = await answer(request)
        except Exception as error:  # whose message may quote a text
            calls = traceback.format_tb(error.__traceback__)
            logging.getLogger(__name__).error("".join([*calls, type(error).__name__]))
            response = JSONResponse({"detail": "internal error; see the service's log"}, 500)
        path = request.scope["path"]
        path = path if path in paths else "other"
        answered.labels(path, response.status_code).inc()
        seconds.labels(path).observe(time.perf_counter() - start)
        return response


def add_estimates(tagger: Tagger, registry: CollectorRegistry) -> None:
    """Add gauges of F1, of the latest `WINDOW` words and of test, if the model has a reference."""
    title = f"F1 estimated without labels, of the latest {WINDOW:,} words."
    if tagger.reference and tagger.types != tagger.labels.types:
        show("no tagline_expected_f1: what it is computed from is of all types; leave --types out to have it")
    elif tagger.reference:
        observation = Observation(tagger, WINDOW)
        Gauge("tagline_test_f1", "F1 of the test split.", registry=registry).set(observation.reference.f1)
        Gauge("tagline_expected_f1", title, registry=registry).set_function(observation.f1)
