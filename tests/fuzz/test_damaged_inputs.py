"""Damaged data sets, texts and folders that a stranger may have made: each is read, or gives one `UserError`.

Damage is drawn from a seeded generator: bytes, JSON values, folders in place of files.
"""

import json
import shutil
import traceback
from pathlib import Path
from random import Random

import pytest
from helpers.formats import CORPUS, IN_JSON, KEYS, section, write_corpus
from helpers.tiny import TINY_PARAMS

from tagline.artifacts import raw_data
from tagline.core.names import SPLITS
from tagline.inference.tagger import Tagger
from tagline.sources import files
from tagline.sources.download_params import Download
from tagline.sources.files import FileSource
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.registry import FORMATS
from tagline.sources.readers import to_row
from tagline.sources.stage import write_encoder
from tagline.terminal.errors import UserError
from tagline.tools.texts import readers

pytestmark = pytest.mark.rare


def fuzz(harm, read, config, cases):
    """Damage and read with one seed after another, the same ones on every host; fail with all seeds that went wrong.

    Args:
        harm: damages something and describes how; it begins with what was there before the first damage.
        read: reads what is damaged.
        config: has the options ``--fuzz-times`` and ``--fuzz-seed``.
        cases: the number of seeds, to be multiplied by ``--fuzz-times``.
    """
    first = int(config.getoption("--fuzz-seed"))
    failures = []
    for seed in range(first, first + cases * int(config.getoption("--fuzz-times"))):
        damaged = harm(Random(seed))
        try:
            read()
        except UserError as error:
            failure = "" if str(error).strip() else "an error without a message"
        except OSError as error:
            failure = "" if error.filename is not None else traceback.format_exc(limit=-4)
        except BaseException:
            failure = traceback.format_exc(limit=-4)
        else:
            failure = ""
        if failure:
            failures.append(f"--fuzz-seed {seed}: {damaged}\n{failure}")
    assert not failures, f"{len(failures)} cases:\n" + "\n".join(failures)


def of_file(path):
    """Damage to a file."""
    content = path.read_bytes()

    def harm(random):
        if path.is_dir():
            path.rmdir()
        path.write_bytes(content)
        return damage(path, random)

    return harm


DEEP = "[" * 100_000 + "]" * 100_000
# Values that JSON text can have in place of any other; text, since Python's encoder refuses some of them.
VALUES = (
    "null true -1 0 1.5 2147483648 9223372036854775808 1e999 NaN [] {} [[]] [null] [1] "
    '{"a":1} "" "x" "\\ud800" "\\u0000" "\\u001b[31m" "../../x" "\\n"'
).split()
VALUES += ["9" * 5000, DEEP, json.dumps("x" * 100_000)]
REPLACEMENTS = (b"", b"\0", b"{", b"\n", b"\xef\xbb\xbf", *(value.encode() for value in VALUES))
_HOLE = "\x1fHOLE\x1f"


def damage(path, random):
    """Damage a file in place and describe how."""
    if random.random() < 0.04:
        path.unlink()
        path.mkdir()
        return "a folder"
    content = path.read_bytes()
    damaged = (_json if path.suffix == ".json" and random.random() < 2 / 3 else _bytes)(content, random)
    path.write_bytes(damaged)
    return f"{len(content)} to {len(damaged)} bytes, {damaged[:200]!r}"


def _bytes(content, random):
    """Replace the whole, or some bytes in one place: by others, by nothing, or by twice the same."""
    if random.random() < 0.15:
        return random.choice((*REPLACEMENTS, content + b"\xff\xfe", content + content[:1000]))
    size = len(content)
    # Half of the time near the start or the end, where files have their headers.
    near = random.randrange(min(size, 400))
    start = random.choice((near, size - 1 - near, random.randrange(size), random.randrange(size)))
    end = random.choice((start + 1, start + 8, start + 100, size))
    old = content[start:end]
    flipped = bytes([old[0] ^ 1 << random.randrange(8)]) + old[1:]
    new = random.choice((flipped, flipped, b"\0" * 8, b"\xff" * 8, b"[" * 8, b"", old + old))
    return content[:start] + new + content[end:]


def _json(content, random):
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


# The keys with which formats read more.
POLICIES = {"misaligned_spans": "expand", "overlaps": "longest"}


@pytest.mark.parametrize("name", KEYS)
def test_damaged_data_set_is_read_or_refused(name, tmp_path, pytestconfig):
    named = write_corpus(name, tmp_path / ("data.json" if name in IN_JSON else "data"), CORPUS * 4)
    policies = {key: value for key, value in POLICIES.items() if key in FORMATS[name].model_fields}
    dataset = section(name, **dict.fromkeys(SPLITS, named), **policies)
    path = dataset.files(files.find(tmp_path, named, "")[0])[-1]

    def read():
        shutil.rmtree(tmp_path / "raw", ignore_errors=True)
        source = FileSource(tmp_path, dataset)
        rows = ((split, to_row(sentence)) for split, sentence in source.sentences())
        raw_data.write_rows(tmp_path / "raw", rows, source.names, list(dataset.tag_columns))
        source.provenance(), source.report()
        raw_data.load(tmp_path / "raw")

    fuzz(of_file(path), read, pytestconfig, 500)


READERS = {
    "texts": (readers.read_texts, ".txt", "Ada in Osl\u00f6.\n".encode() * 9),
    "words": (readers.read_words, ".txt", "Ada in Osl\u00f6 .\n".encode() * 9),
    "json": (readers.read_json, ".json", json.dumps([{"text": "Ada in Oslo"}, {"words": ["Ada"]}] * 3).encode()),
    "columns": (readers.read_conll, ".txt", b"Ada B-X\nin O\n\n" * 9),
}


@pytest.mark.parametrize("name", READERS)
def test_damaged_input_of_predict_is_read_or_refused(name, tmp_path, pytestconfig):
    reader, suffix, content = READERS[name]
    path = tmp_path / f"input{suffix}"
    path.write_bytes(content)

    def read():
        assert all(all(document.words) for document in reader(read_lines(path), str(path)))

    fuzz(of_file(path), read, pytestconfig, 1000)


def read_export(folder):
    for backend in ("onnx", "onnx-int8", "torch"):
        with Tagger(folder, backend=backend, verify=False) as tagger:
            tagger(["Ada Lind lives in Oslo.", "x" * 100])


def read_source_encoder(folder):
    section = Download.model_validate(TINY_PARAMS["download"])
    shutil.rmtree("out", ignore_errors=True)
    write_encoder(folder.parent, section.encoder, Path("out"))


FOLDERS = {"models/export": read_export, "data/tiny/encoder": read_source_encoder}


@pytest.mark.parametrize("name", FOLDERS)
def test_damaged_folder_is_read_or_reported(name, finished, pytestconfig):
    folder, original = finished / name, finished / "original"
    shutil.copytree(folder, original)

    def harm(random):
        shutil.rmtree(folder)
        shutil.copytree(original, folder)
        path = random.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
        return f"{path.name}, {damage(path, random)}"

    fuzz(harm, lambda: FOLDERS[name](folder), pytestconfig, 200)
