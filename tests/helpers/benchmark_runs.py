"""Runs a benchmark whose sides, and stages, are forks of its process: the libraries are loaded once, not by each."""

import os
import runpy
import subprocess
import sys
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path

from helpers.preloaded import SERVER
from helpers.project import ROOT

BENCHMARKS = ROOT / "benchmarks"
# What most sides load.
LIBRARIES = ("datasets", "onnxruntime", "seqeval.metrics", "transformers.trainer", "tagline.training.stage")
LIBRARIES += (
    "transformers.pipelines",
    "tagline.evaluation.stage",
    "tagline.inference.tagger",
    "tagline.tokenization.stage",
)


def run(name, *options):
    """Run a script of benchmarks/ in the current folder, as `subprocess.run` with captured output would."""
    with tempfile.NamedTemporaryFile("r") as out:
        process = SERVER.Process(target=_run, args=(name, options, str(Path.cwd()), out.name))
        process.start()
        process.join()
        return subprocess.CompletedProcess([name], process.exitcode, out.read())


def _run(name, options, folder, out):
    os.dup2(os.open(out, os.O_WRONLY), 1)
    os.chdir(folder)
    sys.path.insert(0, str(BENCHMARKS))
    sys.argv = [name, *options]
    sides, learning = import_module("sides"), import_module("learning")
    sides.measure = partial(_measured, sides.json.loads)
    learning.run_stage = _run_stage
    for library in LIBRARIES:
        import_module(library)
    import_module(name).main()


def _measured(parse, script, side, folder, *options):
    with tempfile.NamedTemporaryFile("r") as out:
        _fork(import_module(Path(script).stem).main, [script, "--run", side, folder, *options], out=out.name)
        return parse(out.read().splitlines()[-1]) | {"total": 1.0}


def _run_stage(name, folder):
    script = str(ROOT / f"stages/{name}.py")
    _fork(partial(runpy.run_path, script, run_name="__main__"), [script], folder)


def _fork(program, arguments, folder=".", out=os.devnull):
    """Run a program in a fork, which must end with status 0."""
    sys.stdout.flush()
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert status == 0, arguments
        return
    status = 1
    try:
        os.dup2(os.open(out, os.O_WRONLY), 1)
        os.chdir(folder)
        sys.argv = arguments
        program()
        status = 0
    except SystemExit as ended:
        status = 1 if ended.code else 0
        print(ended.code or "", file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(status)
