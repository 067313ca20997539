"""Fingerprint of a run's params, code and inputs: an interrupted run continues only if it is equal."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagline.core.provenance import sha256


def fingerprint(params: Mapping[str, Any], script: Path, inputs: Mapping[str, Mapping[str, str]]) -> str:
    """The first 16 hexadecimal digits of a SHA-256; hosts and library versions are not part of it.

    Args:
        params: those that change the result, as plain values.
        script: the stage's file; the modules of the package that are loaded so far count too.
        inputs: the SHA-256 of each file of each input folder.
    """
    code = {
        name: sha256(Path(module.__file__))
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "tagline" and module.__file__
    }
    parts = {
        "params": params,
        "code": code | {"": sha256(script)},
        "inputs": inputs,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()[:16]
