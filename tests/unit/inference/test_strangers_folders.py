"""Model folders that a stranger made: what they name is neither read, run nor printed."""

import os
import pickle
import re

from helpers.handmade_export import add_encoder, save_export
from helpers.messages import refused
from helpers.project import json_of
from safetensors.torch import load_file, save_file

from tagline.core import write_json
from tagline.inference import Tagger

ODD = "\x1b[31m"


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("code was run",)


def pickled(folder):
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Harmful()))
    (folder / "model.safetensors").unlink()


def outside(folder):
    weights = folder / "model.safetensors"
    index = {"weight_map": dict.fromkeys(load_file(weights), "../model.safetensors")}
    weights.rename(folder / "../model.safetensors")
    write_json(folder / "model.safetensors.index.json", index)


def pipe(name):
    def replace(folder):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return replace


PIPE = "not a file but a device or pipe; remove it, and run `dvc repro export`"


def opened(tmp_path, damage):
    damage(add_encoder(save_export(tmp_path / "model")))
    Tagger(tmp_path / "model", "torch")


test_hostile_folder_is_refused = refused(
    opened,
    (pickled, ": no model.safetensors; expected weights in safetensors; pytorch_model.bin is a pickle and is never"),
    (outside, "/model.safetensors.index.json: weight_map names '../model.safetensors'; expected names of safetensors"),
    (
        lambda folder: (folder / "hashes.json").symlink_to("nowhere"),
        "/hashes.json is missing; expected what the stage export writes",
    ),
    *((pipe(name), f"/{name}: {PIPE}") for name in ("config.json", "hashes.json", "onnx/model_quantized.onnx")),
    at="model",
)


def test_names_in_the_folder_reach_no_terminal(tmp_path, capfd):
    folder = add_encoder(save_export(tmp_path))
    weights, config = load_file(folder / "model.safetensors"), folder / "config.json"
    weights[f"x{ODD}"] = weights["classifier.bias"].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    write_json(config, json_of(config) | {f"x{ODD}": ODD, "is_decoder": True})
    capfd.readouterr()
    with Tagger(folder, "torch") as tagger:
        tagger("Ada")
    printed = capfd.readouterr()
    assert not re.search("[\x00-\x08\x0b-\x1f]", printed.out + printed.err)
