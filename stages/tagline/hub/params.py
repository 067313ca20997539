"""What params.yaml says of a push to the Hugging Face Hub: which repository, and whether at all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tagline.core.params import Section


class Push(Section):
    """See params.yaml for what each key means."""

    repo_id: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None
    private: bool
    branch: Annotated[str, Field(pattern=r"^[\w./-]+$")]
    push: bool

    @model_validator(mode="after")
    def _pushed_somewhere(self) -> Push:
        if self.push and self.repo_id is None:
            raise ValueError("push is true, so repo_id must name a repository (OWNER/NAME)")
        return self
