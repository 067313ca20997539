"""The folder crossval/ beside params.yaml: a DVC pipeline of its own, made when somebody wants it.

It is not part of the repository, because DVC regards every dvc.yaml, also in commands without a target: while the
stages of one have never run, `dvc pull`, `dvc checkout` and `dvc commit` fail.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from tagline.core.params import read_text
from tagline.project.yaml_files import is_current, with_code_in, write_text
from tagline.terminal import UserError

# How a pipeline begins.
_MARK = "# Written by "
_STAGES = Path(__file__).parents[2]


def require_script(script: Path) -> None:
    """Raise a `UserError` if the command is not that of a clone, so that the script of a stage is missing."""
    if not script.is_file():
        raise UserError(
            f"{script.parent} has no scripts of stages; expected the command of a clone; run `make install` in the "
            "clone, and this in its environment"
        )


@dataclass(frozen=True)
class CreatedPipeline:
    """A pipeline that `tagline NAME create` makes.

    Attributes:
        name: of its folder, its command and its last stage.
        stages: the names of its stages in dvc.yaml.
    """

    name: str
    stages: tuple[str, ...]

    @property
    def dvc_yaml(self) -> Path:
        """Its dvc.yaml."""
        return Path(self.name, "dvc.yaml")

    @property
    def command(self) -> str:
        """What creates it, or brings it up to date."""
        return f"tagline {self.name} create"

    def create(self) -> list[Path]:
        """Create the folder in the current one, or bring its dvc.yaml up to date; params that exist stay.

        Returns:
            The files that were written.

        Raises:
            UserError: the command is not that of a clone, the current folder has no pipeline, or the dvc.yaml is
                another one.
        """
        require_script(_STAGES / f"{self.name}.py")
        if not Path("dvc.yaml").is_file():
            raise UserError("dvc.yaml is missing; expected the repository's root or a pipeline folder; run this there")
        if self.dvc_yaml.is_file() and not read_text(self.dvc_yaml).startswith(_MARK):
            raise UserError(
                f"{self.dvc_yaml}: another pipeline; expected that of `{self.command}`, or none; rename its folder"
            )
        written = []
        params = Path(self.name, "params.yaml")
        if not params.is_file():
            params.parent.mkdir(exist_ok=True)
            write_text(params, self._text("params.yaml"))
            written.append(params)
        text = self._pipeline()
        if not self.dvc_yaml.is_file() or not is_current(self.dvc_yaml, text):
            write_text(self.dvc_yaml, text)
            written.append(self.dvc_yaml)
        return written

    def check(self) -> None:
        """Raise a `UserError` if the dvc.yaml is missing or not that of this version."""
        if not self.dvc_yaml.is_file():
            raise UserError(f"{self.dvc_yaml} is missing; expected the pipeline of {self.name}; run `{self.command}`")
        if not is_current(self.dvc_yaml, self._pipeline()):
            raise UserError(f"{self.dvc_yaml}: out of date; expected that of this version; run `{self.command}`")

    def _pipeline(self) -> str:
        """Its dvc.yaml; in a pipeline folder, the code is one level up."""
        return with_code_in(Path(os.path.relpath(_STAGES)).as_posix(), self._text("pipeline.yaml"))

    def _text(self, name: str) -> str:
        """The text of a file; one called dvc.yaml would be a pipeline there, too."""
        return (Path(__file__).parent / self.name / name).read_text(encoding="utf-8")


CROSSVAL = CreatedPipeline("crossval", ("fold", "crossval"))
