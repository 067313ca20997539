"""The repository's own files: dvc.yaml against the scripts, params.yaml and its comments, links between pages."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest
import yaml
from dvc_render.vega import VegaRenderer
from helpers.project import AUDIT, NAMES, ROOT, STAGES, declared, entry_of, pipeline

from tagline.core.params import OUTS, read_file

PIPELINE = pipeline()
PLOTS = [entry for stage in PIPELINE["stages"].values() for plot in stage.get("plots", []) for entry in plot.items()]


def test_no_input_may_lie_in_a_folder_that_a_stage_writes() -> None:
    outs = [path for stage in (*STAGES, *AUDIT) for path in declared(stage, "outs", "metrics", "plots")]
    assert outs
    for path in map(PurePosixPath, outs):
        assert any(folder == path or folder in path.parents for folder in map(PurePosixPath, OUTS)), path


@pytest.mark.parametrize("stage", [*STAGES, *AUDIT])
def test_the_paths_of_a_script_are_those_of_its_stage(stage: str) -> None:
    module = runpy.run_path(str(ROOT / f"stages/{stage}.py"), run_name="imported")
    paths = {value.as_posix() for value in module.values() if isinstance(value, Path)}
    data = [path for path in declared(stage, "deps") if not path.startswith(("stages/", "${"))]
    data = [path for path in data if not path.endswith("/hashes.json")]  # read beside another file of the folder
    outs = [path.removesuffix("/${item}") for path in declared(stage, "outs", "metrics", "plots")]
    assert paths - {"params.yaml", "audit/params.yaml"} == {*data, *outs}
    assert stage != "audit_fold" or declared(stage, "outs") == ["data/audit/${item}"]


@pytest.mark.parametrize("stage", [*STAGES, *AUDIT])
def test_a_stage_reads_its_own_section_after_all_params_are_checked(stage: str) -> None:
    assert list(read_file(ROOT / "params.yaml")) == list(STAGES)
    assert list(PIPELINE["stages"]) == list(NAMES.values())
    entry, fold = entry_of(stage), " ${item}" if stage == "audit_fold" else ""
    assert entry["cmd"] == ["python stages/check.py", f"python stages/{stage}.py{fold}"]
    assert entry["desc"]
    assert entry["wdir"] == ".." if stage in AUDIT else declared(stage, "params") == [stage]


def test_small_results_are_kept_in_git_and_the_export_is_a_model() -> None:
    (artifact,) = PIPELINE["artifacts"].values()
    assert (artifact["path"], artifact["type"]) == ("models/export", "model")
    for stage in PIPELINE["stages"].values():
        for entry in [*stage.get("metrics", []), *stage.get("plots", [])]:
            assert next(iter(entry.values()))["cache"] is False
        assert all(isinstance(out, str) for out in stage["outs"]), "an uncached out would switch the run-cache off"


def test_plots_of_two_revisions_are_drawn_by_templates_that_there_are() -> None:
    folder = ROOT / ".dvc/plots"
    assert {path.stem for path in folder.glob("*.json")} <= {options.get("template") for _, options in PLOTS}
    for path, options in PLOTS:
        point = {options["x"]: 1, options["y"]: 2, "low": 1, "high": 2, "number": 3}
        points = [point | {"rev": rev} for rev in ("HEAD", "workspace")]
        drawn = VegaRenderer(points, path, template_dir=str(folder), **options).get_filled_template()
        assert {row["rev"] for row in drawn["data"]["values"]} == {"HEAD", "workspace"}
        assert "<DVC_METRIC" not in json.dumps(drawn), "the template asks for something that dvc.yaml does not give"


def anchors(page: Path) -> set[str]:
    """What links to the headings of a page are called: lower case, without punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("pages", ["*.md", "docs/*.md", "benchmarks/*.md", "data/sample/*.md"])
def test_links_between_pages_lead_somewhere(pages: str) -> None:
    for page in ROOT.glob(pages):
        for link in re.findall(r"\]\((?!https://)([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), f"{page}: {link}"
            assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_merge_keeps_lock_and_results_of_the_current_branch_and_reports_a_conflict() -> None:
    """Git would combine the hashes of both branches, and DVC would call stale stages up to date."""
    paths = ("dvc.lock", "pos/dvc.lock", "metrics/evaluate.json", "plots/per_type.csv")
    command = ["git", "check-attr", "merge", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{path}: merge: unset" for path in paths]


def test_pre_commit_checks_the_types_of_all_files_that_mypy_reads() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    (pattern,) = [hook["files"] for hook in hooks if hook["id"] == "mypy"]
    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["files"]
    assert all(re.match(pattern, file if file.endswith(".py") else f"{file}/x.py") for file in read)
