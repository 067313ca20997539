"""Interrupts train.py at random points and lets it continue, repeatedly, in forks of one process that has loaded it.

    python tests/helpers/interrupting.py SEED RUNS PARAMS...

It runs in a workspace and prints a line of JSON each time the stage ends: RUNS runs for each params file, and one more,
run -1, with a limit on file sizes that acts like a full disk.

A run writes its checkpoints in a thread or not, by chance.
A point is a number of function calls, or of file operations counted by Python's audit events: independent of the speed
of the host.
"""

from __future__ import annotations

import json
import os
import random
import resource
import runpy
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tagline.training import saved_run

TRAIN = str(Path(__file__).parents[2] / "stages/train.py")
OUTS = ("models/finetuned", "reports/train.json", "plots/train_loss.csv", "plots/validation.csv")
FILE_OPERATIONS = {
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.listdir",
    "os.scandir",
    "shutil.rmtree",
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Counter:
    """Counts events, and runs an action at one of them."""

    def __init__(self, at: int = -1, action: Callable[[], None] = lambda: None) -> None:
        self.count, self.at, self.action = 0, at, action

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.at:
            self.action()


def count_calls(counter: Counter) -> None:
    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            counter()

    sys.setprofile(profile)


def count_file_operations(counter: Counter) -> None:
    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FILE_OPERATIONS:
            counter()

    sys.addaudithook(audit)


COUNTING = {"calls": count_calls, "files": count_file_operations}


def stage(before: Callable[[], None], after: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Run the stage in a fork; return its exit status and output."""
    process = os.fork()
    if process == 0:
        output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = 1
        # As `default_sigint` does at the start of the script.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            before()
            runpy.run_path(TRAIN, run_name="__main__")
            sys.setprofile(None)
            after()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return {"status": status, "output": Path("output").read_text(encoding="utf-8")}


def totals() -> dict[str, int]:
    """The number of events of each kind in an uninterrupted run."""
    counters = {kind: Counter() for kind in COUNTING}

    def count() -> None:
        for kind, counter in counters.items():
            COUNTING[kind](counter)

    def save() -> None:
        Path("counts").write_text(json.dumps({kind: counter.count for kind, counter in counters.items()}))

    clear()
    stage(count, save)
    counted: dict[str, int] = json.loads(Path("counts").read_text())
    return counted


def clear() -> None:
    for path in (*OUTS, ".work"):
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)


def written() -> dict[str, str]:
    """The files of the outputs and of the work folder, as hexadecimal texts."""
    tops = ("models", "metrics", "reports", "plots", ".work")
    files = [path for top in tops for path in Path(top).rglob("*") if path.is_file()]
    return {str(path): path.read_bytes().hex() for path in files if path.parts[:2] != ("models", "pretrained")}


def interrupted(drawn: random.Random, totals: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Start a run, interrupt it up to three times, and let it end.

    The first interruption is late, so that there is a checkpoint; the others are anywhere in a run.
    """
    clear()
    for begin in (2 / 3, 0, 0):
        kind, number = drawn.choice(sorted(COUNTING)), drawn.choice(SIGNALS)
        at = drawn.randrange(int(begin * totals[kind]) + 1, totals[kind])
        counter = Counter(at, lambda number=number: os.kill(os.getpid(), number))
        thread = drawn.choice((False, True))

        def before(kind: str = kind, counter: Counter = counter, thread: bool = thread) -> None:
            saved_run._in_background = lambda _: thread
            COUNTING[kind](counter)

        yield {"at": f"{at} {kind}", "thread": thread, "signal": number, **(ended := stage(before))}
        if ended["status"] == 0:  # it ended before the point
            return
    yield {"at": None, "signal": None, **stage(lambda: None)}


def on_full_disk() -> dict[str, Any]:
    """A run that can write weights but not checkpoints: files above a size limit are truncated, as on a full disk."""
    size = Path("models/finetuned/model.safetensors").stat().st_size * 3 // 2
    clear()
    return stage(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))


def main() -> None:
    seed, runs, *params = sys.argv[1:]
    sys.argv = [TRAIN]
    runpy.run_path(TRAIN, run_name="imported")
    drawn = random.Random(int(seed))
    for file in params:
        shutil.copy(file, "params.yaml")
        counted = totals()
        expected = written()

        def report(run: int, ended: dict[str, Any], file: str = file, expected: dict[str, str] = expected) -> None:
            same = {"same": written() == expected} if ended["status"] == 0 else {}
            print(json.dumps({"params": file, "run": run, **ended, **same}), flush=True)

        for run in range(int(runs)):
            for ended in interrupted(drawn, counted):
                report(run, ended)
        report(-1, on_full_disk())


if __name__ == "__main__":
    main()
