"""Word embeddings in training: only those of sub-words that train holds are trained.

Gradients of the others would be zero, yet clearing them and updating such weights takes time, and the optimizer's state
memory. In a multilingual encoder, word embeddings are most of the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split, column

# The largest share of trained rows: those rows are copied, and each of the others saves three numbers of its size.
MOST_TRAINED = 0.75


class TrainedRows(nn.Embedding):
    """A table of embeddings of which some rows are trained; `train_rows` makes it.

    Attributes:
        weight: float32 (trained rows, size), in the order of their ids.
        table: float32 (vocabulary, size), all rows as pretrained.
        row: int64 (vocabulary,), the row of each id in ``weight``, -1 if it is not trained.
        key: the name of ``weight`` in the model.
    """

    table: Tensor
    row: Tensor
    key: str

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # PyTorch's name
        """Look up embeddings.

        Args:
            input: ids, of any shape; in training mode only those of trained rows.

        Returns:
            float32, the shape of the ids and (size,).
        """
        row = self.row[input]
        if self.training:
            return super().forward(row)
        trained = super().forward(row.clamp(min=0))
        return torch.where((row < 0).unsqueeze(-1), functional.embedding(input, self.table), trained)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Move the weights to a device, in PyTorch's ``to``.

        ``table`` and ``row`` are not buffers, which processes would exchange in each step.
        """
        super()._apply(fn, recurse)
        self.table, self.row = fn(self.table), fn(self.row)
        return self

    def whole(self, weight: Tensor) -> Tensor:
        """The whole table with the trained rows ``weight``, float32 (vocabulary, size).

        Its memory is that of ``table``, whose rows of trained ids are not read.
        """
        return self.table.index_copy_(0, torch.nonzero(self.row >= 0).flatten(), weight.detach().to(self.table))


def train_rows(model: PreTrainedModel, ids: npt.NDArray[np.integer[Any]]) -> None:
    """Train only some rows of a model's word embeddings.

    All rows stay as they are if most would be trained, and if their layer is of a special kind or shares its weights.

    Args:
        model: the model to train.
        ids: sorted and distinct: the sub-words that training reads, padding included.
    """
    layer = cast(nn.Embedding, model.get_input_embeddings())
    keys = [name for name, weight in model.named_parameters(remove_duplicate=False) if weight is layer.weight]
    if type(layer) is not nn.Embedding or len(keys) != 1 or len(ids) > MOST_TRAINED * len(layer.weight):
        return
    table = layer.weight.detach()
    row = torch.full((len(table),), -1)
    row[ids] = torch.arange(len(ids))
    layer.weight, layer.num_embeddings = nn.Parameter(table[ids]), len(ids)
    padding = -1 if layer.padding_idx is None else int(row[layer.padding_idx])
    layer.padding_idx = None if padding < 0 else padding
    layer.__class__ = TrainedRows
    trained = cast(TrainedRows, layer)
    trained.key = keys[0]
    trained.table, trained.row = table, row


def complete(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Replace the trained rows in a model's state by the whole table."""
    for layer in model.modules():
        if isinstance(layer, TrainedRows):
            state[layer.key] = layer.whole(state[layer.key])


def used_ids(train: Split, padding: int) -> npt.NDArray[np.integer[Any]]:
    """The distinct ids of the sub-words of a split and of the padding, sorted."""
    ids = pc.unique(pc.list_flatten(column(train.windows, "input_ids"))).to_numpy()
    return np.union1d(ids, padding)
