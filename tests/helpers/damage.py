"""Damage to files, drawn from a seeded generator: bytes, JSON values, folders in place of files."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

DEEP = "[" * 100_000 + "]" * 100_000
# Values that JSON text can have in place of any other; text, since Python's encoder refuses some of them.
VALUES = (
    "null true -1 0 1.5 2147483648 9223372036854775808 1e999 NaN [] {} [[]] [null] [1] "
    '{"a":1} "" "x" "\\ud800" "\\u0000" "\\u001b[31m" "../../x" "\\n"'
).split()
VALUES += ["9" * 5000, DEEP, json.dumps("x" * 100_000)]
REPLACEMENTS = (b"", b"\0", b"{", b"{}", b"[]", b"1", b"\n", b"\xef\xbb\xbf", DEEP.encode(), b'"x"', b"null")
_HOLE = "\x1fHOLE\x1f"


def damage(path: Path, random: Random) -> str:
    """Damage a file in place and describe how."""
    if random.random() < 0.04:
        path.unlink()
        path.mkdir()
        return "a folder"
    content = path.read_bytes()
    damaged = (_json if path.suffix == ".json" and random.random() < 2 / 3 else _bytes)(content, random)
    path.write_bytes(damaged)
    return f"{len(content)} to {len(damaged)} bytes, {damaged[:200]!r}"


def damage_one(folder: Path, random: Random, pattern: str = "*") -> str:
    """Damage one file of a folder and describe how."""
    path = random.choice(sorted(path for path in folder.rglob(pattern) if path.is_file()))
    return f"{path.relative_to(folder).as_posix()}, {damage(path, random)}"


def _bytes(content: bytes, random: Random) -> bytes:
    """Flip a bit, overwrite, truncate, cut out, repeat, append, or replace the whole."""
    size = len(content)
    # Half of the time near the start or the end, where files have their headers.
    near = random.randrange(min(size, 400))
    start = random.choice((near, size - 1 - near, random.randrange(size), random.randrange(size)))
    end = start + random.choice((1, 8, 100))
    match random.randrange(7):
        case 0 | 1:
            return content[:start] + bytes([content[start] ^ 1 << random.randrange(8)]) + content[start + 1 :]
        case 2:
            return content[:start] + random.choice((b"\0", b"\xff", b"\x80", b"[")) * 8 + content[start + 8 :]
        case 3:
            return content[:start]
        case 4:
            return content[:start] + content[end:]
        case 5:
            return content[:end] + content[start:]
    return random.choice((*REPLACEMENTS, content + b"\xff\xfe", content + content[:1000]))


def _json(content: bytes, random: Random) -> bytes:
    """Replace or remove one value of a JSON text, at any of its levels."""
    value = current = json.loads(content)
    parent, key = None, None
    while isinstance(current, dict | list) and current and (parent is None or random.random() < 0.6):
        parent, key = current, random.choice([*current] if isinstance(current, dict) else range(len(current)))
        current = parent[key]
    if parent is None:
        return random.choice(VALUES).encode()
    parent[key] = _HOLE
    if random.random() < 0.15:
        del parent[key]
    text = json.dumps(value, ensure_ascii=False)
    return text.replace(json.dumps(_HOLE), random.choice(VALUES)).encode(errors="surrogatepass")
