"""Token classification models and the own weights of their heads."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedConfig, PreTrainedModel

from tagline.core import PROVENANCE, check_config, read_json, reading, require, weight_files
from tagline.labels import Doubles, Labels, label_list, shared_labels
from tagline.model.heads.head import OWN_WEIGHTS, Head, Weights
from tagline.terminal import UserError, some

# The largest number of weights that a model may have beyond those in its files.
_INITIALISED = 2**26
# What the model returns, for windows of any length, whatever the encoder's config.json says.
_OUTPUTS = {
    "return_dict": True,
    "output_attentions": False,
    "output_hidden_states": False,
    "chunk_size_feed_forward": 0,
}
# Names of learned or sinusoidal tables of absolute positions: embeddings.position_embeddings in BERT, wpe in GPT-2,
# embed_positions in BioGPT. Tables of relative positions (rel_embeddings, relative_attention_bias) set no limit.
_POSITION_TABLE = re.compile(r"(^|\.)((\w+_)?position_embeddings?|embed_positions|pos_embeddings?|wpe)$")
_CLASSIFIERS = {"classifier.weight", "score.weight"}  # names of the tensors of a token classifier
_INDEX = re.compile(r"\.\d+\.")  # of a layer, in the name of a tensor


def new_classifier(
    encoder: Path,
    labels: Labels,
    layers: int | None = None,
    old: Sequence[str] | None = None,
) -> PreTrainedModel:
    """Load a pretrained encoder with a new classifier, which is drawn: set the seed before.

    Args:
        layers: number of the encoder's first layers to keep; None: all.
        old: labels of the folder's classifier, whose rows are kept for labels of the same name.

    Returns:
        The model in float32, as half precision rounds small updates to zero.

    Raises:
        UserError: the folder is incomplete or has weights of more layers than its config.json; its architecture has no
            token classifier; it shares no label with ``old``; or it does not have these layers.
    """
    model = _with_new_head(encoder, labels) if old is None else _continued(encoder, old, labels)
    if layers is not None:
        model = _with_layers(model, layers)
    return model


def read_labels(folder: Path, like: Labels) -> Labels:
    """Read the labels of a token classifier, in the order of its logits.

    Args:
        like: the labels of the task, of the same kind.

    Raises:
        UserError: config.json is missing or damaged, or its labels are not of this kind.
    """
    with reading(
        folder / "config.json",
        problem="unusable labels",
        expected=f"labels like those of task {like.task}, {counted(like.names, 'labels')}",
    ):
        check_config(folder / "config.json")
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        names = _label_names(config)
        fallback = like.fallback if like.fallback in names else names[0]
        return label_list.parse({"task": like.task, "kind": like.kind, "names": [*names], "fallback": fallback})


def published_labels(encoder: Path, labels: Labels) -> tuple[str, ...] | None:
    """Read the labels of an encoder that is published with a token classifier, in the order of its logits.

    None if it has no classifier, or none of the task's labels.

    Raises:
        UserError: the folder is missing or damaged.
    """
    require(encoder, "download")
    with reading(encoder, "download", problem="transformers can't load a token classifier"):
        check_config(encoder / "config.json")
        config = AutoConfig.from_pretrained(encoder, local_files_only=True, trust_remote_code=False)
        names = _label_names(config)
        if set(names).isdisjoint(labels.names):
            return None
        for path in encoder.glob("*.safetensors"):
            with safe_open(path, "np") as file:
                if _CLASSIFIERS.intersection(file.keys()):
                    return names
    return None


def _label_names(config: PreTrainedConfig) -> tuple[str, ...]:
    return tuple(str(name) for _, name in sorted((config.id2label or {}).items()))


def _continued(folder: Path, old: Sequence[str], labels: Labels) -> PreTrainedModel:
    """Load a token classifier and give it other labels; unknown ones begin as in a new one."""
    kept, new = shared_labels(old, labels.names)
    if not kept:
        raise UserError(
            f"{folder}: the model has {counted(old, 'labels')}; expected at least one of task {labels.task}, "
            f"{counted(labels.names, 'labels')}"
        )
    model, lacking = _load(folder, "", dtype=torch.float32)
    _check_complete(folder, lacking)
    return _relabelled(model, labels, kept, new)


def _relabelled(model: PreTrainedModel, labels: Labels, kept: Sequence[int], new: Sequence[int]) -> PreTrainedModel:
    """Give a token classifier other labels: those with the ids `new` take the rows `kept`, others are drawn."""
    config = deepcopy(model.config)
    config.id2label = labels.id2label
    config.label2id = labels.label2id
    begun = _built(model, config)
    weights = model.state_dict()
    for name, drawn in begun.state_dict().items():
        if is_of_head(model, name, weights[name]) and is_of_head(begun, name, drawn):
            drawn[new] = weights[name][kept]
            weights[name] = drawn
    begun.load_state_dict(weights)
    return begun


def _built(model: PreTrainedModel, config: PreTrainedConfig) -> PreTrainedModel:
    return cast(PreTrainedModel, type(model)(config).eval())


def _with_layers(model: PreTrainedModel, layers: int) -> PreTrainedModel:
    name, stack = layer_stack(model, "train.layers")
    count = len(stack)
    if layers > count:
        raise UserError(f"train.layers: {layers}; the encoder has {count} layers")
    model.set_submodule(name, stack[:layers])
    config = deepcopy(model.config)
    config.num_hidden_layers = layers
    for key, value in config.to_dict().items():
        is_per_layer = "layer" in key or key == "attention_window"  # layer_types; the windows of Longformer
        if is_per_layer and isinstance(value, list) and len(value) == count:
            setattr(config, key, value[:layers])
    # Built as the stages after this one build it.
    smaller = _built(model, config)
    weights = model.state_dict()
    # ESM's head for contacts between amino acids reads the attention of all layers; no token classifier reads it.
    weights |= {name: tensor for name, tensor in smaller.state_dict().items() if ".contact_head." in name}
    smaller.load_state_dict(weights)
    return smaller


def layer_stack(model: PreTrainedModel, key: str) -> tuple[str, nn.ModuleList]:
    """Return the name of an encoder's list of layers, and the list.

    Raises:
        UserError: it does not have one such list; ``key`` is the param that needs it.
    """
    count = getattr(model.config, "num_hidden_layers", 0)
    stacks = []
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            stacks.append((name, module))
    if len(stacks) != 1:
        raise UserError(
            f"{key}: {model.config.model_type} does not have one list of {count} layers; expected an encoder "
            "such as BERT, RoBERTa or DeBERTa; take the key's default"
        )
    return stacks[0]


def _with_new_head(encoder: Path, labels: Labels) -> PreTrainedModel:
    require(encoder, "download")
    names = {"id2label": labels.id2label, "label2id": labels.label2id, "num_labels": len(labels.names)}
    model, drawn = _load(encoder, "download", dtype=torch.float32, **names)
    drawn = {name for name in drawn if ".pooler." not in name}  # which no token classifier reads
    base = f"{model.base_model_prefix}."
    _check_complete(encoder, {name for name in drawn if name.startswith(base)})
    if not drawn:  # the classifier of another task, of as many labels
        return _relabelled(model, labels, [], [])
    return model


def load(folder: Path, labels: Labels, dtype: torch.dtype | None = None, made_by: str = "train") -> PreTrainedModel:
    """Load a fine-tuned model in evaluation mode.

    Args:
        dtype: of the weights, by default the stored one.

    Raises:
        UserError: the folder is missing or damaged, its weights do not match its config.json, or its labels differ.
    """
    require(folder, made_by)
    model, lacking = _load(folder, made_by, dtype=dtype or "auto")
    _check_complete(folder, lacking)
    names = _label_names(model.config)
    if names != labels.names:
        raise UserError(
            f"{folder}: the model has {counted(names, 'labels')}; expected those of task {labels.task}, "
            f"{counted(labels.names, 'labels')}; run `dvc repro train`"
        )
    model.eval()
    return model


def best_epoch(folder: Path) -> int:
    return int(read_json(folder / PROVENANCE, "train")["best_epoch"])


def is_of_head(model: PreTrainedModel, name: str, weight: Tensor) -> bool:
    """Whether a weight is of the classifier, with a row per label, or the head's own."""
    return not name.startswith(f"{model.base_model_prefix}.") and weight.shape[:1] == (model.config.num_labels,)


def begin_with_shares(model: PreTrainedModel, counts: Doubles, new: Sequence[int]) -> None:
    """Set the biases of new labels so that an untrained classifier predicts their shares, which takes most steps else.

    Args:
        counts: (labels,), number of words of each label.
    """
    shares = np.log((counts + 1) / (counts + 1).sum())
    for name, weight in model.named_parameters():
        if weight.ndim == 1 and is_of_head(model, name, weight):
            weight.data[new] = torch.from_numpy(shares[new]).to(weight.dtype)


def padding_id(model: PreTrainedModel) -> int:
    """The sub-word id that windows are padded with; any does for an encoder without one, as padding is masked."""
    return model.config.pad_token_id or 0


def longest_window(model: PreTrainedModel) -> int | None:
    """The most sub-words that an encoder reads, special tokens included; None if it has no limit.

    A table of absolute positions sets it. Encoders with rotary or relative positions have the same key of config.json,
    but read longer windows.
    """
    limits: list[int] = []
    for name, module in model.named_modules():
        if not _POSITION_TABLE.search(name) or "vision" in name or not isinstance(module.weight, nn.Parameter):
            continue
        positions = module.weight.shape[0]
        padding = getattr(module, "padding_idx", None)
        if padding is not None:
            positions -= padding + 1  # RoBERTa and its relatives count from there: of 514 rows they use 512
        limits.append(positions)
    declared = getattr(model.config, "max_position_embeddings", None)
    if limits and declared is not None:
        limits.append(declared)  # BioGPT's table has more rows than positions
    if model.config.model_type == "mpt":
        limits.append(model.config.max_seq_len)  # the size of its table of linear biases
    return min(limits, default=None)


class HeadWeights(nn.Module):
    """The own weights of a head, by name, float32."""

    def __init__(self, head: str, weights: Weights) -> None:
        super().__init__()
        self.head = head
        for name, values in weights.items():
            self.register_parameter(name, nn.Parameter(torch.tensor(values)))


def attach(model: nn.Module, head: Head) -> None:
    weights = head.new_weights()
    if weights:
        setattr(model, OWN_WEIGHTS, HeadWeights(head.name, weights))


def attached(model: nn.Module) -> HeadWeights | None:
    """The own weights of the head of a model that has no wrapper."""
    return getattr(model, OWN_WEIGHTS, None)


def own_weights(model: nn.Module) -> dict[str, Tensor]:
    """The own weights of the head by name, as tensors in training."""
    weights = attached(model)
    return {} if weights is None else dict(weights.named_parameters())


def arrays(tensors: Mapping[str, Tensor]) -> Weights:
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in tensors.items()}


def _load(folder: Path, made_by: str, **options: object) -> tuple[PreTrainedModel, set[str]]:
    """Load a model, and name its tensors that the folder lacks or has in another shape: they are drawn."""
    with reading(folder, made_by, problem="transformers can't load a token classifier"):
        check_config(folder / "config.json")
        weight_files(folder)
        _check_size(folder, options)
        model, info = AutoModelForTokenClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **_OUTPUTS,
            **options,
        )
        _check_padding(model)
    surplus = _surplus_layers(model, info["unexpected_keys"])
    if surplus:
        raise UserError(
            f"{folder}: {counted(surplus, 'tensors')} are of more layers than its config.json has; expected the "
            "config.json of these weights; correct its number of layers, or remove the layers from the weights"
        )
    return model, set(info["missing_keys"]) | {mismatch[0] for mismatch in info["mismatched_keys"]}


def _check_padding(model: PreTrainedModel) -> None:
    padding = model.config.pad_token_id
    size = len(cast(nn.Embedding, model.get_input_embeddings()).weight)
    if padding is not None and not (type(padding) is int and 0 <= padding < size):
        raise ValueError(f"pad_token_id is {padding}; expected a whole number below {size}")


def _surplus_layers(model: PreTrainedModel, unexpected: Iterable[str]) -> list[str]:
    """The tensors of layers that the model does not have: they differ from its own in their numbers only.

    Of a model with the layers 0 and 1, encoder.layer.2.output.weight is such a tensor, pooler.weight is not.
    """
    base = f"{model.base_model_prefix}."  # an encoder's own files do not have it
    without_numbers = {_INDEX.sub(".N.", name.removeprefix(base)) for name in model.state_dict() if _INDEX.search(name)}
    surplus = sorted(name for name in unexpected if _INDEX.search(name))
    if not without_numbers:  # no layers at all
        return surplus
    return [name for name in surplus if _INDEX.sub(".N.", name.removeprefix(base)) in without_numbers]


def _check_size(folder: Path, options: Mapping[str, Any]) -> None:
    """Check that the weights can be of this configuration, before memory for the model is allocated."""
    names = {key: options[key] for key in ("id2label", "label2id", "num_labels") if key in options}
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **names)
    with torch.device("meta"):  # tensors without memory
        model = AutoModelForTokenClassification.from_config(config, trust_remote_code=False)
    needed = sum(tensor.numel() for tensor in chain(model.parameters(), model.buffers()))
    # A weight takes a byte or more. What is initialised here (a classifier, a pooler) is small.
    stored = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    if needed > 2 * stored + _INITIALISED:
        raise ValueError(f"config.json describes {needed:,} weights, the safetensors files have {stored:,} bytes")


def _check_complete(folder: Path, lacking: Collection[str]) -> None:
    if lacking:
        tensors = counted(sorted(lacking), "tensors")
        raise UserError(f"{folder}: {tensors} of its config.json are missing; expected the weights of the whole model")


def counted(names: Sequence[str], noun: str) -> str:
    """Format names, such as ``3 labels (O, B-PER, I-PER)``."""
    return f"{len(names)} {noun} ({some(names, 5)})"
