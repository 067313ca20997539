"""Plumbing that every layer uses: params, readers, locks, outputs, provenance, findings.

`params` and `shards` are imported by themselves, since they load pydantic and pyarrow. `reading` is the function, which
hides its module.
"""

from tagline.core.findings import OF_SENTENCES, Findings
from tagline.core.names import (
    DOCUMENT,
    FEW_ENTITIES,
    FEW_OF_TEST,
    FURTHER,
    LEARNT,
    SPLITS,
    TOKENIZER_FILE,
    BackendName,
    reported_split,
)
from tagline.core.outputs import Rows, read_columns, read_json, replacing, write_json
from tagline.core.provenance import (
    HASHES,
    PROVENANCE,
    copy_files,
    read_hashes,
    sha256,
    verify,
    verify_files,
    versions,
    write_hashes,
)
from tagline.core.reading import (
    WEIGHTS,
    WEIGHTS_INDEX,
    check_config,
    check_normalizer,
    committed,
    is_plain,
    parse_object,
    reading,
    reading_tokenizer,
    require,
    restore,
    weight_files,
)

__all__ = [
    "DOCUMENT",
    "FEW_ENTITIES",
    "FEW_OF_TEST",
    "FURTHER",
    "HASHES",
    "LEARNT",
    "OF_SENTENCES",
    "PROVENANCE",
    "SPLITS",
    "TOKENIZER_FILE",
    "WEIGHTS",
    "WEIGHTS_INDEX",
    "BackendName",
    "Findings",
    "Rows",
    "check_config",
    "check_normalizer",
    "committed",
    "copy_files",
    "is_plain",
    "params",
    "parse_object",
    "read_columns",
    "read_hashes",
    "read_json",
    "reading",
    "reading_tokenizer",
    "replacing",
    "reported_split",
    "require",
    "restore",
    "sha256",
    "shards",
    "verify",
    "verify_files",
    "versions",
    "weight_files",
    "write_hashes",
    "write_json",
]
