"""What `pip install -e .` makes importable: the package `tagline`, from the clone's own files, and no stage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from helpers.project import ROOT, STAGES


def test_the_installed_package_is_the_clones(tmp_path: Path) -> None:
    # pytest has stages/ on its path, where setuptools leaves a .egg-info that knows no origin.
    origins = [found.read_text("direct_url.json") or "{}" for found in metadata.distributions(name="tagline")]
    if ROOT.as_uri() not in [json.loads(origin).get("url") for origin in origins]:
        pytest.skip("this environment was installed from another clone")
    program = (
        "import importlib.util, tagline, tagline.core\n"
        "print(tagline.__file__, tagline.core.__file__, sep='\\n')\n"
        f"print([name for name in {STAGES} if importlib.util.find_spec(name)])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    package, section, stages = done.stdout.splitlines()
    assert Path(package) == ROOT / "stages/tagline/__init__.py"
    assert Path(section) == ROOT / "stages/tagline/core/__init__.py"
    assert stages == "[]", "stages/ itself is not on the path, or `import evaluate` would find a stage"
