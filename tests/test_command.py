"""The command `tagline`: its verbs, their help, a missing extra, and whose code runs in a clone."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version

from helpers.project import ROOT, exit_of, run_verb

from tagline.__main__ import INSTEAD, VERBS

ALL = [verb for group in VERBS.values() for verb in group]
# What takes a fifth of a second or more to load.
HEAVY = "accelerate datasets dvc fastapi numpy onnxruntime pandas pyarrow pydantic ray ruamel scipy spacy tokenizers torch transformers".split()
HELP = f"""
import sys
from tagline.__main__ import main
for verb in sys.argv[1:]:
    sys.argv = ["tagline", verb, "--help"]
    try:
        main()
    except SystemExit as end:
        print("=", verb, end.code, [name for name in {HEAVY} if name in sys.modules])
"""


def run(*arguments, cwd, **variables):
    env = {**os.environ, "PYTHONPATH": str(ROOT / "stages"), **variables}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_command_lists_its_verbs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tagline"])
    run_verb("--help")
    shown = capsys.readouterr().out
    assert all(f"\n  {verb} " in shown for verb in ALL)
    run_verb("help")
    assert capsys.readouterr().out == shown
    run_verb("--version")
    assert capsys.readouterr().out == f"tagline {version('tagline')}\n"
    assert exit_of("help", "scores") == 0
    assert capsys.readouterr().out.startswith("usage: tagline scores ")
    assert exit_of("prediction") == 2
    message = "no verb 'prediction'; did you mean `tagline predict`? `tagline help` lists all\n"
    assert capsys.readouterr().err.endswith(message)
    for word in ("import", "status", "sweep", "train"):  # which resemble other verbs
        assert exit_of(word) == 2
        assert f"no verb '{word}'; did you mean {INSTEAD[word]}?" in capsys.readouterr().err
    assert exit_of("xyz") == 2
    assert "argument VERB: invalid choice: 'xyz' (choose from " in capsys.readouterr().err


def test_commands_of_agents_exist(capsys):
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    commands = [command.split() for command in re.findall(r"tagline ([a-z][^`\n]*)", text)]
    assert len(commands) > 10
    for verb, *arguments in commands:
        if verb == "help":
            continue
        assert exit_of("help", verb) == 0
        shown = capsys.readouterr().out
        assert [name for name in arguments if name.startswith("-") and name not in shown] == []
    targets = re.findall(r"make ([a-z-]+)", text)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in targets if f"\n{name}:" not in makefile] == []


def test_shell_completes_verbs_and_their_options(tmp_path):
    for line, completions in (("tagline sc", {"scores", "schema"}), ("tagline serve --por", {"--port"})):
        variables = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
        variables |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "out"), "_ARGCOMPLETE_IFS": "\n"}
        run("-m", "tagline", cwd=tmp_path, **variables)
        assert set((tmp_path / "out").read_text().split()) - {"-h", "--help"} == completions


def test_help_of_every_verb_loads_no_heavy_library(tmp_path):
    shown = run("-c", HELP, *ALL, cwd=tmp_path).stdout
    assert [line for line in shown.splitlines() if line[0:2] == "= "] == [f"= {verb} 0 []" for verb in ALL]
    assert all(f"usage: tagline {verb} " in shown for verb in ALL)
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def test_missing_extra_is_one_message(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "tagline.tools.serving.server", raising=False)
    message = "serve: this command needs uvicorn, which is not installed; run `pip install -e '.[serve]'`"
    assert exit_of("serve") == message


def test_clone_of_another_user_is_refused(tmp_path, monkeypatch):
    (tmp_path / "stages/tagline").mkdir(parents=True)
    (tmp_path / "stages/tagline/__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: -1)
    message = f"tagline: {tmp_path}: belongs to another user, whose code would run; expected a clone of your own"
    assert exit_of("scores") == message


def test_code_of_the_clone_runs_also_with_another_environment(tmp_path):
    shutil.copytree(ROOT / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    module = tmp_path / "stages/tagline/results/program.py"
    module.write_text("def scores() -> None:\n    print('of this clone')\n", encoding="utf-8")
    (tmp_path / "student").mkdir()
    for folder in (tmp_path, tmp_path / "student"):
        assert run("-m", "tagline", "scores", cwd=folder).stdout == "of this clone\n"
    # Without dvc.yaml beside it, the copy is as the code of a wheel, which runs no code of the folders above.
    done = run("-m", "tagline", "scores", cwd=ROOT, PYTHONPATH=str(tmp_path / "stages"))
    assert done.stdout == "of this clone\n"
    assert done.stderr.startswith(f"tagline: runs the installed code, not that of {ROOT};")
    (tmp_path / "stages/tagline/__main__.py").unlink()
    message = f"tagline: {tmp_path}: a version without the command tagline"
    assert run("-m", "tagline", "scores", cwd=tmp_path).stderr.startswith(message)
