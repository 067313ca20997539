"""Fast paths: the results of PyTorch and transformers, with less work and without waiting for a device."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any, NamedTuple, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface

from tagline.labels import AnyInts


class _Padding(NamedTuple):
    shape: torch.Size
    is_needed: bool


_PADDING: ContextVar[_Padding | None] = ContextVar("padding", default=None)
# Number of 16-bit values; a probability of dropout is rounded to a multiple of 1 / LEVELS.
LEVELS = 2**16
# The largest share of rows that are trained apart. If all are trained, each weight takes four numbers: itself, its
# gradient and two of AdamW. A share s takes one for the table and four for its rows: 1 + 4 s < 4 if s < 0.75.
MOST_TRAINED = 0.75


def to_device(arrays: AnyInts, device: torch.device) -> tuple[Tensor, ...]:
    """Copy stacked integer arrays to a device at once, as int64; the host does not wait for a GPU."""
    stacked = torch.from_numpy(arrays)
    if device.type == "cuda":  # without pinned memory, the copy would wait for all earlier work
        stacked = stacked.pin_memory()
    return stacked.to(device, non_blocking=device.type == "cuda").long().unbind()


@contextmanager
def known_padding(mask: Tensor, padded: bool) -> Iterator[None]:
    """Say whether a padding mask masks anything, so that forward passes in this block do not read it.

    transformers would read it, and wait for the device, to skip the attention mask where there is no padding.

    Args:
        mask: (rows, sub-words), on the device.
        padded: XLA devices get an attention mask in any case, or they would compile two graphs per shape.
    """
    _register()
    token = _PADDING.set(_Padding(mask.shape, padded or mask.device.type == "xla"))
    try:
        yield
    finally:
        _PADDING.reset(token)


@cache  # once per process
def _register() -> None:
    for name, build in [*ALL_MASK_ATTENTION_FUNCTIONS.items()]:
        AttentionMaskInterface.register(name, partial(_build, build))


def _build(build: Callable[..., Any], *args: Any, attention_mask: Tensor | None = None, **kwargs: Any) -> Any:
    """Build a mask by a function of transformers, which must read the padding mask to return None."""
    # Compiled graphs must not depend on values: when tracing them, transformers reads nothing.
    padding = None if torch.compiler.is_compiling() else _PADDING.get()
    # Some models pad a batch further to a multiple of their own, for example of Longformer's attention window.
    if attention_mask is not None and padding is not None and attention_mask.shape == padding.shape:
        if padding.is_needed:
            kwargs |= {"allow_is_causal_skip": False, "allow_is_bidirectional_skip": False}
        else:
            attention_mask = None
    return build(*args, attention_mask=attention_mask, **kwargs)


class Dropout(nn.Dropout):
    """PyTorch's dropout, except that on a CPU 16 bits of PyTorch's generator decide on each value."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # PyTorch's name
        if input.device.type != "cpu" or not self.training or self.p == 0:
            return super().forward(input)
        dropped = round(self.p * LEVELS)
        if dropped == LEVELS:
            return input * 0.0
        draws = torch.empty(-(-input.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        draws = draws.view(torch.int16)[: input.numel()].view(input.shape)
        # Stored as int16, since conversions from bool are slow.
        kept = torch.ge(draws, dropped - LEVELS // 2, out=torch.empty_like(draws))
        return input * kept.to(input.dtype).mul_(LEVELS / (LEVELS - dropped))


def replace_dropout(model: nn.Module) -> None:
    """Turn all dropout layers into `Dropout`; dropout inside attention kernels stays PyTorch's."""
    for module in model.modules():
        if type(module) is nn.Dropout and not module.inplace:
            module.__class__ = Dropout


class PartlyTrainedEmbedding(nn.Embedding):
    """A table of embeddings of which some rows are trained.

    Attributes:
        weight: float32 (trained rows, size), in the order of their ids.
        table: float32 (vocabulary, size), all rows as pretrained.
        row_of_id: int64 (vocabulary,), the row of each id in ``weight``, -1 if it is not trained.
        weight_name: the name of ``weight`` in the model.
    """

    table: Tensor
    row_of_id: Tensor
    weight_name: str

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # PyTorch's name
        """Look up ids of any shape, in training mode only those of trained rows; float32 (..., size)."""
        row = self.row_of_id[input]
        if self.training:
            return super().forward(row)
        trained = super().forward(row.clamp(min=0))
        return torch.where((row < 0).unsqueeze(-1), functional.embedding(input, self.table), trained)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Move the weights to a device, in PyTorch's ``to``.

        ``table`` and ``row_of_id`` are not buffers, which processes would exchange in each step.
        """
        super()._apply(fn, recurse)
        self.table = fn(self.table)
        self.row_of_id = fn(self.row_of_id)
        return self

    def full(self, weight: Tensor) -> Tensor:
        """The whole table with the trained rows ``weight``, float32 (vocabulary, size).

        It is ``table`` itself, valid until the next call.
        """
        ids = torch.nonzero(self.row_of_id >= 0).flatten()
        return self.table.index_copy_(0, ids, weight.detach().to(self.table))


def train_used_embeddings(model: PreTrainedModel, ids: AnyInts) -> None:
    """Train only those rows of the word embeddings whose sub-words occur in the training split.

    In a multilingual encoder, word embeddings are most of the weights. All of them are trained if ``ids`` are most of
    them, or if the layer is of a special kind or shares its weights.

    Args:
        ids: of the sub-words that training reads, padding included; sorted and distinct.
    """
    layer = cast(nn.Embedding, model.get_input_embeddings())
    names = [name for name, weight in model.named_parameters(remove_duplicate=False) if weight is layer.weight]
    if type(layer) is not nn.Embedding or len(names) != 1 or len(ids) > MOST_TRAINED * len(layer.weight):
        return
    table = layer.weight.detach()
    row_of_id = torch.full((len(table),), -1)
    row_of_id[ids] = torch.arange(len(ids))
    layer.weight = nn.Parameter(table[ids])
    layer.num_embeddings = len(ids)
    if layer.padding_idx is not None:
        padding = int(row_of_id[layer.padding_idx])
        layer.padding_idx = None if padding < 0 else padding
    layer.__class__ = PartlyTrainedEmbedding
    trained = cast(PartlyTrainedEmbedding, layer)
    trained.weight_name = names[0]
    trained.table = table
    trained.row_of_id = row_of_id


def restore_full_embeddings(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Replace the trained rows in a model's state by the whole table, until the next call for this model."""
    for layer in model.modules():
        if isinstance(layer, PartlyTrainedEmbedding):
            state[layer.weight_name] = layer.full(state[layer.weight_name])
