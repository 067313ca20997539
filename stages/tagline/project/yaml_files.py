"""Writing params.yaml and dvc.yaml whole, in the form that DVC's own writer keeps."""

import io
import posixpath
import re
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from tagline.core import reading, replacing
from tagline.core.params import parse, read_file

# Where a path to the code begins, in a command or by itself.
_CODE = re.compile(r"(?<![\w./-])stages/")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as [partial]:
        partial.write_text(text, encoding="utf-8", newline="\n")


def text_for_folder(content: CommentedMap, source: str = ".") -> str:
    """Return params as YAML for a pipeline folder, with relative folders adapted.

    Args:
        content: without errors; ``download.folder`` and ``train.folder`` are changed.
        source: the folder that they are of.
    """
    for section in (content["download"], content["train"]):
        if not Path(section["folder"]).is_absolute():
            section["folder"] = posixpath.normpath(posixpath.join("..", source, section["folder"]))
    return as_dvc_writes(content).replace("$schema=params.schema.json", "$schema=../params.schema.json")  # for editors


def as_dvc_writes(content: CommentedMap) -> str:
    """Return YAML as DVC's own writer (`dvc.utils.serialize`) formats it."""
    yaml = YAML()
    yaml.default_flow_style = False
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def with_code_in(folder: str, text: str) -> str:
    """Return a dvc.yaml whose paths of code begin with another folder than ``stages``."""
    return _CODE.sub(f"{folder}/", text)


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
