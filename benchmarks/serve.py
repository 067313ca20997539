"""Benchmark of the service: single sentences from 1, 8 and 64 clients, against transformers' pipeline behind FastAPI.

The pipeline is served as transformers' documentation does it (Using pipelines for a webserver): requests wait in a
queue, and a task calls the pipeline with one text after the other, here in a thread, so that answers do not wait until
the queue is empty. Each side runs under uvicorn in its own process and gets the sentences of a corpus as JSON from one
process of clients, each of which sends its next sentence when it has its answer. The sides take turns. The clients work
on the same cores; `cpu_ms`, the processor time of a side per request, is without them, and hardly changes on a busy
host.

Then many requests go to the service, some of them malformed: each answer must be that of the tagger for this text,
and each malformed one must be refused with status 4xx.

    python benchmarks/serve.py                                       data/sample, models/export
    python benchmarks/serve.py --clients 64 --seconds 30 --rounds 3
    python benchmarks/serve.py --seconds 2 --requests 100000

Prints a table, and ends with one line of JSON; `ratio` and `cpu_ratio` are those with the largest number of clients.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from host import about
from sides import ROOT, data_parser, last_line, measure, parse_or_run, read_columns
from tabulate import tabulate

SIDES = ("pipeline", "ours")
# Malformed bodies, each refused in another way; every so many requests sends one.
MALFORMED = (b'{"text": 3}', b'{"text": "a', b"\xff\xfe", b"[" * 10_000, b'{"text": ["\\ud800"]}', b'{"inputs": ""}')
EVERY = 10


def main() -> None:
    parser = data_parser("Measure the service against transformers' pipeline behind FastAPI.")
    parser.add_argument("--model", type=Path, default=ROOT / "models/export", help="exported model")
    parser.add_argument(
        "--clients", type=int, nargs="+", default=[1, 8, 64], help="numbers of clients (default: 1 8 64)"
    )
    parser.add_argument("--seconds", type=float, default=10, help="per side and number of clients (default: 10)")
    parser.add_argument("--rounds", type=int, default=1, help="measurements per side, of which the best counts")
    parser.add_argument("--requests", type=int, default=10_000, help="requests that are compared (default: 10,000)")
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--pid", type=int, help=argparse.SUPPRESS)
    sides = {"prepare": prepare, "pipeline": serve_pipeline, "load": load, "check": check}
    arguments = parse_or_run(parser, sides, plain=())  # threads that spin while they wait would stop a busy host
    options = [f"--data={arguments.data.resolve()}", f"--model={arguments.model.resolve()}"]
    with tempfile.TemporaryDirectory() as folder:

        def loaded(clients: int, url: str, pid: int) -> dict[str, float]:
            asked = ["--clients", str(clients), f"--seconds={arguments.seconds}", f"--url={url}", f"--pid={pid}"]
            return measure(__file__, "load", folder, *asked)

        measure(__file__, "prepare", folder, *options)
        best: dict[tuple[int, str], dict[str, float]] = {}
        for _ in range(arguments.rounds):
            for side in SIDES:
                with server(side, folder, options) as (url, pid):
                    for clients in arguments.clients:
                        done = loaded(clients, url, pid)
                        key = clients, side
                        best[key] = max(best.get(key, done), done, key=lambda each: each["words_per_s"])
        with server("ours", folder, options) as (url, _):
            asked = ["--clients", str(max(arguments.clients)), f"--requests={arguments.requests}", f"--url={url}"]
            checked = measure(__file__, "check", folder, *asked)
    print(json.dumps(summary(best, checked)))


def summary(best: dict[tuple[int, str], dict[str, float]], checked: dict[str, Any]) -> dict[str, Any]:
    """Print the table, and return the last line."""
    columns = ("requests", "words_per_s", "p50_ms", "p99_ms", "cpu_ms")
    rows = [[*key, *(each[name] for name in columns)] for key, each in sorted(best.items())]
    print(tabulate(rows, ["clients", "side", *columns]))
    print(f"compared: {checked}")
    most = max(clients for clients, _ in best)
    plain, ours = (best[most, side] for side in SIDES)
    sides = {side: {clients: best[clients, side] for clients, other in best if other == side} for side in SIDES}
    more: dict[str, Any] = {"cpu_ratio": round(plain["cpu_ms"] / ours["cpu_ms"], 2), "sides": sides, "checked": checked}
    return last_line("serve", "words/s", ours["words_per_s"], plain["words_per_s"], **more, host=about())


@contextmanager
def server(side: str, folder: str, options: list[str]) -> Iterator[tuple[str, int]]:
    """Start a side in a process of its own, give its URL and number, and end it after the block."""
    ours = ["-m", "tagline", "serve", "--port=0", *options[1:]]
    command = [sys.executable, *(ours if side == "ours" else [__file__, "--run", side, folder, *options])]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages"), "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1], process.pid
        finally:
            process.terminate()
            print(f"{side}: ended with status {process.wait()}")


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, int]:
    """Write the sentences as texts, with their numbers of words and the tagger's answers to each alone."""
    from tagline.inference import Tagger

    splits = read_columns(arguments.data)
    rows = [row["words"] for split in ("validation", "test") for row in splits[split]]
    texts = [" ".join(words) for words in rows]
    with Tagger(arguments.model) as tagger:
        answers = [[each._replace(score=round(each.score, 4)).row() for each in tagger(text)] for text in texts]
    written = {"texts": texts, "words": list(map(len, rows)), "answers": answers}
    (folder / "texts.json").write_text(json.dumps(written))
    return {"texts": len(texts)}


def serve_pipeline(_: Path, arguments: argparse.Namespace) -> None:
    """Serve transformers' pipeline until SIGTERM."""
    import socket
    from contextlib import asynccontextmanager

    import transformers
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Inputs(BaseModel):
        text: str

    tagger = transformers.pipeline("token-classification", model=str(arguments.model), aggregation_strategy="first")
    waiting: asyncio.Queue[tuple[str, asyncio.Future[Any]]] = asyncio.Queue()

    async def work() -> None:
        while True:
            text, answer = await waiting.get()
            found = await asyncio.to_thread(tagger, text)
            answer.set_result([entity | {"score": float(entity["score"])} for entity in found])

    @asynccontextmanager
    async def running(_: FastAPI) -> Any:
        task = asyncio.create_task(work())
        yield
        task.cancel()

    app = FastAPI(lifespan=running)

    async def entities(inputs: Inputs) -> Any:
        answer = asyncio.get_running_loop().create_future()
        waiting.put_nowait((inputs.text, answer))
        return {"entities": await answer}

    entities.__annotations__["inputs"] = Inputs  # a name of this function, which FastAPI does not see
    app.post("/entities")(entities)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as uvicorn's own listener
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listener])


def load(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Send sentences for some seconds, and return the speed and the percentiles of the times."""
    about_texts = json.loads((folder / "texts.json").read_text())
    bodies = [json.dumps({"text": text}).encode() for text in about_texts["texts"]]
    sizes = about_texts["words"]
    (clients,) = arguments.clients
    process = psutil.Process(arguments.pid)
    times: list[float] = []
    words = 0

    async def client(session: Any, numbers: Iterator[int]) -> None:
        nonlocal words
        for number in numbers:
            start = time.perf_counter()
            async with session.post("/entities", data=bodies[number], headers=JSON) as answer:
                await answer.read()
            assert answer.status == 200, answer.status
            times.append(time.perf_counter() - start)
            words += sizes[number]

    async def run(numbers: Iterator[int], seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with session_of(arguments.url) as session, asyncio.timeout(seconds):
                await asyncio.gather(*(client(session, numbers) for _ in range(clients)))

    # First one request each, which does not count, and has its answer after all that were asked for before.
    asyncio.run(run(islice(cycle(range(len(bodies))), clients), None))
    times.clear()
    words = 0
    before = sum(process.cpu_times()[:2])  # of the user and of the system
    asyncio.run(run(cycle(range(len(bodies))), arguments.seconds))
    if not times:
        sys.exit(f"no answer within {arguments.seconds} seconds; give more --seconds")
    cpu = 1000 * (sum(process.cpu_times()[:2]) - before) / len(times)
    p50, p99 = (round(1000 * float(each), 1) for each in np.percentile(times, [50, 99]))
    speed = {"requests": len(times), "words_per_s": round(words / arguments.seconds)}
    return speed | {"cpu_ms": round(cpu, 2), "p50_ms": p50, "p99_ms": p99}


JSON = {"Content-Type": "application/json"}


def session_of(url: str) -> Any:
    import aiohttp

    return aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0))


def check(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Send requests, some malformed, and count the answers that are right, wrong or missing."""
    about_texts = json.loads((folder / "texts.json").read_text())
    bodies = [json.dumps({"text": text}).encode() for text in about_texts["texts"]]
    outcomes: Counter[str] = Counter(right=0, refused=0, wrong=0, lost=0)
    numbers = iter(range(arguments.requests))

    async def client(session: Any) -> None:
        for number in numbers:
            malformed = number % EVERY == 0
            body = MALFORMED[number // EVERY % len(MALFORMED)] if malformed else bodies[number % len(bodies)]
            try:
                async with session.post("/entities", data=body, headers=JSON) as answer:
                    content = await answer.json()
            except Exception:
                outcomes["lost"] += 1
                continue
            if malformed:
                outcomes["refused" if answer.status in (400, 422) else "wrong"] += 1
            else:
                right = content.get("entities") == about_texts["answers"][number % len(bodies)]
                outcomes["right" if right else "wrong"] += 1

    async def run() -> None:
        async with session_of(arguments.url) as session:
            await asyncio.gather(*(client(session) for _ in range(arguments.clients[0])))

    asyncio.run(run())
    return dict(outcomes)


if __name__ == "__main__":
    main()
