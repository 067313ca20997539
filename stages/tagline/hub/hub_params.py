"""Schema of ``hub`` in params.yaml: whether and where a stage pushes to the Hugging Face Hub."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tagline.core.params import Section


class Push(Section):
    """Params of a push."""

    repo_id: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    """Model repository, OWNER/NAME; created if it does not exist."""
    private: bool = True
    """Create the repository as private, and fail if it exists and is public."""
    branch: Annotated[str, Field(pattern=r"^[\w./-]+$")] = "main"
    """Branch to commit to; created if it does not exist."""
    push: bool = False
    """Whether to push. Needs a token from `hf auth login` or HF_TOKEN."""

    @model_validator(mode="after")
    def _pushed_somewhere(self) -> Push:
        if self.push and self.repo_id is None:
            raise ValueError("push is true, so repo_id must name a repository (OWNER/NAME)")
        return self
