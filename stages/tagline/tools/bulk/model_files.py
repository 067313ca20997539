"""The files of an exported model, which travel to the machines of a cluster."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tagline.artifacts import exported
from tagline.artifacts.exported import TAGGER, TOKENIZER, BackendName
from tagline.core.errors import require
from tagline.inference.opening import chosen_backend


@dataclass(frozen=True)
class ModelFiles:
    """The files of one backend.

    Attributes:
        backend: its name.
        content: of each file.
    """

    backend: BackendName
    content: dict[str, bytes]

    @classmethod
    def read(cls, folder: Path, backend: BackendName | None) -> ModelFiles:
        """Read the files, and compare them with hashes.json.

        Raises:
            UserError: the folder, or its files for the backend, are missing or damaged.
        """
        require(folder / TAGGER, "export")
        name = chosen_backend(folder, backend)
        exported.verify(folder, exported.hashes(folder), name)
        paths = {*exported.files(folder, name), *(folder / each for each in (TAGGER, *TOKENIZER))}
        return cls(name, {path.name: path.read_bytes() for path in sorted(paths) if path.is_file()})

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.content.items()}

    def write(self, folder: Path) -> None:
        for name, content in self.content.items():
            (folder / name).write_bytes(content)
