"""Epoch pushes: the model of each epoch is pushed to the Hub while training continues, one commit each, in order.

epochs/EPOCH/   in the work folder: the model after that epoch and the commit message, until it is pushed
epochs/pushed   the last epoch that was pushed
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import HfApi
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
        target: a branch that exists.
        tokenizer: folder of its files, so that transformers loads the model.
    """

    def __init__(self, target: Target, work: Path, tokenizer: Path) -> None:
        self.target = target
        self.tokenizer = tokenizer
        self.folder = work / "epochs"
        self.hub = HfApi()  # whose background jobs run one after the other
        self.ended = False

    def add(self, epoch: int, message: str, model: Path) -> None:
        """Push the model of an epoch (from 1) in the background.

        Args:
            model: folder in the work folder with weights and configuration; it is moved.
        """
        pushed = self.folder / PUSHED
        if pushed.exists() and epoch <= int(pushed.read_text()):  # by an interrupted run; this one repeats the epoch
            shutil.rmtree(model)
            return
        # Each epoch has its own folder, since files are read late.
        with replacing(self.folder / str(epoch)) as (entry,):
            entry.mkdir()
            model.rename(entry / MODEL)
            copy_files(self.tokenizer, entry / MODEL)
            (entry / MESSAGE).write_text(message, encoding="utf-8")
        self.hub.run_as_future(self._try)

    def wait(self) -> None:
        """Wait until everything is pushed; failed pushes are tried once more.

        Raises:
            UserError: an epoch could not be pushed.
        """
        try:
            self.hub.run_as_future(self._push).result()
        except UserError as error:
            epochs = ", ".join(map(str, self.waiting()))
            raise UserError(f"these epochs are not on the Hub: {epochs} ({error})") from None

    def waiting(self) -> list[int]:
        """The epochs that are saved and not pushed, in order."""
        # Not a copy that a user made beside them (3.bak).
        names = [entry.name for entry in self.folder.glob("*")]
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal())

    def _try(self) -> None:
        try:
            self._push()
        except UserError as error:
            tqdm.write(safe_message(f"epoch {self.waiting()[0]} is not on the Hub yet: {error}"))

    def _push(self) -> None:
        """Push the waiting epochs, oldest first, up to the first failure."""
        for epoch in self.waiting():
            if self.ended:
                return
            entry = self.folder / str(epoch)
            self.target.push(entry / MODEL, (entry / MESSAGE).read_text(encoding="utf-8"))
            with replacing(self.folder / PUSHED) as (pushed,):
                pushed.write_text(str(epoch))
            shutil.rmtree(entry)


@contextmanager
def pushing(target: Target | None, work: Path, tokenizer: Path, finetuned: Path) -> Iterator[EpochPushes | None]:
    """Push epochs while the block runs, and wait at its end until all are pushed; without a target, do nothing.

    After an exception in the block, no further push begins: the next run pushes what is left.

    Raises:
        UserError: an epoch could not be pushed.
    """
    if target is None:
        yield None
        return
    disable_progress_bars()  # the terminal shows the bar of training
    pushes = EpochPushes(target, work, tokenizer)
    try:
        yield pushes
    except BaseException:
        pushes.ended = True
        raise
    try:
        pushes.wait()
    except UserError as error:
        raise UserError(
            f"{finetuned} is complete, but {error}; `dvc repro` pushes what is missing without training again"
        ) from None
    show(f"{target}: all epochs are pushed")
