"""Epoch pushes: the model of each epoch is pushed to the Hub while training continues, one commit each, in order.

epochs/EPOCH/   in the work folder: the model after that epoch and the commit message, until it is pushed
epochs/pushed   the last epoch that was pushed

So what is left to push survives a failure, a kill and the end of training.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]  # public by its documentation
from tqdm import tqdm

from tagline.core import copy_files, replacing
from tagline.hub.push import Target
from tagline.terminal import UserError, safe_message, show

MODEL = "model"
MESSAGE = "message.txt"
PUSHED = "pushed"


class EpochPushes:
    """Pushes in the background; a failed push is reported at once and tried again after the next epoch.

    Args:
        target: the branch to push to; it exists.
        work: work folder of the run.
        tokenizer: folder of the tokenizer's files; with them the weights are a model that transformers loads.
    """

    def __init__(self, target: Target, work: Path, tokenizer: Path) -> None:
        self.target = target
        self.tokenizer = tokenizer
        self.folder = work / "epochs"
        # One worker: epochs stay in order. Each epoch has its own folder, since files are read late.
        self._worker = ThreadPoolExecutor(1)
        self._jobs: list[Future[None]] = []
        self._error: UserError | None = None
        self._ended = False

    def __enter__(self) -> EpochPushes:
        disable_progress_bars()  # the terminal shows the bar of training
        if self.waiting():
            self._submit()
        return self

    def __exit__(self, *exception: object) -> None:
        # After an exception, only the push that is running is finished: the next run pushes the others.
        self._ended = True
        self._worker.shutdown(wait=exception[0] is None, cancel_futures=True)

    def add(self, epoch: int, message: str, model: Path) -> None:
        """Queue the model of an epoch.

        Args:
            epoch: its number, from 1.
            message: the commit message.
            model: folder in the work folder with weights and configuration; it is moved.
        """
        if epoch <= self._last_pushed():  # by an interrupted run; this one repeats the epoch
            shutil.rmtree(model)
            return
        with replacing(self.folder / str(epoch)) as (entry,):
            entry.mkdir()
            model.rename(entry / MODEL)
            copy_files(self.tokenizer, entry / MODEL)
            (entry / MESSAGE).write_text(message, encoding="utf-8")
        self._submit()

    def wait(self) -> None:
        """Wait until everything is pushed; failed pushes are tried once more.

        Raises:
            UserError: an epoch could not be pushed.
        """
        self._submit(report=False)
        for job in self._jobs:
            job.result()
        epochs = self.waiting()
        if len(epochs) == 1:
            raise UserError(f"epoch {epochs[0]} is not on the Hub: {self._error}")
        if epochs:
            raise UserError(f"epochs {', '.join(map(str, epochs))} are not on the Hub: {self._error}")

    def waiting(self) -> list[int]:
        """The epochs that are saved and not pushed, in order."""
        # Not a copy that a user made beside them (3.bak).
        names = [entry.name for entry in self.folder.glob("*")]
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal())

    def _submit(self, report: bool = True) -> None:
        if self._jobs and not (self._jobs[-1].running() or self._jobs[-1].done()):
            return  # a job that has not begun will push this epoch too
        self._jobs.append(self._worker.submit(self._push_waiting, report))

    def _push_waiting(self, report: bool) -> None:
        """Push the waiting epochs, oldest first, up to the first failure."""
        for epoch in self.waiting():
            if self._ended:
                return
            entry = self.folder / str(epoch)
            try:
                self.target.push(entry / MODEL, (entry / MESSAGE).read_text(encoding="utf-8"))
            except UserError as error:
                self._error = error
                if report:
                    tqdm.write(safe_message(f"epoch {epoch} is not on the Hub yet: {error}"))
                return
            with replacing(self.folder / PUSHED) as (pushed,):
                pushed.write_text(str(epoch))
            shutil.rmtree(entry)

    def _last_pushed(self) -> int:
        path = self.folder / PUSHED
        if not path.exists():
            return 0
        return int(path.read_text())


@contextmanager
def pushing(target: Target | None, work: Path, tokenizer: Path, finetuned: Path) -> Iterator[EpochPushes | None]:
    """Push epochs while the block runs, and wait at its end until all of them are pushed.

    Args:
        target: the branch to push to; None: nothing is pushed.
        work: work folder of the run.
        tokenizer: folder of the tokenizer's files.
        finetuned: the model that the block writes, for the message of a failure.

    Raises:
        UserError: an epoch could not be pushed.
    """
    if target is None:
        yield None
        return
    with EpochPushes(target, work, tokenizer) as pushes:
        yield pushes
        try:
            pushes.wait()
        except UserError as error:
            raise UserError(
                f"{finetuned} is complete, but {error}; `dvc repro` pushes what is missing without training again"
            ) from None
        show(f"{target}: all epochs are pushed")
