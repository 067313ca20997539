"""What installation makes importable: in a clone its own package and no stage; from the wheel a tagger without torch."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from helpers.built_once import built_once
from helpers.project import ROOT
from packaging.requirements import Requirement

BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
COMMAND = """
import sys
from importlib.metadata import entry_points
sys.argv = ["bin/tagline", "predict", *sys.argv[1:]]
(command,) = entry_points(group="console_scripts", name="tagline")
command.load()()
"""
LIBRARY = """
from tagline.terminal.errors import UserError
from tagline.inference import Tagger
from tagline.text.languages import splitter
from tagline.text.sentences import split_sentences
tagger = Tagger()
text = "Ada Lind lives in Oslo. She left."
print([mention.text for mention in tagger(text)], [text[slice(*word)] for word in tagger.split(text)][-3:])
for language, text in (("de", "Das kostet z. B. 3,50 Euro. Schade."), ("es", "El Sr. García llegó. ¡Hola!")):
    print([text[slice(*sentence)] for sentence in split_sentences(text, language)])
try:
    splitter("fr")
except UserError as error:
    print(error)
"""


def distributions(requirements):
    """What requirements install here, by name: the distributions and all that they need without their extras."""
    found = {}
    waiting = list(map(Requirement, requirements))
    while waiting:
        needed = waiting.pop()
        if needed.name not in found and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
            found[needed.name] = metadata.distribution(needed.name)
            waiting += map(Requirement, found[needed.name].requires or [])
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A folder like the site-packages that `pip install .` fills: the wheel, and links to all that it needs."""

    def build(site):
        source = tmp_path_factory.mktemp("source")  # setuptools writes beside what it builds
        shutil.copytree(ROOT / "stages", source / "stages", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        subprocess.run([sys.executable, "-c", BUILD, source], cwd=source, check=True, capture_output=True)
        (wheel,) = source.glob("*.whl")
        ZipFile(wheel).extractall(site)
        (tagline,) = metadata.distributions(path=[str(site)])
        for each in distributions(tagline.requires or []).values():
            for name in {file.parts[0] for file in each.files or []} - {"..", "__pycache__"}:
                if not (site / name).exists():
                    (site / name).symlink_to(each.locate_file(name))

    return built_once(tmp_path_factory, "bare", build)


def run(bare, program, *arguments):
    """Run a program that finds the standard library and the folder, and nothing else."""
    program = f"import sys; sys.path.insert(0, {str(bare)!r})\n{program}"
    command = [sys.executable, "-I", "-S", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_wheel_holds_the_whole_package_and_nothing_else(bare):
    package = {path for path in (ROOT / "stages/tagline").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    installed = {path for path in (bare / "tagline").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert {path.relative_to(bare) for path in installed} == {path.relative_to(ROOT / "stages") for path in package}
    assert {path.name.partition("-")[0] for path in bare.iterdir() if not path.is_symlink()} == {"tagline"}


def test_base_dependencies_are_enough_to_label_texts(bare, beside_export):
    Path("in.conll").write_text("in O\nOslo B-LOC\n\n")
    done = run(bare, COMMAND + LIBRARY, "--input", "in.conll")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "in [Oslo LOC 0.90]",
        "['Ada Lind', 'Oslo'] ['She', 'left', '.']",
        "['Das kostet z. B. 3,50 Euro.', 'Schade.']",
        "['El Sr. García llegó.', '¡Hola!']",
        "language: the words of fr are split by spacy, which is not installed; run `pip install 'tagline[spacy]'`",
    ]


def test_backend_torch_without_its_extra_is_one_message(bare, beside_export):
    done = run(bare, COMMAND, "Ada", "--backend", "torch")
    assert done.returncode == 1
    assert done.stderr == (
        "predict: models/export: the backend torch needs accelerate, which is not installed; run "
        "`pip install 'tagline[pipeline]'`\n"
    )
