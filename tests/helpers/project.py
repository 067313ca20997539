"""The project under test: where it is, its stages run in this process, and what they must leave alone."""

import json
import runpy
import signal
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import pytest
import yaml
from accelerate.state import AcceleratorState

from tagline.__main__ import run

ROOT = Path(__file__).parents[2]
STAGES = ("download", "tokenize_align", "train", "evaluate", "export")

# The stages by the names that dvc.yaml gives them.
NAMES = {stage: stage.replace("_", "-") for stage in STAGES}

# The stages of pipelines that are made on demand: their folders, and the names in dvc.yaml.
CREATED = {"crossval": ("crossval", "crossval")}


def pipeline():
    """Read dvc.yaml."""
    return yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))


def entry_of(stage):
    """The entry of a stage in dvc.yaml or a created one."""
    if stage in NAMES:
        return pipeline()["stages"][NAMES[stage]]
    folder, name = CREATED[stage]
    text = (ROOT / "stages/tagline/project" / folder / "pipeline.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["stages"][name]


def declared(stage, *kinds):
    """List the paths that dvc.yaml gives a stage as deps, outs, metrics or plots."""
    entries = [entry for kind in kinds for entry in entry_of(stage).get(kind, [])]
    # Metrics and plots are mappings from a path to its options.
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def _run(program, *command):
    """Run a program in this process, in the current folder, with the words of its command line."""
    on_ctrl_c = signal.getsignal(signal.SIGINT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*command])
        try:
            program()
        finally:
            signal.signal(signal.SIGINT, on_ctrl_c)


def run_verb(verb, *arguments):
    """Run ``tagline VERB``, as `_run` does."""
    _run(run, "tagline", verb, *arguments)


def exit_of(verb, *arguments):
    """Run a verb that must exit, and return its status or message."""
    with pytest.raises(SystemExit) as raised:
        run_verb(verb, *arguments)
    return raised.value.code


def run_stage(name, *arguments):
    """Run a stage's script, as `_run` does."""
    # accelerate keeps what it found, and its precision, for the life of a process, which a stage has to itself.
    AcceleratorState._reset_state(reset_partial_state=True)
    path = str(ROOT / f"stages/{name}.py")
    _run(partial(runpy.run_path, path, run_name="__main__"), path, *arguments)


def run_stages(*names):
    """Run the scripts of several stages, one after the other."""
    for name in names:
        run_stage(name)


def error_of(stage, *arguments):
    """Run a stage that must fail and give its one message; nothing outside of it may have changed.

    Exit status 1 is what Python makes of ``sys.exit(message)``; tests/unit/training/test_processes.py looks at it.
    """
    folders = [Path(name) for name in ("data", "models", "metrics", "plots", "reports")]
    before = snapshot(*folders)
    with pytest.raises(SystemExit) as raised:
        run_stage(stage, *arguments)
    assert snapshot(*folders) == before
    assert isinstance(raised.value.code, str), f"exit with a status, not a message: {raised.value.code}"
    return raised.value.code


def json_of(path):
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def edit(path, old, new):
    """Replace a text that must stand in the file exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


LOADED = """
import ast, json, pathlib, runpy, sys
for script in map(pathlib.Path, sys.argv[1:]):
    sys.path[0] = folder = str(script.parent)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tagline"]:
        del sys.modules[name]
    runpy.run_path(str(script), run_name="imported")
    for function in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(function, ast.FunctionDef) and function.name == "run":  # what it imports when params are right
            late = [each for each in function.body if isinstance(each, ast.ImportFrom)]
            exec(compile(ast.Module(late, []), str(script), "exec"))
    files = [getattr(module, "__file__", None) for module in sys.modules.values()]
    print(json.dumps([file for file in files if file and file.startswith(folder)]))
"""


@cache
def import_closures():
    """The files below stages/ that each stage loads, as Python itself sees it, and its packages' templates.

    One process loads the package anew for each stage, and the libraries, which take seconds, once.
    """
    scripts = [ROOT / f"stages/{stage}.py" for stage in (*STAGES, *CREATED)]
    done = subprocess.run([sys.executable, "-c", LOADED, *scripts], capture_output=True, text=True, check=True)
    listed = zip(scripts, map(json.loads, done.stdout.splitlines()), strict=True)
    closures = {script.stem: _with_templates([script, *map(Path, files)]) for script, files in listed}
    for stage in STAGES[1:4]:  # whose scripts it runs
        closures["crossval"] |= closures[stage]
    return closures


def _with_templates(loaded):
    packages = [path.parent for path in loaded if path.name == "__init__.py"]
    suffixes = (".html", ".css", ".js", ".md")
    templates = [path for folder in packages for path in folder.iterdir() if path.suffix in suffixes]
    return {str(path.relative_to(ROOT)) for path in [*loaded, *templates]}


def files_of(folder):
    """Every file below a folder with its bytes, by its path in the folder."""
    return {path.relative_to(folder).as_posix(): content for path, content in snapshot(Path(folder)).items()}


def git(*arguments):
    """Run Git in the current folder."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def snapshot(*folders):
    """Every file below the folders with its bytes, to see that nothing was touched."""
    return {path: path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}
