"""Batching: the inputs of requests that arrive together are labelled in one call of the tagger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tagline.inference import Document, Tagger
from tagline.tools.predict.notations import own_row, predictions

Input = str | Sequence[str]
"""A text, or the words of a sentence."""
Answer = dict[str, Any]
"""The object that `tagline predict` writes for an input."""

# Seconds that the first request of a batch waits for others.
WAIT = 0.002
# Characters that a batch is filled up to: enough sub-words for all cores, few enough that answers of one batch are sent
# while the next one is computed.
FULL = 2**12


class Job(NamedTuple):
    """The inputs of a request, and its answers to come."""

    inputs: Sequence[Input]
    answers: asyncio.Future[list[Answer]]

    @property
    def size(self) -> int:
        """The number of characters."""
        return sum(len(each) if isinstance(each, str) else sum(map(len, each)) for each in self.inputs)


class GivenUp(Exception):
    """Nobody waits for the answers of a batch any more."""


class Batcher:
    """Labels the inputs of concurrent requests together. An answer does not depend on the others of its batch.

    Args:
        tagger: called in a thread, beside the event loop.
        count: called with the number of words of each batch.
    """

    def __init__(self, tagger: Tagger, count: Callable[[int], object]) -> None:
        self._tagger, self._count, self._queue = tagger, count, asyncio.Queue[Job]()

    @property
    def waiting(self) -> int:
        """The number of requests that no batch has taken yet."""
        return self._queue.qsize()

    async def label(self, inputs: Sequence[Input]) -> list[Answer]:
        """Label texts or lists of words, in the block of `running`.

        Raises:
            Exception: what the tagger raises for these inputs alone.
        """
        job = Job(inputs, asyncio.get_running_loop().create_future())
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
            for job, answer in zip(jobs, await loop.run_in_executor(thread, self._answers, jobs), strict=True):
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
        return [job for job in jobs if not job.answers.done()]

    def _answers(self, jobs: Sequence[Job]) -> list[list[Answer] | Exception]:
        """Label the inputs of several requests, or of each one alone if they fail together."""
        try:
            return self._labelled(jobs)
        except GivenUp:
            return [[] for _ in jobs]
        except BaseException as error:  # a panic of a Rust library is not an `Exception`
            if len(jobs) > 1:
                return [answer for job in jobs for answer in self._answers([job])]
            return [error if isinstance(error, Exception) else RuntimeError(type(error).__name__)]

    def _labelled(self, jobs: Sequence[Job]) -> list[list[Answer] | Exception]:
        def go_on(_: int) -> None:
            if all(job.answers.done() for job in jobs):
                raise GivenUp

        documents = [self._document(each) for job in jobs for each in job.inputs]
        tagged = zip(documents, self._tagger.tag(documents, progress=go_on), strict=True)
        answers = (own_row(document) | predictions(document, found) for document, found in tagged)
        by_job: list[list[Answer] | Exception] = [[next(answers) for _ in job.inputs] for job in jobs]
        self._count(sum(len(document.words) for document in documents))
        return by_job

    def _document(self, given: Input) -> Document:
        return self._tagger.document(given) if isinstance(given, str) else Document.of_words(given)
