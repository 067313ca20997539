"""Schema of ``hub`` in params.yaml: whether and where a stage pushes to the Hugging Face Hub."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tagline.core.params import Section


class Push(Section):
    """Params of a push; params.yaml describes each key."""

    repo_id: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None
    private: bool
    branch: Annotated[str, Field(pattern=r"^[\w./-]+$")]
    push: bool

    @model_validator(mode="after")
    def _pushed_somewhere(self) -> Push:
        if self.push and self.repo_id is None:
            raise ValueError("push is true, so repo_id must name a repository (OWNER/NAME)")
        return self
