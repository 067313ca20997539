"""The folder models/export, laid out as transformers, transformers.js and the Hub expect a model.

config.json, model.safetensors      the model for transformers; with graphs, config.json has ``transformers.js_config``
head.safetensors                    weights of the head, if it has any, see `tagline.model.heads.head`
tokenizer.json, tokenizer_config.json
onnx/model_quantized.onnx           with ``export.int8``: the model for onnxruntime, quantised to 8-bit integers
onnx/model.onnx                     with ``export.onnx``: the same in float32; its weights are those of
                                    model.safetensors, or in model.onnx_data beside it with ``export.browser`` or if
                                    model.safetensors is in half precision
tagger.json                         labels, head, windows, words, precision, the calibration of scores, and
                                    biases, accept, lowercase and reference if set
conformance.jsonl                   texts with their words, sentences and entities, for other implementations
hashes.json                         the SHA-256 of each file but the model card
README.md                           the model card
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from tagline.core import HASHES, BackendName, read_hashes, read_json, reading, require, verify_files, write_json
from tagline.labels import HEAD_FILE, Biases, Calibration, Labels, Precision, label_list
from tagline.labels.label_list import PER_TYPE, PerType
from tagline.terminal import QUOTED, UserError, shortened

TAGGER = "tagger.json"
# Of the layout of the folder and of tagger.json.
VERSION = 1
# Files of the tokenizer that the onnxruntime backends read; transformers may read others, too.
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
_READ_BY_ALL = (TAGGER, *TOKENIZER)

GRAPHS: dict[BackendName, str] = {"onnx-int8": "onnx/model_quantized.onnx", "onnx": "onnx/model.onnx"}
"""Files of the onnxruntime backends, which exist only if the params ask for them; transformers.js has their names."""
# The suffix of the file beside a graph that has its weights, if they are in neither the graph nor model.safetensors.
DATA = "_data"


@dataclass(frozen=True)
class WordRule:
    """The rule that splits raw text into words, as the stage download records it.

    Attributes:
        language: ``download.dataset.language``; None: the default rule.
        library: its name and version; None: the default rule.
        agreement: share of the training words that the rule finds again in running text.
    """

    language: str | None = None
    library: str | None = None
    agreement: float = 1.0


@dataclass(frozen=True)
class SentenceRule:
    """Whether raw text is split into sentences, as the stage download records it.

    Attributes:
        split: whether the training sentences are those that the library finds.
        library: its name and version; None: texts stay whole.
        agreement: share of the training sentences that the library does not split.
    """

    split: bool = False
    library: str | None = None
    agreement: float = 1.0


# Entries of tagger.json that are checked alike.
_TYPES = {"head": str, "precision": str, "one_by_one": bool, "lowercase": bool}
_TYPES |= dict.fromkeys(("max_length", "stride", "padding"), int)


@dataclass(frozen=True)
class Exported:
    """How to use an exported model.

    Attributes:
        labels: in the order of the logits.
        head: a key of `tagline.model.heads.HEADS`.
        max_length: maximum window length in sub-words, special tokens included.
        stride: maximum overlap of two neighbouring windows in sub-words.
        padding: id of the padding sub-word.
        one_by_one: whether a word's sub-words are independent of its neighbours.
        precision: number format of the backend torch, that of the evaluation.
        biases: added to the scores of the labels of some types when labels are chosen.
        lowercase: whether sentences whose capitals say nothing are read in small letters (`tagline.text.case`).
        calibration: of scores; None if an earlier version exported.
        accept: the lowest score of entities of a type whose precision is promised.
        reference: for `tagline.metrics.expected.Reference.parse`; empty if an earlier version exported or validation
            has too few entities.
    """

    labels: Labels
    head: str
    max_length: int
    stride: int
    padding: int
    one_by_one: bool
    words: WordRule = field(default_factory=WordRule)
    precision: Precision = "auto"
    sentences: SentenceRule = field(default_factory=SentenceRule)
    biases: Biases = field(default_factory=dict)
    lowercase: bool = False
    calibration: Calibration | None = None
    accept: PerType = field(default_factory=dict)
    reference: Mapping[str, Any] = field(default_factory=dict)


def write(exported: Exported, folder: Path) -> None:
    values = asdict(exported)
    del values["labels"], values["calibration"]
    for name in (*PER_TYPE, "lowercase", "reference"):
        if not values[name]:
            del values[name]
    if exported.calibration is not None:
        values["calibration"] = exported.calibration.to_json()
    labels = label_list.to_json(replace(exported.labels, sets=()))  # which are of data/tokenized
    write_json(folder / TAGGER, {"version": VERSION} | labels | values)


def read(folder: Path) -> Exported:
    """Read tagger.json.

    Raises:
        UserError: the file is missing, damaged, or of another version.
    """
    path = folder / TAGGER
    for file in (*folder.glob("*"), *(folder / "onnx").glob("*")):
        require(file, "export")  # a pipe would never end, and hashes.json behind a broken link would count as none
    content = read_json(path, "export")
    version = content.get("version")
    if version != VERSION:
        raise UserError(
            f"{path}: version {shortened(json.dumps(version), QUOTED)}; this Tagline reads version {VERSION}; "
            "run `dvc repro export`"
        )
    with reading(path, "export", expected="labels, head and windows"):
        labels = label_list.parse(content)
        values = _parse_values({"lowercase": False} | content)
        words, sentences = _parse_rules(content)
        return Exported(
            labels,
            **values,
            words=words,
            sentences=sentences,
            biases=label_list.parse_per_type(content, "biases", labels),
            accept=label_list.parse_per_type(content, "accept", labels),
            calibration=label_list.parse_calibration(content),
            reference=content.get("reference", {}),
        )


def _parse_values(content: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: content[name] for name in _TYPES}
    for name, type_ in _TYPES.items():
        if type(values[name]) is not type_ or (type_ is int and not 0 <= values[name] < 2**31):
            raise ValueError(f"{name} is {values[name]!r}")
    if values["max_length"] <= values["stride"]:
        raise ValueError(f"max_length is {values['max_length']}, stride is {values['stride']}")
    if values["precision"] not in get_args(Precision):
        raise ValueError(f"precision is {values['precision']!r}")
    return values


def read_rules(path: Path) -> tuple[WordRule, SentenceRule]:
    """Read the rules for words and sentences in a verified provenance.json of data/raw."""
    return _parse_rules(read_json(path, "download"))


def _parse_rules(content: Mapping[str, Any]) -> tuple[WordRule, SentenceRule]:
    words = WordRule(**content["words"])
    sentences = SentenceRule(**content["sentences"])
    for text in (words.language, words.library, sentences.library):
        if not isinstance(text, str | None):
            raise ValueError("language or library is neither a string nor null")
    if not isinstance(sentences.split, bool):
        raise ValueError(f"split of sentences is {sentences.split!r}")
    for share in (words.agreement, sentences.agreement):
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError(f"agreement is {share!r}")
    return words, sentences


def read_report(path: Path) -> tuple[str, float, list[str]]:
    """Read the split, its F1, and the notes on backends from reports/export.json.

    Raises:
        UserError: it is missing or damaged.
    """
    with reading(path, "export"):
        [(split, of_split)] = read_json(path, "export").items()
        return split, float(of_split["f1"]), [*of_split.get("notes", [])]


def backends(folder: Path) -> list[BackendName]:
    """List the backends whose files exist or are listed, fastest on a CPU first."""
    listed = hashes(folder)
    present: set[BackendName] = {"torch"}
    for backend, graph in GRAPHS.items():
        if graph in listed or (folder / graph).is_file():
            present.add(backend)
    return [backend for backend in get_args(BackendName) if backend in present]


def external_weights(folder: Path, backend: BackendName) -> list[Path]:
    data = folder / (GRAPHS[backend] + DATA)
    if data.is_file():
        return [data]
    if backend == "onnx":
        return weights(folder)
    return []


def weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def files(folder: Path, backend: BackendName) -> list[Path]:
    """List the files of a backend; those of `torch` are all but ONNX files."""
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return [folder / name for name in names if backend in _backends_of(name, names)]


def hashes(folder: Path) -> dict[str, str]:
    """Read hashes.json; without it (no stage wrote the folder) there are no hashes.

    Raises:
        UserError: the file is damaged.
    """
    if not os.path.lexists(folder / HASHES):  # a broken link is damage
        return {}
    return read_hashes(folder, "export")


def verify(folder: Path, expected: Mapping[str, str], backend: BackendName | None = None) -> None:
    """Compare the files of an export with their hashes.

    Args:
        expected: see `hashes`; if empty, nothing is checked.
        backend: check only the files that it loads; None: all.

    Raises:
        UserError: a file is missing or damaged.
    """
    if backend is None:
        names = list(expected)
    else:
        names = [name for name in expected if name in _READ_BY_ALL or backend in _backends_of(name, expected)]
    if expected and backend in GRAPHS and GRAPHS[backend] not in names:
        names.append(GRAPHS[backend])  # refused: another export's
    verify_files(folder, expected, "export", names)


def _backends_of(name: str, names: Collection[str]) -> list[BackendName]:
    """List the backends that a file belongs to, by its name and those of all files."""
    if name == HEAD_FILE:
        return [*get_args(BackendName)]
    for graph, file in GRAPHS.items():
        if name.startswith(file):
            return [graph]
    if name.endswith(".safetensors") and GRAPHS["onnx"] + DATA not in names:
        return ["torch", "onnx"]
    return ["torch"]
