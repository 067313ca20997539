"""Epoch pushes: the model of each epoch goes to the Hub while training goes on, one commit each, in their order.

epochs/EPOCH/   in the work folder: the model after that epoch and the commit's message, until it is pushed
epochs/pushed   the last epoch that was

So what is still to be pushed outlasts a failure, a kill and the end of training.
"""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]  # public by its documentation
from tqdm import tqdm

from tagline.core.errors import UserError
from tagline.core.outputs import replacing
from tagline.hub.push import Target

MODEL, MESSAGE, PUSHED = "model", "message.txt", "pushed"


class EpochPushes:
    """Pushes in the background: what fails is told at once, and tried again when the next epoch's turn has come.

    Args:
        target: where to; it must be there.
        work: the run's work folder.
        tokenizer: the folder of the tokenizer's files, which make the weights a model that transformers loads.
    """

    def __init__(self, target: Target, work: Path, tokenizer: Path) -> None:
        self.target, self.tokenizer = target, tokenizer
        self.folder = work / "epochs"
        # One worker: epochs keep their order. Each has a folder of its own, since files are read late.
        self._worker = ThreadPoolExecutor(1)
        self._turns: list[Future[None]] = []
        self._fault: UserError | None = None
        self._ended = False

    def __enter__(self) -> EpochPushes:
        disable_progress_bars()  # the terminal is the training's
        if self.waiting():
            self._take_turn()
        return self

    def __exit__(self, *exception: object) -> None:
        # After a fault nobody waits for more than the push that runs: the others are there for the next run.
        self._ended = True
        self._worker.shutdown(wait=exception[0] is None, cancel_futures=True)

    def add(self, epoch: int, message: str, model: Path) -> None:
        """Take over the model after an epoch.

        Args:
            epoch: its number, from 1.
            message: of its commit.
            model: a folder with weights and configuration in the work folder; it is moved away.
        """
        if epoch <= self._last_pushed():  # by an interrupted run, which this one repeats
            shutil.rmtree(model)
            return
        with replacing(self.folder / str(epoch)) as (entry,):
            entry.mkdir()
            model.rename(entry / MODEL)
            for file in sorted(self.tokenizer.iterdir()):
                shutil.copyfile(file, entry / MODEL / file.name)
            (entry / MESSAGE).write_text(message, encoding="utf-8")
        self._take_turn()

    def wait(self) -> None:
        """Wait until all is pushed; what failed before is tried a last time.

        Raises:
            UserError: something is left to be pushed.
        """
        self._take_turn(told=False)
        for turn in self._turns:
            turn.result()
        if left := self.waiting():
            missing = f"epoch {left[0]} is" if len(left) == 1 else f"epochs {', '.join(map(str, left))} are"
            raise UserError(f"{missing} not on the Hub: {self._fault}")

    def waiting(self) -> list[int]:
        """The epochs that are saved and not pushed."""
        return sorted(int(entry.name) for entry in self.folder.glob("[0-9]*"))

    def _take_turn(self, told: bool = True) -> None:
        begun = all(turn.running() or turn.done() for turn in self._turns[-1:])
        if begun:  # else it will see all that waits now
            self._turns.append(self._worker.submit(self._push_waiting, told))

    def _push_waiting(self, told: bool) -> None:
        """Push what waits, the oldest first, up to the first that fails."""
        for epoch in self.waiting():
            if self._ended:
                return
            entry = self.folder / str(epoch)
            try:
                self.target.push(entry / MODEL, (entry / MESSAGE).read_text(encoding="utf-8"))
            except UserError as fault:
                self._fault = fault
                if told:
                    tqdm.write(f"epoch {epoch} is not on the Hub yet: {fault}")
                return
            with replacing(self.folder / PUSHED) as (pushed,):
                pushed.write_text(str(epoch))
            shutil.rmtree(entry)

    def _last_pushed(self) -> int:
        path = self.folder / PUSHED
        return int(path.read_text()) if path.exists() else 0
