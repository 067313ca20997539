"""The folder crossval/ beside params.yaml: a DVC pipeline of its own, made when somebody wants it.

It is not part of the repository: DVC regards every dvc.yaml, and while the stage of one has never run, `dvc pull`,
`dvc checkout` and `dvc commit` fail.
"""

from pathlib import Path

from tagline.core.params import read_text
from tagline.crossval.crossval_params import CROSSVAL_PARAMS
from tagline.project.yaml_files import is_current, write_text
from tagline.terminal import UserError

DVC_YAML = Path("crossval/dvc.yaml")
# How it begins.
_MARK = "# Written by "
_CODE = Path(__file__).parents[2]


def create() -> list[Path]:
    """Create the folder, or bring its dvc.yaml up to date; params that exist stay.

    Returns:
        The files that were written.

    Raises:
        UserError: the command is not that of a clone, the current folder has no dvc.yaml, or the dvc.yaml is another
            one.
    """
    if not (_CODE / "crossval.py").is_file():
        raise UserError(
            f"{_CODE} has no scripts of stages; expected the command of a clone; run `make install` in the clone, and "
            "this in its environment"
        )
    if not Path("dvc.yaml").is_file():
        raise UserError("dvc.yaml is missing; expected the repository's root; run this there")
    if DVC_YAML.is_file() and not read_text(DVC_YAML).startswith(_MARK):
        raise UserError(
            f"{DVC_YAML}: another pipeline; expected that of `tagline crossval`, or none; rename its folder"
        )
    written = []
    if not CROSSVAL_PARAMS.is_file():
        CROSSVAL_PARAMS.parent.mkdir(exist_ok=True)
        write_text(CROSSVAL_PARAMS, _text("params.yaml"))
        written.append(CROSSVAL_PARAMS)
    text = _text("pipeline.yaml")
    if not DVC_YAML.is_file() or not is_current(DVC_YAML, text):
        write_text(DVC_YAML, text)
        written.append(DVC_YAML)
    return written


def check() -> None:
    """Raise a `UserError` if the dvc.yaml is not this version's."""
    if not is_current(DVC_YAML, _text("pipeline.yaml")):
        raise UserError(f"{DVC_YAML}: out of date; expected that of this version; run `tagline crossval`")


def _text(name: str) -> str:
    """The text of a file; one called dvc.yaml would be a pipeline there."""
    return (Path(__file__).parent / "crossval" / name).read_text(encoding="utf-8")
