"""Batching: inputs of requests that arrive together are labelled in one call."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import chain, islice
from time import monotonic
from typing import Any, NamedTuple

from tagline.inference import Document, Tagger
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
# Share of the time limit that a request may wait; the rest is for its batch, which would otherwise often end too late.
SHARE = 0.8


class BusyError(TimeoutError):
    """The requests before this one left it too little time."""


class Job(NamedTuple):
    """A request's inputs, number of characters, latest start, and answers to come."""

    inputs: Sequence[Input]
    size: int
    latest: float
    answers: asyncio.Future[list[Answer]]


class Batcher:
    """Labels the inputs of concurrent requests together. An answer does not depend on the rest of its batch.

    Args:
        count: gets the number of words of each batch.
        seconds: after which nobody waits for an answer.
    """

    def __init__(self, tagger: Tagger, count: Callable[[int], object], seconds: float = math.inf) -> None:
        self._tagger = tagger
        self._count = count
        self._seconds = seconds
        self._queue = asyncio.Queue[Job]()
        self._batch: Sequence[Job] = ()

    @property
    def waiting(self) -> int:
        """The number of requests that no batch has taken."""
        return self._queue.qsize()

    async def label(self, inputs: Sequence[Input]) -> list[Answer]:
        """Label texts or lists of words, in the block of `running`.

        Raises:
            BusyError, TimeoutError: earlier requests took too long, or its own texts do.
            Exception: what the tagger raises for these inputs alone.
        """
        size = sum(map(_characters, inputs))
        answers: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(Job(inputs, size, monotonic() + SHARE * self._seconds, answers))
        try:
            async with asyncio.timeout(self._seconds):
                return await answers
        except TimeoutError:
            if any(job.answers is answers for job in self._batch):
                raise
            raise BusyError from None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take requests in the block, and drop those still waiting at its end."""
        with ThreadPoolExecutor(1) as thread:
            task = asyncio.create_task(self._run(thread))
            try:
                yield
            finally:
                task.cancel()

    async def _run(self, thread: Executor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._batch = jobs = await self._next()
            answers = await loop.run_in_executor(thread, self._answers, jobs)
            for job, answer in zip(jobs, answers, strict=True):
                if job.answers.done():  # its request was given up meanwhile
                    continue
                if isinstance(answer, list):
                    job.answers.set_result(answer)
                else:
                    job.answers.set_exception(answer)

    async def _next(self) -> list[Job]:
        first = await self._queue.get()
        while not _is_waiting(first):
            first = await self._queue.get()
        await asyncio.sleep(WAIT)
        jobs = [first]
        size = first.size
        while size < FULL and not self._queue.empty():
            jobs.append(self._queue.get_nowait())
            size += jobs[-1].size
        return list(filter(_is_waiting, jobs))

    def _answers(self, jobs: Sequence[Job]) -> list[list[Answer] | Exception]:
        """Label the inputs of requests together, or if they fail, of each alone."""
        try:
            return self._labelled(jobs)
        except BaseException as error:  # a panic of a Rust library is not an `Exception`
            if len(jobs) > 1:
                return [self._answers([job])[0] for job in jobs]
            return [error if isinstance(error, Exception) else RuntimeError(type(error).__name__)]

    def _labelled(self, jobs: Sequence[Job]) -> list[list[Answer] | Exception]:
        inputs = chain.from_iterable(job.inputs for job in jobs)
        documents = list(map(self._document, inputs))
        answers = list[Answer]()
        for document, tagged in zip(documents, self._tagger.tag(documents), strict=True):
            answers.append(own_row(document) | predictions(document, tagged))
        self._count(sum(len(document.words) for document in documents))
        remaining = iter(answers)
        return [list(islice(remaining, len(job.inputs))) for job in jobs]

    def _document(self, input_: Input) -> Document:
        if isinstance(input_, str):
            return self._tagger.document(input_)
        return Document.of_words(input_)


def _is_waiting(job: Job) -> bool:
    """Whether a request waits for answers; one that waited too long is refused."""
    if not job.answers.done() and job.latest < monotonic():
        job.answers.set_exception(BusyError())
    return not job.answers.done()


def _characters(input_: Input) -> int:
    if isinstance(input_, str):
        return len(input_)
    return sum(map(len, input_))
