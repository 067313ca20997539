"""Plumbing that every layer uses: params, readers, locks, outputs, provenance, findings.

Three modules are imported by themselves: `params` and `shards`, since they load pydantic and pyarrow, and `reading`,
which has a function of its name.
"""

from tagline.core.findings import Findings
from tagline.core.names import (
    DOCUMENT,
    FEW_ENTITIES,
    FEW_OF_TEST,
    FURTHER,
    LEARNT,
    SPLITS,
    TOKENIZER_FILE,
    BackendName,
    Overlaps,
    reported_split,
)
from tagline.core.outputs import read_columns, read_json, replacing, write_json
from tagline.core.provenance import HASHES, PROVENANCE, read_hashes, sha256, verify, versions, write_hashes

__all__ = [
    "DOCUMENT",
    "FEW_ENTITIES",
    "FEW_OF_TEST",
    "FURTHER",
    "HASHES",
    "LEARNT",
    "PROVENANCE",
    "SPLITS",
    "TOKENIZER_FILE",
    "BackendName",
    "Findings",
    "Overlaps",
    "params",
    "read_columns",
    "read_hashes",
    "read_json",
    "reading",
    "replacing",
    "reported_split",
    "sha256",
    "shards",
    "verify",
    "versions",
    "write_hashes",
    "write_json",
]
