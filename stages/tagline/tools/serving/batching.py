"""Batching: the inputs of requests that arrive together are labelled in one call of the tagger."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import chain, islice
from time import monotonic
from typing import Any, NamedTuple

from tagline.inference import AnyTagger, Document
from tagline.tools.answers.notations import own_row, predictions

Input = str | Sequence[str]
"""A text, or the words of a sentence."""
Answer = dict[str, Any]
"""The object that `tagline predict` writes for an input."""

# Seconds that the first request of a batch waits for others.
WAIT = 0.002
# Characters that a batch is filled up to: enough sub-words for all cores, few enough that answers of one batch are sent
# while the next one is computed.
FULL = 2**12
# Characters that take as long as what a batch needs whatever its size (measured: 65 with onnxruntime, 160 with torch);
# without it, short texts that are alone in their batches would make a long one look slow. It is not fitted: while all
# texts have the same length, there is nothing to fit it by.
OVERHEAD = 100
# Share of the time limit that a request may need by the estimate when it arrives; the rest is for the estimate's error.
SHARE = 0.8
# Weight of each batch in the speed, relative to the batch after it.
DECAY = 0.8


class Job(NamedTuple):
    """The inputs of a request with their number of characters, its latest start, and its answers to come."""

    inputs: Sequence[Input]
    size: int
    latest: float
    answers: asyncio.Future[list[Answer]]


class GivenUp(Exception):
    """Raised in a batch whose clients have all left."""


class TooBusy(Exception):
    """A request would be answered too late; ``seconds`` (at least 1) is when to try again."""

    def __init__(self, seconds: float = 1) -> None:
        super().__init__(seconds)
        self.seconds = max(1, math.ceil(seconds))


class Speed:
    """The speed of recent batches, in a time per batch, that of `OVERHEAD` characters, and a time per character."""

    def __init__(self) -> None:
        self._seconds = self._characters = 0.0

    def add(self, size: int, seconds: float) -> None:
        """Add a batch of so many characters."""
        self._seconds = DECAY * self._seconds + seconds
        self._characters = DECAY * self._characters + OVERHEAD + size

    def needed(self, size: int) -> float:
        """The seconds that so many characters need, in batches of `FULL`; 0 before the first batch."""
        batches = math.ceil(size / FULL)
        return (batches * OVERHEAD + size) * self._seconds / max(1.0, self._characters)


class Backlog:
    """The characters of requests that are not answered yet, and the seconds that they need."""

    def __init__(self) -> None:
        self.waiting = 0
        self._batch = 0
        self._start = 0.0
        self.speed = Speed()

    def ahead(self) -> float:
        """The seconds until all are answered."""
        rest = self.speed.needed(self._batch) - (monotonic() - self._start)
        return max(0.0, rest) + self.speed.needed(self.waiting)

    def start(self, size: int) -> None:
        """Begin a batch."""
        self._batch = size
        self._start = monotonic()

    def end(self, complete: bool) -> None:
        """End the batch; one that was given up only shows how slow the tagger is at least."""
        seconds = monotonic() - self._start
        if complete or seconds > self.speed.needed(self._batch):
            self.speed.add(self._batch, seconds)
        self._batch = 0

    @property
    def idle(self) -> bool:
        return not self.waiting + self._batch


class Batcher:
    """Labels the inputs of concurrent requests together. An answer does not depend on the others of its batch.

    Args:
        tagger: called in a thread, beside the event loop.
        count: called with the number of words of each batch.
        seconds: after which nobody waits for an answer any more.
    """

    def __init__(self, tagger: AnyTagger, count: Callable[[int], object], seconds: float = math.inf) -> None:
        self._tagger = tagger
        self._count = count
        self._limit = seconds
        self._most = SHARE * seconds
        self._queue = asyncio.Queue[Job]()
        self._backlog = Backlog()

    @property
    def waiting(self) -> int:
        """The number of requests that no batch has taken yet."""
        return self._queue.qsize()

    async def label(self, inputs: Sequence[Input]) -> list[Answer]:
        """Label texts or lists of words, in the block of `running`.

        Raises:
            TooBusy: the requests before this one leave it too little time.
            Exception: what the tagger raises for these inputs alone.
        """
        size = sum(map(_characters, inputs))
        latest = math.inf  # an idle tagger tries any request, whatever the estimate, which may be wrong
        if not self._backlog.idle:
            ahead = self._backlog.ahead()
            needed = self._backlog.speed.needed(size)
            if ahead + needed > self._most:
                # Not at once, since each refusal takes time, and before the others are answered.
                raise TooBusy(min(self._limit, max(ahead / 2, ahead + needed - self._most)))
            latest = monotonic() + self._most - needed
        job = Job(inputs, size, latest, asyncio.get_running_loop().create_future())
        self._backlog.waiting += size
        self._queue.put_nowait(job)
        return await job.answers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take requests in the block, and drop those that are still waiting at its end."""
        with ThreadPoolExecutor(1) as thread:
            task = asyncio.create_task(self._run(thread))
            try:
                yield
            finally:
                task.cancel()

    async def _run(self, thread: Executor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            jobs = await self._next()
            if not jobs:  # given up or too late: a batch of nothing says nothing about the speed
                continue
            self._backlog.start(sum(job.size for job in jobs))
            answers = await loop.run_in_executor(thread, self._answers, jobs)
            self._backlog.end(complete=not all(job.answers.done() for job in jobs))
            for job, answer in zip(jobs, answers, strict=True):
                if job.answers.done():  # its request was given up meanwhile
                    continue
                if isinstance(answer, list):
                    job.answers.set_result(answer)
                else:
                    job.answers.set_exception(answer)

    async def _next(self) -> list[Job]:
        jobs = [await self._queue.get()]
        await asyncio.sleep(WAIT)
        size = jobs[0].size
        while size < FULL and not self._queue.empty():
            jobs.append(self._queue.get_nowait())
            size += jobs[-1].size
        self._backlog.waiting -= size
        for job in jobs:
            if job.latest < monotonic() and not job.answers.done():  # slower than it was when the request arrived
                job.answers.set_exception(TooBusy())
        return [job for job in jobs if not job.answers.done()]

    def _answers(self, jobs: Sequence[Job]) -> list[list[Answer] | Exception]:
        """Label the inputs of several requests, or of each one alone if they fail together."""
        try:
            return self._labelled(jobs)
        except GivenUp:
            return [[] for _ in jobs]
        except BaseException as error:  # a panic of a Rust library is not an `Exception`
            if len(jobs) > 1:
                return [self._answers([job])[0] for job in jobs]
            return [error if isinstance(error, Exception) else RuntimeError(type(error).__name__)]

    def _labelled(self, jobs: Sequence[Job]) -> list[list[Answer] | Exception]:
        def go_on(_: int) -> None:
            if all(job.answers.done() for job in jobs):
                raise GivenUp

        inputs = chain.from_iterable(job.inputs for job in jobs)
        documents = list(map(self._document, inputs))
        answers = list[Answer]()
        for document, tagged in zip(documents, self._tagger.tag(documents, progress=go_on), strict=True):
            answers.append(own_row(document) | predictions(document, tagged))
        self._count(sum(len(document.words) for document in documents))
        remaining = iter(answers)
        return [list(islice(remaining, len(job.inputs))) for job in jobs]

    def _document(self, input_: Input) -> Document:
        if isinstance(input_, str):
            return self._tagger.document(input_)
        return Document.of_words(input_)


def _characters(input_: Input) -> int:
    if isinstance(input_, str):
        return len(input_)
    return sum(map(len, input_))
