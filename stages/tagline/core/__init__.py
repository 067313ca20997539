"""Plumbing that every layer uses: params, readers, locks, outputs, provenance, findings.

`params` and `shards` are imported by themselves, since they load pydantic and pyarrow.
"""

from tagline.core.findings import Findings
from tagline.core.names import DOCUMENT, TOKENIZER_FILE, BackendName, Overlaps
from tagline.core.outputs import read_columns, read_json, replacing, write_json
from tagline.core.provenance import HASHES, PROVENANCE, sha256, verify, versions, write_hashes
from tagline.core.reading import committed, git, parse_object, reading

__all__ = [
    "DOCUMENT",
    "HASHES",
    "PROVENANCE",
    "TOKENIZER_FILE",
    "BackendName",
    "Findings",
    "Overlaps",
    "committed",
    "git",
    "params",
    "parse_object",
    "read_columns",
    "read_json",
    "reading",
    "replacing",
    "sha256",
    "shards",
    "verify",
    "versions",
    "write_hashes",
    "write_json",
]
