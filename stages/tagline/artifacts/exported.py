"""The folder models/export: the forms of one model, and what there is to know to use them without transformers.

config.json, model.safetensors      the transformers folder
tokenizer.json, tokenizer_config.json
model.onnx                          by ``export.onnx``: the graph in float32, for onnxruntime
model.int8.onnx                     by ``export.int8``: the same in integers of 8 bits
tagger.json                         labels, decoding and windows
README.md                           the model card
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from tagline.core.errors import UserError
from tagline.core.outputs import read_json, write_json
from tagline.labels.label_list import Decoding, Kind, Labels

TAGGER = "tagger.json"
# The heads that models can have; `tagline.model.heads` has their code.
HEADS = ("linear",)

BackendName = Literal["onnx-int8", "onnx", "torch"]
"""The backends that can run an exported model, the fastest first on a CPU. `torch` reads the transformers folder."""
GRAPHS: dict[BackendName, str] = {"onnx-int8": "model.int8.onnx", "onnx": "model.onnx"}
"""The files of the onnxruntime backends, written only where params ask for them."""


@dataclass(frozen=True)
class Exported:
    """How an exported model is to be used.

    Attributes:
        labels: in the model's order.
        head: the name of the classifier head, see `tagline.model.heads`.
        decoding: how labels are chosen.
        max_length: longest window in sub-words, special tokens included.
        stride: most sub-words that two neighbouring windows share.
        padding: the id of the sub-word that fills a batch up.
        one_by_one: whether the tokenizer makes the same sub-words of a word whatever stands beside it.
    """

    labels: Labels
    head: str
    decoding: Decoding
    max_length: int
    stride: int
    padding: int
    one_by_one: bool


def write(exported: Exported, folder: Path) -> None:
    """Write tagger.json."""
    values = asdict(exported)
    write_json(folder / TAGGER, values.pop("labels") | values)


def read(folder: Path) -> Exported:
    """Read tagger.json.

    Raises:
        UserError: it is missing or damaged.
    """
    path = folder / TAGGER
    content = read_json(path, "export")
    try:
        labels = Labels(content["task"], content["kind"], tuple(content["names"]), content["fallback"])
        max_length, stride, padding = (int(content[name]) for name in ("max_length", "stride", "padding"))
        known = all(
            (
                labels.kind in get_args(Kind),
                all(isinstance(name, str) for name in labels.names),
                labels.fallback in labels.names,
                content["head"] in HEADS,
                content["decoding"] in get_args(Decoding),
                max_length > stride >= 0,
                isinstance(content["one_by_one"], bool),
            )
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        known = False
    if not known:
        raise UserError(f"{path} is damaged: run `dvc repro export` again")
    return Exported(labels, content["head"], content["decoding"], max_length, stride, padding, content["one_by_one"])


def backends(folder: Path) -> list[BackendName]:
    """List the backends that an export has files for, the fastest first."""
    return [name for name in get_args(BackendName) if name == "torch" or (folder / GRAPHS[name]).is_file()]


def files(folder: Path, backend: BackendName) -> list[Path]:
    """List the files of a backend. Those of the transformers folder are all that belong to no graph."""
    graphs = {name: sorted(folder.glob(f"{file}*")) for name, file in GRAPHS.items()}
    if backend != "torch":
        return graphs[backend]
    return sorted({file for file in folder.iterdir() if file.is_file()}.difference(*graphs.values()))
