"""The shape of the code: layers, honest dependencies in dvc.yaml, short stage scripts."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest
from helpers.project import CREATED, ROOT, STAGES, declared, import_closures

PACKAGE = ROOT / "stages/tagline"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A folder may import from the folders of earlier rows only; `inference` is the runtime of an exported model.
LAYERS = (
    {"terminal"},
    {"core"},
    {"labels"},
    {"text", "artifacts", "hub"},
    {"sources", "tokenization", "model"},
    {"metrics", "inference"},
    {"training", "evaluation", "export"},
    {"report"},
    {"crossval"},
    {"comparison"},
    {"project"},
    {"tools/texts", "tools/answers"},
    {"tools/inspection", "tools/estimation"},
    {"tools/predict", "tools/serving", "tools/suggestion", "tools/audit", "tools/learning_curve"},
    {"results"},
)
ROW = {folder: row for row, folders in enumerate(LAYERS) for folder in folders}

# What takes half a second or more to load.
HEAVY = "accelerate datasets dvc onnxruntime onnxscript pandas scipy sklearn torch transformers".split()


def folder_of(*parts):
    return "/".join(parts[: 2 if parts[0] == "tools" else 1])


def imported(module):
    """The names that a module imports, wherever the import stands in it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def face(folder):
    """What a folder of the package offers by ``__all__``: names that its ``__init__.py`` has, and modules."""
    path = ROOT.joinpath("stages", *folder.split("."), "__init__.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def alters_no_output(path):
    """Whether a file only shapes what a person sees on the terminal or on the Hub, so that no stage needs to rerun."""
    return path.startswith(("stages/tagline/terminal/", "stages/tagline/hub/"))


def is_empty(path):
    """Whether a file is an ``__init__.py`` that holds a docstring, perhaps ``__all__``, and nothing else."""
    if not path.endswith("/__init__.py"):
        return False
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    statements = [ast.unparse(node) for node in body if not isinstance(node, ast.Expr)]
    return all(statement.startswith("__all__ = ") for statement in statements)


def covers(declared_path, path):
    return path == declared_path or path.startswith(f"{declared_path}/")


def test_imports_point_to_lower_layers():
    folders = {module: folder_of(*module.relative_to(PACKAGE).parts) for module in MODULES if module.parent != PACKAGE}
    assert {folder for folder in folders.values() if not folder.endswith(".py")} == set(ROW)
    upwards = [
        f"{module.relative_to(PACKAGE)} imports {other}"
        for module, folder in folders.items()
        for other in {folder_of(*name.split(".")[1:]) for name in imported(module) if name.startswith("tagline.")}
        if other != folder and ROW[other] >= ROW[folder]
    ]
    assert not upwards


def test_tools_import_faces_only():
    """``from tagline.core import verify`` and ``from tagline.core.params import parse``: verify and params are public."""
    names = {name for module in (PACKAGE / "tools").rglob("*.py") for name in imported(module)}
    hidden = []
    for name in sorted(names):
        if name.startswith("tagline.") and not name.startswith("tagline.tools."):
            folder, _, public = name.rpartition(".")
            if not (ROOT / "stages" / folder.replace(".", "/")).is_dir():
                folder, _, public = folder.rpartition(".")
            if public not in face(folder):
                hidden.append(f"{name}; expected {public} in __all__ of {folder}")
    assert not hidden


def test_no_circle_of_imports_between_files():
    """Also counting imports inside functions."""
    names = {module: ".".join(["tagline", *module.relative_to(PACKAGE).with_suffix("").parts]) for module in MODULES}
    graph = {}
    for module, name in names.items():
        found = set(imported(module))  # modules, or what they contain
        graph[name] = {*found, *(each.rpartition(".")[0] for each in found)} & {*names.values()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the files


@pytest.mark.parametrize("stage", [*STAGES, *CREATED])
def test_what_a_stage_loads_is_declared(stage):
    loaded = {path for path in import_closures()[stage] if not is_empty(path)}
    code = [path for path in declared(stage, "deps") if path.startswith("stages/")]
    assert code == sorted(set(code)), "DVC's writer would sort them"
    needed = [path for path in loaded if not alters_no_output(path)]
    assert not [path for path in needed if not any(covers(each, path) for each in code)], "loaded, but not declared"
    assert not [each for each in code if not any(covers(each, path) for path in loaded)], "declared, but not loaded"


LOADED = [
    ("check", []),
    ("tokenize_align", ["datasets", "pandas"]),
    ("download", ["torch", "transformers"]),  # transformers loads PyTorch for its configurations
    ("evaluate", ["scipy"]),  # as long as it only shows scores
]


@pytest.mark.parametrize(("script", "heavy"), LOADED)
def test_script_loads_only_heavy_libraries_that_it_needs(script, heavy):
    program = (
        f"import runpy, sys; sys.path.insert(0, 'stages'); runpy.run_path('stages/{script}.py', run_name='imported')\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == f"{heavy}\n"


def test_training_does_not_depend_on_what_comes_after_on_statistics_or_plots():
    later = [f"stages/tagline/{folder}" for folder in ("evaluation", "report", "export", "inference", "tools")]
    paths = [path for stage in ("download", "tokenize_align", "train") for path in declared(stage, "deps")]
    assert not [path for path in paths for folder in later if covers(folder, path)]
    metrics = [path for path in paths if path.startswith("stages/tagline/metrics")]
    assert metrics == ["stages/tagline/metrics/scores.py"]


def test_no_stage_knows_of_dvc():
    for module in [*(ROOT / "stages").glob("*.py"), *MODULES]:
        # `tagline compare` reads other revisions through DVC; no stage loads it.
        if "comparison" not in module.parts:
            assert not re.search(r"^\s*(import|from) dvc\b", module.read_text(encoding="utf-8"), re.MULTILINE), module
