"""Model folders that a stranger made: what they name is neither read, run nor printed."""

import json
import os
import pickle
import re

from helpers.handmade_export import add_encoder, save_export
from helpers.messages import refused
from safetensors.torch import load_file, save_file

from tagline.inference import Tagger

ODD = "\x1b[31m"


def made(folder):
    return add_encoder(save_export(folder))


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
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def pipe(name):
    def replace(folder):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return replace


def broken_link(folder):
    (folder / "hashes.json").symlink_to("nowhere")


def opened(tmp_path, damage):
    damage(made(tmp_path / "model"))
    Tagger(tmp_path / "model", "torch")


PIPE = "not a file but a device or pipe; remove it, and run `dvc repro export`"
test_hostile_folder_is_refused = refused(
    opened,
    (pickled, ": no model.safetensors; expected weights in safetensors; pytorch_model.bin is a pickle and is never"),
    (outside, "/model.safetensors.index.json: weight_map names '../model.safetensors'; expected names of safetensors"),
    (broken_link, "/hashes.json is missing; expected what the stage export writes"),
    *((pipe(name), f"/{name}: {PIPE}") for name in ("config.json", "hashes.json", "onnx/model_quantized.onnx")),
    at="model",
)


def test_names_in_the_folder_reach_no_terminal(tmp_path, capfd):
    folder = made(tmp_path / "model")
    weights, config = folder / "model.safetensors", folder / "config.json"
    save_file(load_file(weights) | {f"x{ODD}": load_file(weights)["classifier.bias"]}, weights, {"format": "pt"})
    config.write_text(json.dumps(json.loads(config.read_text()) | {f"x{ODD}": ODD, "is_decoder": True}))
    capfd.readouterr()
    with Tagger(folder, "torch") as tagger:
        tagger("Ada")
    printed = capfd.readouterr()
    assert not re.search("[\x00-\x08\x0b-\x1f]", printed.out + printed.err)
