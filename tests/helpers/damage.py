"""Damage to files, drawn from a seeded generator: bytes, JSON values, folders in place of files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

DEEP = "[" * 100_000 + "]" * 100_000
# Values that JSON text can have in place of any other; text, since Python's encoder refuses some of them.
VALUES = (
    "null true -1 0 1.5 2147483648 9223372036854775808 1e999 -1e308 NaN Infinity [] {} [[]] [null] [1] "
    '{"a":1} "" "x" "\\ud800" "\\u0000" "\\u001b[31m" "../../x" "/etc/passwd" "\\n"'
).split()
VALUES += ["9" * 5000, DEEP, '{"a":' * 50_000 + "1" + "}" * 50_000, json.dumps("x" * 100_000)]
_HOLE = "\x1fHOLE\x1f"


def damage(path: Path, random: Random) -> str:
    """Damage a file in place and describe how."""
    if random.random() < 0.04:
        path.unlink()
        path.mkdir()
        return "a folder"
    content = path.read_bytes()
    kinds = [*BYTES]
    if path.suffix == ".json":
        kinds += [_json] * 2 * len(kinds)
    kind = random.choice(kinds)
    damaged = kind(content, random)
    path.write_bytes(damaged)
    return f"{kind.__name__.strip('_')}: {_difference(content, damaged)}"


def damage_one(folder: Path, random: Random, pattern: str = "*") -> str:
    """Damage one file of a folder, or rarely remove it, and describe how."""
    files = sorted(path for path in folder.rglob(pattern) if path.is_file())
    path = random.choice(files)
    name = path.relative_to(folder).as_posix()
    if random.random() < 0.03:
        path.unlink()
        return f"{name} removed"
    return f"{name}, {damage(path, random)}"


def restore(original: Path, folder: Path) -> None:
    """Make a folder equal to another again."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)


def _flip(content: bytes, random: Random) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(random.choice((1, 1, 1, 3, 20))):
        changed[_position(changed, random)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, random: Random) -> bytes:
    size = random.choice((1, 2, 4, 8, 64))
    start = _position(content, random)
    fill = random.choice((b"\0", b"\xff", b"\x7f", b"\x80", b"["))
    return content[:start] + fill * size + content[start + size :]


def _truncate(content: bytes, random: Random) -> bytes:
    return content[: _position(content, random)]


def _cut_out(content: bytes, random: Random) -> bytes:
    start = _position(content, random)
    return content[:start] + content[start + random.choice((1, 8, 100)) :]


def _repeat(content: bytes, random: Random) -> bytes:
    start = _position(content, random)
    end = start + random.choice((1, 8, 100))
    return content[:end] + content[start:]


def _append(content: bytes, random: Random) -> bytes:
    return content + random.choice((b"\0", b"x", b"\n\n", b"\xff\xfe", content[:1000]))


def _replace(_: bytes, random: Random) -> bytes:
    return random.choice((b"", b"\0", b"{", b"{}", b"[]", b"1", b"\n", b"\xef\xbb\xbf", DEEP.encode(), b'"x"', b"null"))


BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip,
    _flip,
    _overwrite,
    _truncate,
    _cut_out,
    _repeat,
    _append,
    _replace,
)


def _json(content: bytes, random: Random) -> bytes:
    """Replace, remove or rename one value of a JSON text."""
    value = json.loads(content)
    parents = list(_containers(value))
    parent = random.choice(parents) if parents else None
    if not parent:
        return random.choice(VALUES).encode()
    key = random.choice(list(parent)) if isinstance(parent, dict) else random.randrange(len(parent))
    action = random.random()
    if action < 0.15:
        del parent[key]
    elif action < 0.2 and isinstance(parent, dict):
        parent[f"{key}x"] = parent.pop(key)
    else:
        parent[key] = _HOLE
    text = json.dumps(value, ensure_ascii=False)
    return text.replace(json.dumps(_HOLE), random.choice(VALUES)).encode(errors="surrogatepass")


def _containers(value: Any) -> list[Any]:
    """The objects and lists of a value that are not empty, each as often as all of its levels: shallow ones too."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [value] * 3 if inner else []
    for each in inner[:50]:
        found += _containers(each)
    return found


def _position(content: bytes | bytearray, random: Random) -> int:
    """A position, half of the time near the start or the end, where files have their headers."""
    size = len(content)
    if not size:
        return 0
    match random.randrange(4):
        case 0:
            return random.randrange(min(size, 400))
        case 1:
            return size - 1 - random.randrange(min(size, 400))
    return random.randrange(size)


def _difference(before: bytes, after: bytes) -> str:
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return f"byte {start}, {len(before)} to {len(after)} bytes, {after[start : start + 40]!r}"
