"""What must hold of the repository's own files: dvc.yaml against the scripts, params.yaml, dvc.lock and the metrics."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from dvc_render.vega_templates import get_template
from helpers.project import ROOT, SHARED, STAGES, import_closure
from ruamel.yaml import YAML

from tagline.sources.params import OUTS

PIPELINE = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
PARAMS = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
NAMES = {
    "download": "download",
    "tokenize_align": "tokenize-align",
    "train": "train",
    "evaluate": "evaluate",
    "export": "export",
}

PLOTS = [entry for stage in PIPELINE["stages"].values() for plot in stage.get("plots", []) for entry in plot.items()]


def declared(stage: str, *kinds: str) -> list[str]:
    """Paths of a stage in dvc.yaml; metrics and plots are mappings of one path to its options."""
    entries = [entry for kind in kinds for entry in PIPELINE["stages"][NAMES[stage]].get(kind, [])]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def read_by(stage: str) -> dict[str, object]:
    """The params that a stage reads, with their values: its section, and what it shares with another stage."""
    sections = {stage: list(PARAMS[stage]), **SHARED.get(stage, {})}
    return {f"{section}.{key}": PARAMS[section][key] for section, keys in sections.items() for key in keys}


@pytest.mark.parametrize("stage", STAGES)
def test_code_dependencies_are_the_import_closure(stage: str) -> None:
    code = [path for path in declared(stage, "deps") if path.startswith("stages/")]
    assert set(code) == import_closure(ROOT / f"stages/{stage}.py")
    assert len(code) == len(set(code))


def test_a_module_of_one_stage_lies_in_its_folder() -> None:
    """And one that several stages use in none; params and backends are together, whoever uses them."""
    tagline = PurePosixPath("stages/tagline")
    users: dict[PurePosixPath, set[str]] = {}
    for stage in STAGES:
        for path in map(PurePosixPath, declared(stage, "deps")):
            if path.is_relative_to(tagging) and path.name != "__init__.py":
                users.setdefault(path.relative_to(tagging), set()).add(stage)
    for path, stages in users.items():
        folder = path.parts[0] if len(path.parts) > 1 else None
        if folder not in {"params", "backends"}:
            assert folder == (next(iter(stages)) if len(stages) == 1 else None), path


def test_no_input_may_lie_in_a_folder_that_a_stage_writes() -> None:
    outs = [path for stage in STAGES for path in declared(stage, "outs", "metrics", "plots")]
    assert outs
    for path in map(PurePosixPath, outs):
        assert any(folder == path or folder in path.parents for folder in map(PurePosixPath, OUTS)), path


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_knows_of_dvc(stage: str) -> None:
    code = [path for path in declared(stage, "deps") if path.startswith("stages/") and path.endswith(".py")]
    assert f"stages/{stage}.py" in code
    for path in code:
        names = {name.split(".")[0] for name in imported((ROOT / path).read_text(encoding="utf-8"))}
        assert "dvc" not in names, path


@pytest.mark.parametrize("stage", STAGES)
def test_the_paths_of_a_script_are_those_of_its_stage(stage: str) -> None:
    module = runpy.run_path(str(ROOT / f"stages/{stage}.py"), run_name="imported")
    paths = {value.as_posix() for value in module.values() if isinstance(value, Path)} - {"params.yaml"}
    data = [path for path in declared(stage, "deps") if not path.startswith(("stages/", "${"))]
    assert paths == {*data, *declared(stage, "outs", "metrics", "plots")}


@pytest.mark.parametrize("stage", STAGES)
def test_every_key_of_a_section_is_declared_and_documented(stage: str) -> None:
    assert declared(stage, "params") == sorted(read_by(stage))
    assert PIPELINE["stages"][NAMES[stage]]["desc"]


def imported(code: str) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_key_of_params_has_a_comment() -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines, shared = text.split("\n"), {"path", "validation", "test"}  # these share the comment of the key above them
    nodes = list(YAML().load(text).values())
    while nodes:
        node = nodes.pop()
        for key, value in node.items():
            line = node.lc.key(key)[0]
            if isinstance(value, dict):
                nodes.append(value)
            elif key not in shared:
                assert lines[line - 1].strip().startswith("#"), f"params.yaml:{line + 1} has no comment"


def test_the_sections_are_the_stages() -> None:
    assert list(PARAMS) == list(STAGES)
    assert list(PIPELINE["stages"]) == list(NAMES.values())


def test_small_results_are_kept_in_git_and_models_are_not() -> None:
    for stage in PIPELINE["stages"].values():
        for entry in [*stage.get("metrics", []), *stage.get("plots", [])]:
            assert next(iter(entry.values()))["cache"] is False
        assert all(isinstance(out, str) for out in stage["outs"]), "an uncached out would switch the run-cache off"


def test_plots_are_drawn_by_templates_that_there_are() -> None:
    own = {path.stem for path in (ROOT / ".dvc/plots").glob("*.json")}
    assert own <= {options["template"] for _, options in PLOTS}
    for _, options in PLOTS:
        assert get_template(options["template"], str(ROOT / ".dvc/plots")).has_anchor("data")


def test_the_export_is_declared_as_a_model() -> None:
    (artifact,) = PIPELINE["artifacts"].values()
    assert artifact["path"] == "models/export"
    assert artifact["type"] == "model"


@pytest.fixture(scope="module")
def lock() -> dict:
    return YAML(typ="safe").load((ROOT / "dvc.lock").read_text(encoding="utf-8"))["stages"]


class TestCommittedResults:
    """dvc.lock, metrics and plots in Git are those of the committed code, params and data."""

    def test_every_stage_is_locked(self, lock: dict) -> None:
        assert set(lock) == set(PIPELINE["stages"])

    @pytest.mark.parametrize("stage", STAGES)
    def test_code_has_the_locked_hashes(self, lock: dict, stage: str) -> None:
        locked = {dep["path"]: dep["md5"] for dep in lock[NAMES[stage]]["deps"] if dep["path"].startswith("stages/")}
        assert set(locked) == {path for path in declared(stage, "deps") if path.startswith("stages/")}
        for path, md5 in locked.items():
            assert hashlib.md5((ROOT / path).read_bytes()).hexdigest() == md5, f"{path}: run `make repro` and commit"

    @pytest.mark.parametrize("stage", STAGES)
    def test_params_are_the_locked_ones(self, lock: dict, stage: str) -> None:
        locked = lock[NAMES[stage]]["params"]["params.yaml"]
        assert locked == read_by(stage)

    def test_the_sample_is_the_locked_one(self, lock: dict) -> None:
        (folder,) = [dep for dep in lock["download"]["deps"] if dep["path"] == PARAMS["download"]["folder"]]
        # DVC's hash of a folder: the MD5 of a JSON list of its files' own hashes.
        files = [
            {"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.name}
            for path in sorted((ROOT / folder["path"]).iterdir())
            if path.name != "README.md"
        ]
        assert hashlib.md5(json.dumps(files).encode()).hexdigest() + ".dir" == folder["md5"]

    def test_metrics_and_plots_are_the_locked_ones(self, lock: dict) -> None:
        outs = {out["path"]: out["md5"] for stage in lock.values() for out in stage["outs"]}
        small = [path for stage in STAGES for path in declared(stage, "metrics", "plots")]
        assert small
        for path in small:
            assert hashlib.md5((ROOT / path).read_bytes()).hexdigest() == outs[path], f"{path} is of another run"

    def test_plots_have_the_columns_that_are_drawn(self) -> None:
        for path, options in PLOTS:
            columns = (ROOT / path).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
            assert {options["x"], options["y"]} <= set(columns), path

    def test_the_readme_shows_the_committed_scores(self) -> None:
        table = runpy.run_path(str(ROOT / "stages/evaluate.py"), run_name="imported")["table"]
        shown = table(json.loads((ROOT / "metrics/evaluate.json").read_text(encoding="utf-8")))
        assert shown in (ROOT / "README.md").read_text(encoding="utf-8")

    def test_the_chain_is_unbroken(self, lock: dict) -> None:
        outs = {out["path"]: out["md5"] for stage in lock.values() for out in stage["outs"]}
        for stage in lock.values():
            for dep in stage["deps"]:
                if dep["path"] in outs:
                    assert dep["md5"] == outs[dep["path"]]


PAGES = [
    path
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md", "data/sample/*.md")
    for path in sorted(ROOT.glob(pattern))
]


def anchors(page: Path) -> set[str]:
    """What links to the headings of a page are called: lower case, without punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
