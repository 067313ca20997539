"""HTML files that contain all that they show, style and script included."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tagline.labels import type_grounds

FOLDER = Path(__file__).parent


def render_file(template: Path, variables: Mapping[str, Any], *scripts: Path) -> str:
    """Render a template as self-contained HTML, which loads no other file and runs no other script.

    Args:
        template: the page; it may use the templates of this folder.
        variables: its own, besides ``style``, ``script`` and ``script_hash``.
    """
    script = "".join(path.read_text(encoding="utf-8") for path in scripts)
    of_file = {
        "style": Markup((FOLDER / "style.css").read_text(encoding="utf-8") + type_grounds.style()),
        "script": Markup(script),
        "script_hash": "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return _environment(template.parent, FOLDER).get_template(template.name).render({**variables, **of_file})


def _environment(*folders: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["score"] = lambda value, digits=3: f"{value:.{digits}f}"
    environment.filters["percent"] = lambda share: f"{100 * share:.1f}%"
    environment.filters["count"] = "{:,}".format
    environment.filters["words"] = lambda name: name.replace("_", " ")
    return environment
