"""Vectors of texts: the mean of the encoder's last hidden states, by which similar texts are found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tagline.artifacts import exported
from tagline.model.batches import longest_first, pad
from tagline.tokenization import subwords

# Sub-words per forward pass, padding included, and of a text: its beginning says what it is about.
BATCH, LONGEST = 2048, 128


def mean_vectors(folder: Path, texts: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
    """Average the hidden states of each text, and scale each vector to length 1.

    Args:
        folder: models/export. Its ONNX graphs have no hidden states, so this loads PyTorch, whatever labels the texts.
        texts: the words of each text.

    Returns:
        float32 (texts, dimensions).
    """
    import torch
    from accelerate import PartialState

    from tagline.core.progress import quiet
    from tagline.model import classifier
    from tagline.model.backends.torch_model import to_device

    quiet()
    about = exported.read(folder)
    device = PartialState().device
    model = classifier.load(folder, about.labels).to(device)
    tokenizer, _ = subwords.load(folder, "export")
    tokenizer.enable_truncation(min(LONGEST, about.max_length))
    rows = [np.array(row.ids) for row in tokenizer.encode_batch([list(words) for words in texts], is_pretokenized=True)]
    vectors = np.zeros((len(rows), model.config.hidden_size), dtype=np.float32)
    for batch in longest_first(np.array([len(row) for row in rows]), BATCH):
        ids, mask = to_device(np.stack(pad([rows[i] for i in batch], about.padding)), device)
        with torch.inference_mode():
            states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        sums = (states * mask[..., None]).sum(1)
        vectors[batch] = torch.nn.functional.normalize(sums, dim=-1).cpu().numpy()
    return vectors
