"""Whether an encoder is whole: weights all there, of the shapes that config.json says, finite, of its own sub-words.

Sub-words that differ in the last letter only, such as *walk* and *walks*, have similar embeddings in a trained encoder:
of such pairs, 0.96 to 0.996 are more similar than pairs at random (0.97 and more in six scripts), but 0.47 to 0.53 with
another encoder's tokenizer or random weights. Few encoders have a masked-LM head that would show it.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch.nn.functional import cosine_similarity
from transformers import AutoModelForTokenClassification

from tagline.core import reading
from tagline.terminal import UserError, shortened

# Letters of the shorter sub-word of a pair, and the pairs to compare; with few of them nothing is said.
LETTERS, MOST_PAIRS, FEW_PAIRS = 5, 2000, 200
# The least share of pairs that must be more similar than others.
RELATED = 0.65


def check_weights(location: str, folder: Path, vocabulary: Mapping[str, int]) -> None:
    """Check the weights of an encoder with memory for the largest of them only.

    Raises:
        UserError: transformers can't load them as a token classifier; a weight is missing, of another shape, NaN or
            infinite; the embeddings are of another vocabulary.
    """
    with reading(location, problem="transformers can't load a token classifier", remedy="choose another encoder"):
        model, info = AutoModelForTokenClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            device_map="meta",  # without memory
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    drawn = {*info["missing_keys"], *(mismatch[0] for mismatch in info["mismatched_keys"])}
    # Neither the new classifier nor a pooler, which no token classifier reads.
    lacking = [name for name in drawn if name.startswith(f"{model.base_model_prefix}.") and ".pooler." not in name]
    if lacking:
        names = shortened(", ".join(sorted(lacking)))
        raise UserError(
            f"{location}: {len(lacking)} weights of its config.json are missing or have another shape ({names}); "
            "expected the weights of the whole encoder; choose a complete one, or the config.json of these weights"
        )
    shape = model.get_input_embeddings().weight.shape
    for path in sorted(folder.glob("*.safetensors")):
        _check_tensors(location, path, shape, vocabulary)


def _check_tensors(location: str, path: Path, embeddings: torch.Size, vocabulary: Mapping[str, int]) -> None:
    """Check the tensors of a file one after the other; those of the shape of embeddings are."""
    with reading(location, problem=f"damaged {path.name}", remedy="download it again, or choose another encoder"):
        file = safe_open(path, "pt")
        for name in file.keys():  # noqa: SIM118 (it is not iterable)
            weight = file.get_tensor(name)
            if weight.is_floating_point() and not weight.isfinite().all():
                raise UserError(
                    f"{location}: in {path.name}, {name} is NaN or infinite in places; expected finite weights; "
                    "download it again, or choose another encoder"
                )
            if weight.shape == embeddings:
                _check_related(location, weight, vocabulary)


def _check_related(location: str, embeddings: torch.Tensor, vocabulary: Mapping[str, int]) -> None:
    pairs = []
    for longer in sorted(vocabulary):
        shorter = longer[:-1]
        is_pair = len(shorter) >= LETTERS and shorter in vocabulary
        if is_pair and max(vocabulary[shorter], vocabulary[longer]) < len(embeddings):
            pairs.append((vocabulary[shorter], vocabulary[longer]))
    if len(pairs) < FEW_PAIRS:
        return
    compared = torch.tensor(pairs[:: len(pairs) // MOST_PAIRS + 1])
    vectors = embeddings[compared].float()  # (pairs, 2, width)
    first, second = (vectors - vectors.mean((0, 1))).unbind(1)
    others = second.roll(len(second) // 2, 0)
    share = (cosine_similarity(first, second) > cosine_similarity(first, others)).float().mean().item()
    if share < RELATED:
        raise UserError(
            f"{location}: sub-words such as walk and walks have similar embeddings in {share:.0%} of cases; expected "
            "nearly all, 50% is chance; its tokenizer.json is of another encoder, or its weights are not trained: "
            "choose an encoder with the tokenizer of its pretraining"
        )
