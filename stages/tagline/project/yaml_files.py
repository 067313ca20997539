"""Writing params.yaml and dvc.yaml whole, in the form that DVC's own writer keeps."""

import io
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from tagline.core import reading, replacing
from tagline.core.params import parse, read_file


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as [partial]:
        partial.write_text(text, encoding="utf-8", newline="\n")


def as_dvc_writes(content: CommentedMap) -> str:
    """Return YAML as DVC's own writer (`dvc.utils.serialize`) formats it."""
    yaml = YAML()
    yaml.default_flow_style = False
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def is_current(path: Path, expected: str) -> bool:
    """Return whether a dvc.yaml says what a text says, apart from what `dvc freeze` adds.

    Raises:
        UserError: it is not YAML, or has no stages.
    """
    content = read_file(path)
    wanted = parse(expected, path)
    with reading(path, expected="stages as DVC reads them", remedy="restore it, as by `git checkout`"):
        for stage in (*content["stages"].values(), *wanted["stages"].values()):
            stage.pop("frozen", None)
    return bool(content == wanted)
