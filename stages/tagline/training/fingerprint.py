"""Fingerprint: what a stage's result depends on, in a few digits, so that no run goes on with another one's work."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagline.core.provenance import hashes, sha256


def fingerprint(params: Mapping[str, Any], script: Path, *inputs: Path) -> str:
    """The SHA-256, cut to 16 digits, of params, code and inputs. Hosts and their libraries are no part of it.

    Args:
        params: those that change the result, as plain values.
        script: the stage's own; of the package, the modules count that are loaded by now.
        inputs: folders, by what is in them.
    """
    code = {
        name: sha256(Path(module.__file__))
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "tagline" and module.__file__
    }
    parts = {
        "params": params,
        "code": code | {"": sha256(script)},
        "inputs": {path.as_posix(): hashes(path) for path in inputs},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
