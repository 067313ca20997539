"""Training only those word embeddings whose sub-words occur in the training split.

All other gradients are zero, but clearing them and updating their weights takes time, and memory for the optimizer. In
a multilingual encoder, word embeddings are most of the weights.
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

# The largest share of rows that are trained apart. If all are trained, each weight takes four numbers: itself, its
# gradient and two of AdamW. A share s takes one for the table and four for its rows: 1 + 4 s < 4 if s < 0.75.
MOST_TRAINED = 0.75


class PartlyTrainedEmbedding(nn.Embedding):
    """A table of embeddings of which some rows are trained; `train_used_embeddings` makes it.

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
        """Look up embeddings.

        Args:
            input: ids, of any shape; in training mode only those of trained rows.

        Returns:
            float32, the shape of the ids and (size,).
        """
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
        self.table, self.row_of_id = fn(self.table), fn(self.row_of_id)
        return self

    def full(self, weight: Tensor) -> Tensor:
        """The whole table with the trained rows ``weight``, float32 (vocabulary, size).

        It is ``table`` itself, valid until the next call; otherwise nobody reads the rows of trained ids there.
        """
        ids = torch.nonzero(self.row_of_id >= 0).flatten()
        return self.table.index_copy_(0, ids, weight.detach().to(self.table))


def train_used_embeddings(model: PreTrainedModel, ids: npt.NDArray[np.integer[Any]]) -> None:
    """Train only some rows of a model's word embeddings.

    All of them are trained if ``ids`` are most of them, or if the layer is of a special kind or shares its weights.

    Args:
        model: the model to train.
        ids: sorted and distinct: the sub-words that training reads, padding included.
    """
    layer = cast(nn.Embedding, model.get_input_embeddings())
    names = [name for name, weight in model.named_parameters(remove_duplicate=False) if weight is layer.weight]
    if type(layer) is not nn.Embedding or len(names) != 1 or len(ids) > MOST_TRAINED * len(layer.weight):
        return
    table = layer.weight.detach()
    row_of_id = torch.full((len(table),), -1)
    row_of_id[ids] = torch.arange(len(ids))
    layer.weight, layer.num_embeddings = nn.Parameter(table[ids]), len(ids)
    padding = -1 if layer.padding_idx is None else int(row_of_id[layer.padding_idx])
    layer.padding_idx = None if padding < 0 else padding
    layer.__class__ = PartlyTrainedEmbedding
    trained = cast(PartlyTrainedEmbedding, layer)
    trained.weight_name = names[0]
    trained.table, trained.row_of_id = table, row_of_id


def restore_full_embeddings(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Put the whole table in place of the trained rows into a model's state, until the next call for this model."""
    for layer in model.modules():
        if isinstance(layer, PartlyTrainedEmbedding):
            state[layer.weight_name] = layer.full(state[layer.weight_name])


def used_ids(train: Split, padding: int) -> npt.NDArray[np.integer[Any]]:
    """The distinct ids of the sub-words of a split and of the padding, sorted."""
    ids = pc.unique(pc.list_flatten(column(train.windows, "input_ids"))).to_numpy()
    return np.union1d(ids, padding)
