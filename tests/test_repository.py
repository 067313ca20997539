"""The repository's own files: dvc.yaml against the scripts, links of pages, `make differences`, the page of plots."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

import pytest
import yaml
from dvc_render.html import render_html
from dvc_render.vega import VegaRenderer
from helpers.browser import chromium, in_a_browser, requests
from helpers.project import CREATED, NAMES, ROOT, STAGES, declared, entry_of, files_of, pipeline

from tagline.core.params import OUTS, read_file

PIPELINE = pipeline()
PLOTS = [entry for stage in PIPELINE["stages"].values() for plot in stage.get("plots", []) for entry in plot.items()]
TEMPLATE = ROOT / ".dvc/plots/page.html"
# `vega-lite@5` in a command, and `vega-lite@5.2.0` in an address.
MAJOR = re.compile(r"(vega[\w-]*)@(\d+)")


def test_no_input_may_lie_in_a_folder_that_a_stage_writes():
    outs = [path for stage in (*STAGES, *CREATED) for path in declared(stage, "outs", "metrics", "plots")]
    assert outs
    for path in map(PurePosixPath, outs):
        assert any(folder == path or folder in path.parents for folder in map(PurePosixPath, OUTS)), path


@pytest.mark.parametrize("stage", [*STAGES, *CREATED])
def test_the_paths_of_a_script_are_those_of_its_stage(stage):
    module = runpy.run_path(str(ROOT / f"stages/{stage}.py"), run_name="imported")
    paths = {value.as_posix() for value in module.values() if isinstance(value, Path)}
    data = [path for path in declared(stage, "deps") if not path.startswith(("stages/", "${"))]
    data = [path for path in data if not path.endswith("/hashes.json")]  # read beside another file of the folder
    outs = declared(stage, "outs", "metrics", "plots")
    assert paths - {"params.yaml", "crossval/params.yaml"} == {*data, *outs}


@pytest.mark.parametrize("stage", [*STAGES, *CREATED])
def test_a_stage_reads_its_own_section_after_all_params_are_checked(stage):
    assert list(read_file(ROOT / "params.yaml")) == list(STAGES)
    assert list(PIPELINE["stages"]) == list(NAMES.values())
    entry = entry_of(stage)
    assert entry["cmd"] == ["python stages/check.py", f"python stages/{stage}.py"]
    assert entry["desc"]
    assert entry["wdir"] == ".." if stage in CREATED else declared(stage, "params") == [stage]


def test_small_results_are_kept_in_git_and_the_export_is_a_model():
    (artifact,) = PIPELINE["artifacts"].values()
    assert (artifact["path"], artifact["type"]) == ("models/export", "model")
    for stage in PIPELINE["stages"].values():
        for entry in [*stage.get("metrics", []), *stage.get("plots", [])]:
            assert next(iter(entry.values()))["cache"] is False
        assert all(isinstance(out, str) for out in stage["outs"]), "an uncached out would switch the run-cache off"


def test_plots_of_two_revisions_are_drawn_by_templates_that_there_are():
    folder = ROOT / ".dvc/plots"
    assert {path.stem for path in folder.glob("*.json")} <= {options.get("template") for _, options in PLOTS}
    for path, options in PLOTS:
        point = {options["x"]: 1, options["y"]: 2, "low": 1, "high": 2, "number": 3}
        points = [point | {"rev": rev} for rev in ("HEAD", "workspace")]
        drawn = VegaRenderer(points, path, template_dir=str(folder), **options).get_filled_template()
        assert {row["rev"] for row in drawn["data"]["values"]} == {"HEAD", "workspace"}
        assert "<DVC_METRIC" not in json.dumps(drawn), "the template asks for something that dvc.yaml does not give"


def anchors(page):
    """What links to the headings of a page are called: lower case, without punctuation, hyphens for spaces."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("pages", ["*.md", "docs/**/*.md", "benchmarks/*.md", "data/sample/*.md"])
def test_links_between_pages_lead_somewhere(pages):
    for page in ROOT.glob(pages):
        for link in re.findall(r"\]\((?!https://)([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), f"{page}: {link}"
            assert not anchor or anchor in anchors(target), f"{page}: {link}"


@pytest.mark.parametrize("files", ["Makefile", "params.yaml", "presets/*.yaml", "stages/**/*.py"])
def test_pages_that_code_names_are_there(files):
    for file in ROOT.glob(files):
        for path, anchor in re.findall(r"(docs/[\w/]+\.md)#?([\w-]*)", file.read_text(encoding="utf-8")):
            assert not anchor or anchor in anchors(ROOT / path), f"{file}: {path}#{anchor}"
            assert (ROOT / path).exists(), f"{file}: {path}"


def test_the_site_lists_every_page_of_the_docs():
    listed = re.findall(r'"([^"]+\.md)"', (ROOT / "zensical.toml").read_text(encoding="utf-8"))
    assert {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")} <= {*listed}


def test_merge_keeps_lock_and_results_of_the_current_branch_and_reports_a_conflict():
    """Git would combine the hashes of both branches, and DVC would call stale stages up to date."""
    paths = ("dvc.lock", "pos/dvc.lock", "metrics/evaluate.json", "plots/per_type.csv")
    assert run(ROOT, "git", "check-attr", "merge", *paths).splitlines() == [f"{path}: merge: unset" for path in paths]


def test_a_clone_has_data_as_they_were_added_and_code_with_unix_line_ends(tmp_path):
    """DVC would run all stages again for each colleague whose data have another hash."""
    folder, windows = tmp_path / "project", b"EU B-ORG\r\nrejects O\r\n"
    for name in ("data/own/train.conll", "data/sample/train.conll", "stages/train.py"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(windows)
    (folder / "data/own/test.conll").write_bytes(b"EU B-ORG\n")
    shutil.copy(ROOT / ".gitattributes", folder)
    run(folder, "git", "init", "-q")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "-m", "data")
    run(tmp_path, "git", "clone", "-q", "-c", "core.autocrlf=true", "project", "clone")
    data = files_of(folder / "data")
    assert set(data.values()) == {windows, b"EU B-ORG\n"}
    assert files_of(tmp_path / "clone/data") == data
    assert (tmp_path / "clone/stages/train.py").read_bytes() == windows.replace(b"\r", b"")


def test_workflow_tests_tagline_only_where_that_is_wanted():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    wanted = {name for name, job in jobs.items() if "vars.TEST_TAGLINE == 'true'" in job["if"]}
    assert wanted == {"test", "docs", "nightly"}
    others = str([job["steps"] for name, job in jobs.items() if name not in wanted])
    assert not any(tool in others for tool in ("pytest", "ruff", "mypy", "make test", "[dev"))


def test_all_but_torch_is_pinned_with_hashes():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("\\\n", "")
    assert re.fullmatch(r"(?:[\w.-]+==[^#]+?( +--hash=sha256:\w{64})+\n)+", text)
    assert not re.search("^(torch|triton|nvidia|cuda|setuptools)", text, re.MULTILINE)


UV = "uv==1.0 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n"
PINNED, OWN = (
    "pip install --require-hashes --no-deps -r constraints.txt",
    "python -m pip install --no-compile -e .[dev,encoder]",
)


@pytest.fixture
def installed(repository, monkeypatch):
    """Runs `make install` with a program instead of Python, and perhaps one instead of uv; returns both outputs."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (repository / ".venv/bin").mkdir(parents=True)
    shutil.copytree(ROOT / ".ci", repository / ".ci")
    (repository / "pyproject.toml").touch()
    (repository / "constraints.txt").write_text(
        f"torchless==1 \\\n    --hash=sha256:2\n{UV}zzz==1 \\\n    --hash=sha256:3\n"
    )

    def run_with(**programs):
        for name, text in programs.items():
            (repository / ".venv/bin" / name).write_text(f"#!/bin/sh\n{text}\n")
            (repository / ".venv/bin" / name).chmod(0o755)
        said = run(repository, "make", "--always-make", "install", "PYTHON=true")
        return said, (repository / ".venv/install.log").read_text()

    return run_with


SHOWS = "echo ran $(basename $0) $* && for file; do case $file in /dev/fd/*) cat $file;; esac; done"


def test_install_takes_uv_as_it_is_locked_and_says_a_line_for_each_step(installed):
    uv = f"printf '#!/bin/sh\\necho ran uv $*\\n' > .venv/bin/uv; chmod +x .venv/bin/uv; {SHOWS}"
    said, log = installed(python=uv)
    assert re.fullmatch(r"(install: (uv|pinned packages|torch and tagline) \.*\d+ s\n){3}", said)
    first, *rest = log.splitlines()
    assert re.fullmatch(r"ran python -m pip install --require-hashes --no-deps -r /dev/fd/\d+", first)
    assert UV in log and "zzz" not in log and "torchless" not in log
    assert [line for line in rest if line.startswith("ran")][-1] == f"ran {OWN}"


def test_install_falls_back_to_pip(installed):
    said, log = installed(python=SHOWS, uv="exit 2")
    assert "install: uv can't install here, so pip does, which takes minutes\n" in said
    assert log.splitlines() == [f"ran python -m {PINNED}", f"ran {OWN}"]


def test_failed_install_quotes_the_log(installed, repository):
    with pytest.raises(subprocess.CalledProcessError) as failed:
        installed(python="echo no such package; exit 1", uv="exit 2")
    said = "no such package\ninstall: expected packages that fit; .venv/install.log has all lines of the installers\n"
    assert said in failed.value.stderr
    assert not (repository / ".venv/.installed").exists()


def test_python_that_is_too_old_is_said_before_an_environment_is_made(repository):
    code = "import sys; sys.version_info = (3, 9, 6); exec(sys.argv[2])"
    old = repository / "old"
    old.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n")
    old.chmod(0o755)
    for name in ("pyproject.toml", "constraints.txt"):
        (repository / name).touch()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run(repository, "make", "install", f"PYTHON={old}")
    message = "Python 3.9; expected 3.11 or newer; run: rm -rf .venv && make PYTHON=python3.12"
    assert f"{old}: {message}\n" in failed.value.stderr
    assert not (repository / ".venv").exists()


def run(folder, *command):
    # Git must not find a repository above the folder, and make must not take itself for one that `make test` started.
    of_make = dict.fromkeys(("MAKEFLAGS", "MAKELEVEL", "MFLAGS"), "")
    environment = os.environ | of_make | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path):
    """A repository with inputs and results, which are committed."""
    if shutil.which("make") is None:
        pytest.skip("this host has no make")
    folder = tmp_path / "project"
    for name in ("params.yaml", "dvc.yaml", "dvc.lock", "data/train.conll", "stages/train.py", "plots/validation.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("committed\n")
    shutil.copy(ROOT / "Makefile", folder)
    run(folder, "git", "init", "-q")
    assert run(folder, "make", "differences") == "", "nothing is committed"
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "-m", "results")
    return folder


def test_differing_results_are_said_unless_inputs_differ_too(repository):
    assert run(repository, "make", "differences") == ""
    for name in ("dvc.lock", "plots/validation.csv"):
        (repository / name).write_text("of this host\n")
    said = run(repository, "make", "differences").splitlines()
    assert said[-1] == "git add dvc.lock metrics plots && git commit"
    assert max(map(len, said)) <= 100
    (repository / "params.yaml").write_text("changed\n")
    assert run(repository, "make", "differences") == ""


def test_without_git_nothing_is_said(repository, tmp_path):
    (repository / "dvc.lock").write_text("of this host\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sh").symlink_to(str(shutil.which("sh")))
    assert run(repository, "env", f"PATH={programs}", str(shutil.which("make")), "differences") == ""


def page_in(folder):
    """The page with one plot, as `dvc plots show` writes it."""
    points = [{"step": 1, "loss": "2.0", "rev": "workspace"}]
    renderer = VegaRenderer(points, "loss.csv", template="linear", x="step", y="loss")
    return Path(render_html([renderer], folder / "dvc_plots/index.html", TEMPLATE)).resolve()


@pytest.fixture(scope="module")
def chrome():
    with chromium("--host-resolver-rules=MAP * ~NOTFOUND") as chrome:  # no network
        yield chrome


def test_dvc_uses_the_template(tmp_path):
    config = ConfigParser()
    config.read(ROOT / ".dvc/config")
    assert ROOT / ".dvc" / config["plots"]["html_template"] == TEMPLATE
    page = page_in(tmp_path).read_text(encoding="utf-8")
    assert VegaRenderer.SCRIPTS.strip() in page
    assert '"loss": "2.0"' in page
    assert not re.search(r"{\w+}", page)


@pytest.mark.parametrize("path", [".dvc/plots/page.html", "docs/dvc.md"])
def test_the_command_installs_the_versions_of_dvc(path):
    (command,) = re.findall(r"npm install --prefix dvc_plots ([^<`\n]*)", (ROOT / path).read_text(encoding="utf-8"))
    assert MAJOR.findall(command) == MAJOR.findall(VegaRenderer.SCRIPTS)


@in_a_browser
def test_vega_beside_the_page_is_used(chrome, tmp_path):
    page = page_in(tmp_path)
    embed = "window.vegaEmbed = (id, spec) => document.querySelector(id).append(spec.data.values[0].loss, vegaLite)"
    scripts = {"vega": "window.vega = 1", "vega-lite": "window.vegaLite = vega + 1", "vega-embed": embed}
    for name, script in scripts.items():
        path = page.parent / f"node_modules/{name}/build/{name}.min.js"
        path.parent.mkdir(parents=True)
        path.write_text(script, encoding="utf-8")
    requests(chrome)  # those of earlier tests
    chrome.get(page.as_uri())
    assert chrome.find_element("id", "loss_csv").text == "2.02"
    assert "could not be loaded" not in chrome.find_element("tag name", "body").text
    assert all(url.startswith("file:") for url in requests(chrome))


@in_a_browser
def test_otherwise_it_is_asked_of_the_network_and_its_absence_explained(chrome, tmp_path):
    requests(chrome)
    chrome.get(page_in(tmp_path).as_uri())
    asked = {url for url in requests(chrome) if url.startswith("https:")}
    assert asked == set(re.findall(r'src="([^"]+)"', VegaRenderer.SCRIPTS))
    assert "npm install --prefix dvc_plots" in chrome.find_element("tag name", "body").text
