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
from tagline.labels.label_list import Kind, Labels
from tagline.model.decoding import Decoding

TAGGER = "tagger.json"

BackendName = Literal["onnx-int8", "onnx", "torch"]
"""The forms of an exported model, the fastest first on a CPU. `torch` is the transformers folder."""
GRAPHS: dict[BackendName, str] = {"onnx-int8": "model.int8.onnx", "onnx": "model.onnx"}
"""The files of those for onnxruntime, each there only where it was asked for."""


@dataclass(frozen=True)
class Exported:
    """How an exported model is to be used.

    Attributes:
        labels: in the model's order.
        decoding: how labels are chosen.
        max_length: longest window in sub-words, special tokens included.
        stride: most sub-words that two neighbouring windows share.
        padding: the id of the sub-word that fills a batch up.
        one_by_one: whether the tokenizer makes the same sub-words of a word whatever stands beside it.
    """

    labels: Labels
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
                content["decoding"] in get_args(Decoding),
                max_length > stride >= 0,
                isinstance(content["one_by_one"], bool),
            )
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        known = False
    if not known:
        raise UserError(f"{path} is damaged: run `dvc repro export` again")
    return Exported(labels, content["decoding"], max_length, stride, padding, content["one_by_one"])


def forms(folder: Path) -> list[BackendName]:
    """The forms that an export has, the fastest first."""
    return [form for form in get_args(BackendName) if form == "torch" or (folder / GRAPHS[form]).is_file()]


def files(folder: Path, form: BackendName) -> list[Path]:
    """The files of a form. Those of the transformers folder are all that are of no graph."""
    graphs = {name: sorted(folder.glob(f"{file}*")) for name, file in GRAPHS.items()}
    if form != "torch":
        return graphs[form]
    return sorted({file for file in folder.iterdir() if file.is_file()}.difference(*graphs.values()))
