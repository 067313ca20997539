"""The folder audit/ beside params.yaml: a DVC pipeline of its own, made when somebody wants an audit.

It is not part of the repository, because DVC regards every dvc.yaml, also in commands without a target: while the
stages of one have never run, `dvc pull`, `dvc checkout` and `dvc commit` fail.
"""

import os
from pathlib import Path

from tagline.audit.audit_params import AUDIT, AUDIT_PARAMS
from tagline.core.params import read_text
from tagline.terminal import UserError
from tagline.tools.settings.yaml_files import is_current, with_code_in, write_text

DVC_YAML = Path("audit/dvc.yaml")
STAGES = ("fold", "all", "audit")
# Where the texts are; a file called dvc.yaml would be a pipeline there, too.
_TEXTS = {DVC_YAML: Path("audit/pipeline.yaml"), AUDIT_PARAMS: Path("audit/params.yaml")}
# How the pipeline begins.
_MARK = "# Written by "
_STAGES = Path(__file__).parents[3]


def create() -> list[Path]:
    """Create audit/ in the current folder, or bring its dvc.yaml up to date; params that exist stay.

    Returns:
        The files that were written.

    Raises:
        UserError: the command is not that of a clone, the current folder has no pipeline, or audit/dvc.yaml is another
            one.
    """
    if not (_STAGES / "audit.py").is_file():
        raise UserError(
            f"{_STAGES} has no scripts of stages; expected the command of a clone; run `make install` in the clone, "
            "and this in its environment"
        )
    if not Path("dvc.yaml").is_file():
        raise UserError("dvc.yaml is missing; expected the repository's root or a pipeline folder; run this there")
    if DVC_YAML.is_file() and not read_text(DVC_YAML).startswith(_MARK):
        raise UserError(f"{DVC_YAML}: another pipeline; expected that of the audit, or none; rename its folder")
    outdated = [path for path in _TEXTS if not path.is_file()]
    if DVC_YAML not in outdated and not is_current(DVC_YAML, text(DVC_YAML)):
        outdated.insert(0, DVC_YAML)
    for path in outdated:
        path.parent.mkdir(exist_ok=True)
        write_text(path, text(path))
    return outdated


def check() -> None:
    """Raise a `UserError` if audit/dvc.yaml is missing or not that of this version."""
    if not DVC_YAML.is_file():
        raise UserError(f"{DVC_YAML} is missing; expected the pipeline of the audit; run `{AUDIT}`")
    if not is_current(DVC_YAML, text(DVC_YAML)):
        raise UserError(f"{DVC_YAML}: out of date; expected that of this version; run `{AUDIT}`")


def text(path: Path) -> str:
    """Give the content of a file of the folder; in a pipeline folder, the code is one level up."""
    content = (Path(__file__).parent / _TEXTS[path]).read_text(encoding="utf-8")
    return with_code_in(Path(os.path.relpath(_STAGES)).as_posix(), content)
