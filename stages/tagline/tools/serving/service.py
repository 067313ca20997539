"""The service: routes, limits, metrics and the page. No text of a request is logged."""

import json
import logging
import time
import traceback
from asyncio import timeout
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import ValidationError
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect

from tagline.inference import Tagger
from tagline.labels import type_grounds
from tagline.report.html_files import FOLDER, render_file
from tagline.terminal import show
from tagline.tools.estimation.observation import Observation
from tagline.tools.serving.batching import Batcher, BusyError
from tagline.tools.serving.bodies import EntityGroup, InferenceInputs, Tagged, Texts
from tagline.tools.serving.limits import Limits

# Words of the latest texts, about 1,000 sentences, of which F1 is estimated.
WINDOW = 20_000
VERSION = version("tagline")


def create(tagger: Tagger, limits: Limits, hosts: Sequence[str] = ("*",)) -> FastAPI:
    """Make the ASGI application that serves a tagger.

    Args:
        limits: beyond which a request is refused.
        hosts: the names that clients may use in the header ``Host``; ``*``: any.
    """
    handler = RequestHandler(tagger, limits)
    folder = Path(__file__).parent
    shown = {
        "task": tagger.labels.task,
        "types": tagger.types,
        "grounds": type_grounds.css_classes(tagger.labels),
    }
    page = render_file(folder / "page.html", shown, FOLDER / "marks.js", folder / "page.js")

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with handler.batcher.running():
            yield

    # FastAPI's pages of documentation load scripts from another host, so there is only the schema.
    app = FastAPI(title="Tagline", version=VERSION, docs_url=None, redoc_url=None, lifespan=running)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)

    @app.get("/", include_in_schema=False)
    async def home() -> HTMLResponse:
        return HTMLResponse(page)

    @app.post("/entities", response_model=Tagged | list[Tagged], openapi_extra=described(Texts))
    async def entities(request: Request) -> Response:
        """Find the entities of a text, of each of several texts, or of sentences that are split into words."""
        return await handler.answer(request, Texts)

    @app.post("/", response_model=list[EntityGroup] | list[list[EntityGroup]], openapi_extra=described(InferenceInputs))
    async def token_classification(request: Request) -> Response:
        """Find entities as Hugging Face's inference API does, for `huggingface_hub.InferenceClient`."""
        return await handler.answer(request, InferenceInputs)

    @app.head("/health", include_in_schema=False)
    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Say that the service is ready, and with which model."""
        return {"status": "ok", "backend": tagger.backend, "types": tagger.types}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Give counts and times in Prometheus's format."""
        return Response(generate_latest(handler.registry), media_type=CONTENT_TYPE_LATEST)

    return app


def described(interface: type[Texts | InferenceInputs]) -> dict[str, Any]:
    """The OpenAPI schema of a request's body."""
    schema = interface.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


class RequestHandler:
    """Receives requests, within limits, answers them, and counts.

    Attributes:
        batcher: calls the tagger; it must be running.
        registry: the metrics.
    """

    def __init__(self, tagger: Tagger, limits: Limits) -> None:
        self._limits = limits
        self._requests = 0
        self.registry = registry = CollectorRegistry()
        self._answered = Counter("tagline_requests", "Requests answered.", ["path", "status"], registry=registry)
        self._seconds = Histogram("tagline_request_seconds", "From request to answer.", ["path"], registry=registry)
        words = Counter("tagline_words", "Words labelled.", registry=registry)
        self.batcher = Batcher(tagger, words.inc, limits.seconds)
        queue = Gauge("tagline_queue_requests", "Requests that wait for a batch.", registry=registry)
        queue.set_function(lambda: self.batcher.waiting)
        in_progress = Gauge("tagline_requests_in_progress", "Requests that are not answered yet.", registry=registry)
        in_progress.set_function(lambda: self._requests)
        add_estimates(tagger, registry)

    async def answer(self, request: Request, interface: type[Texts | InferenceInputs]) -> Response:
        """Answer a request to an interface, or refuse it."""
        path = request.scope["path"]  # without any part of the header Host
        start = time.perf_counter()
        status = 500
        self._requests += 1
        try:
            content = await self._content(request, interface)
            status = 200
            return Response(content, media_type="application/json")
        except HTTPException as refusal:
            status = refusal.status_code
            return await http_exception_handler(request, refusal)
        except Exception as error:  # whose message may quote a text
            calls = traceback.format_tb(error.__traceback__)
            logging.getLogger(__name__).error("".join([*calls, type(error).__name__]))
            raise HTTPException(500, "internal error; see the service's log") from None
        finally:
            self._requests -= 1
            self._answered.labels(path, status).inc()
            self._seconds.labels(path).observe(time.perf_counter() - start)

    async def _content(self, request: Request, interface: type[Texts | InferenceInputs]) -> str:
        """The body of the answer.

        Raises:
            HTTPException: the request is malformed, over a limit or too slow, or too many are in progress.
        """
        if self._requests > self._limits.requests:
            raise try_again(f"{self._limits.requests:,} requests are in progress; try again later")
        received = await self._received(request)
        try:
            body = interface.model_validate_json(received)
        except ValidationError as error:
            raise malformed(error) from None
        inputs, several = body.given()
        if len(inputs) > self._limits.texts:
            raise HTTPException(413, f"{len(inputs):,} texts; expected at most {self._limits.texts:,} per request")
        late = f"no answer within {self._limits.seconds} seconds"
        try:
            answers = await self.batcher.label(inputs)
        except BusyError:
            raise try_again(f"{late}, since others came before; try again later") from None
        except TimeoutError:
            raise HTTPException(503, f"{late}; send fewer or shorter texts") from None
        shown = [interface.shown(answer) for answer in answers]
        return json.dumps(shown if several else shown[0], ensure_ascii=False)

    async def _received(self, request: Request) -> bytes:
        """Receive a body, up to the limits."""
        body = bytearray()
        try:
            async with timeout(self._limits.seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._limits.bytes:
                        raise HTTPException(
                            413,
                            f"the body has more than {self._limits.bytes:,} bytes; send fewer or shorter texts",
                        )
        except TimeoutError:
            raise HTTPException(
                408,
                f"the body was not received within {self._limits.seconds} seconds",
                headers={"Connection": "close"},  # as RFC 9110 asks
            ) from None
        except ClientDisconnect:
            raise HTTPException(400, "the client disconnected before the end of the body") from None
        return bytes(body)


def add_estimates(tagger: Tagger, registry: CollectorRegistry) -> None:
    """Add gauges of F1, of the latest `WINDOW` words and of test, if the model has a reference."""
    title = f"F1 estimated without labels, of the latest {WINDOW:,} words."
    if tagger.reference and tagger.types != tagger.labels.types:
        show("no tagline_expected_f1: what it is computed from is of all types; leave --types out to have it")
    elif tagger.reference:
        observation = Observation(tagger, WINDOW)
        Gauge("tagline_test_f1", "F1 of the test split.", registry=registry).set(observation.reference.f1)
        Gauge("tagline_expected_f1", title, registry=registry).set_function(observation.f1)


def try_again(message: str) -> HTTPException:
    return HTTPException(503, message, {"Retry-After": "1"})


def malformed(error: ValidationError) -> HTTPException:
    """The refusal of a body that does not fit the interface, without the body's text."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return HTTPException(400, f"the body is not JSON in UTF-8: {faults[0]['msg'].removeprefix('Invalid JSON: ')}")
    return HTTPException(422, "; ".join(dict.fromkeys(_described(fault["loc"], fault["msg"]) for fault in faults)))


def _described(path: tuple[int | str, ...], message: str) -> str:
    # pydantic also names the alternative of a union, such as list[str].
    shown = [name for name in map(str, path) if name != "str" and not name.startswith("list[")]
    return f"{'.'.join(shown) or 'the body'}: {message.removeprefix('Value error, ')}"
