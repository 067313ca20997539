"""The command `tagline`: a verb per tool. The stages of the pipeline are scripts in stages/, which `dvc repro` runs."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from tagline.terminal import ArgumentParser, UserError, exit_with_message, extra, prepare_process, show
from tagline.terminal.command_line import COMPLETING


class Verb(NamedTuple):
    """A tool: its function below `tagline`, the extra of pyproject.toml that it needs, and what it does."""

    function: str
    extra: str
    summary: str


# By what people do.
VERBS = {
    "Settings": {
        "check": Verb("project.program.check", "pipeline", "check all of params.yaml, and whether pushes are allowed"),
        "preset": Verb("project.program.preset", "pipeline", "list the presets, or write params.yaml from one"),
        "schema": Verb("project.program.schema", "pipeline", "write params.schema.json and docs/reference.md"),
    },
    "Data": {
        "inspect": Verb("tools.inspection.program.inspect", "pipeline", "show what data a file or folder holds"),
        "show": Verb("tools.inspection.program.windows", "pipeline", "show a tokenized sentence with its windows"),
        "suggest": Verb("tools.suggestion.program.main", "pipeline", "choose the texts to annotate next"),
        "audit": Verb("tools.audit.program.main", "pipeline", "rank labels that are probably wrong"),
    },
    "Results": {
        "scores": Verb("results.program.scores", "pipeline", "print the scores of the last run"),
        "crossval": Verb("project.program.crossval", "pipeline", "score all sentences by cross-validation"),
        "improve": Verb("results.program.next_steps", "pipeline", "show where F1 is lost, and what addresses it"),
        "compare": Verb("comparison.program.main", "pipeline", "compare commits, seeds and experiments"),
        "learning-curve": Verb(
            "tools.learning_curve.program.main", "pipeline", "measure what more sentences are likely worth"
        ),
    },
    "Model": {
        "predict": Verb("tools.predict.program.main", "", "find entities in texts and files"),
        "estimate": Verb("tools.estimation.program.main", "", "estimate F1 on texts without labels"),
        "serve": Verb("tools.serving.program.main", "serve", "answer over HTTP"),
        "push": Verb("results.program.push", "pipeline", "push models/export to the Hugging Face Hub"),
    },
}

# What to run for other words that people type.
INSTEAD = {
    "annotate": "`tagline suggest`",
    "bulk": "`tagline predict --input`",
    "config": "params.yaml, which `tagline check` checks",
    "curve": "`tagline learning-curve`",
    "deploy": "`tagline serve`",
    "diff": "`tagline compare`",
    "download": "`dvc repro download`",
    "evaluate": "`dvc repro evaluate`",
    "export": "`dvc repro export`",
    "finetune": "`dvc repro train`",
    "fit": "`dvc repro train`",
    "import": "`tagline inspect`",
    "label": "`tagline predict`, or to annotate `tagline suggest`",
    "list": "`tagline help`",
    "next": "`tagline improve`",
    "report": "reports/evaluate.html, which `dvc repro evaluate` writes",
    "pipeline": "`git switch -c NAME`, a branch for another tagger",
    "repro": "`dvc repro`",
    "run": "`dvc repro`",
    "status": "`dvc status`",
    "sweep": "`dvc exp run --queue -S KEY=A,B` (docs/tune.md)",
    "test": "`dvc repro evaluate`",
    "tokenize-align": "`dvc repro tokenize-align`",
    "train": "`dvc repro train`",
    "tune": "`dvc exp run -S KEY=VALUE` (docs/tune.md)",
    "upload": "`tagline push`",
    "windows": "`tagline show`",
}


def run() -> None:
    """Run the command, and exit with its status."""
    prepare_process()
    exit_with_message(main)


def main() -> None:
    """Run the verb that the arguments begin with, with the code of the clone that the current folder is in."""
    sys.argv[0] = "tagline"
    _use_code_of_clone()
    completing = COMPLETING in os.environ
    if sys.argv[1:2] == ["help"]:  # as `VERB --help`
        sys.argv[1:] = [*sys.argv[2:3], "--help"]
    arguments = os.environ["COMP_LINE"].split()[1:] if completing else sys.argv[1:]
    verbs = {name: verb for group in VERBS.values() for name, verb in group.items()}
    if not completing and (not arguments or arguments[0] in ("-h", "--help")):
        show(_overview())
        return
    if arguments and arguments[0] == "--version":
        from importlib.metadata import version  # here, as difflib below: verbs need neither

        show(f"tagline {version('tagline')}")
        return
    if not arguments or arguments[0] not in verbs:
        from difflib import get_close_matches

        parser = ArgumentParser(usage="%(prog)s VERB [options]")
        similar = get_close_matches(arguments[0], verbs, n=1) if arguments else []
        instead = INSTEAD.get(arguments[0]) if arguments else None
        if similar and instead is None:
            instead = f"`tagline {similar[0]}`"
        if instead and not completing:
            parser.error(f"no verb {arguments[0]!r}; did you mean {instead}? `tagline help` lists all")
        parser.add_argument("verb", metavar="VERB", choices=verbs)
        parser.parse_args(arguments[:1])
    verb = verbs[arguments[0]]
    sys.argv[:2] = [f"tagline {arguments[0]}"]
    if completing:
        os.environ[COMPLETING] = "2"  # argcomplete leaves out so many words of the command
    module, _, function = verb.function.rpartition(".")
    with extra(verb.extra, "this command"):
        getattr(import_module(f"tagline.{module}"), function)()


def _overview() -> str:
    """List the verbs."""
    lines = [
        "usage: tagline VERB [options]",
        "",
        "`tagline help VERB` explains a verb, `tagline --version` prints the version.",
    ]
    for group, verbs in VERBS.items():
        lines += ["", group, *(f"  {name:<16}{verb.summary}" for name, verb in verbs.items())]
    return "\n".join(lines)


def _use_code_of_clone() -> None:
    """Replace this process by one with the code of the clone that the current folder is in, if other code runs.

    Raises:
        UserError: that clone belongs to another user or is of a version without this command, or Python does not find
            its code.
    """
    folder = Path.cwd()
    around = (folder, *folder.parents)
    clone = next((path for path in around if (path / "stages/tagline/__init__.py").is_file()), None)
    if clone is None:
        return
    stages = clone / "stages"
    running = Path(__file__).parents[1]
    if stages.samefile(running):
        return
    if not (running.parent / "dvc.yaml").is_file():  # of a wheel, which must not run what lies above any folder
        print(
            f"tagline: runs the installed code, not that of {clone}; `make install` there installs it", file=sys.stderr
        )
        return
    if hasattr(os, "getuid") and stages.stat().st_uid != os.getuid():
        raise UserError(f"{clone}: belongs to another user, whose code would run; expected a clone of your own")
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(stages) == paths[0]:
        raise UserError(f"{clone}: Python finds the code of {running}; expected that of this clone; run `make install`")
    if not (stages / "tagline/__main__.py").is_file():
        raise UserError(f"{clone}: a version without the command tagline; run its scripts, or merge a newer version")
    command = [sys.executable, "-P", "-m", "tagline", *sys.argv[1:]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(stages), *paths]))}
    if os.name == "nt":  # there, exec returns to the shell before the new process ends
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    run()
