"""The learning rate that fits an encoder's size, the batches and the steps, for ``auto`` and warnings.

It falls with the number of weights in the layers, depth * width ** 2, and rises with the square root of the batch size
(Krizhevsky, 2014). For a few hundred steps, a wide encoder takes the rate of depth * width ** 0.5, 1e-4 for the base
size (docs/why/defaults.md).
"""

import math
from typing import Literal

from transformers import PreTrainedConfig

from tagline.training.training_batches import TrainingBatches

# A rate measured to be good, and for what: the packaged encoder, 6 layers of 384, with 512 sub-words per step.
RATE, SIZE, SUBWORDS = 3e-4, 6 * 384**2, 512
# Up to FEW steps, an encoder wider than WIDTH takes more; from MANY on, what recipes with many steps take.
WIDTH, FEW, MANY = 384, 400, 4000
# The largest and smallest rate of published recipes for whole encoders.
HIGHEST, LOWEST = 3e-4, 1e-5
# How many times the encoder's rate a new head takes: at the same one, it finds its first entity after some 200 steps
# (docs/training.md).
OF_HEAD = 10
# A rate is reported if it is more than this many times the one that fits. Published ones differ by 2.5 for one encoder.
MUCH = 3


def fitting_rate(config: PreTrainedConfig, batches: TrainingBatches, steps: int) -> float:
    """The peak learning rate for an encoder, its batches and the run's steps, in two digits."""
    encoder = config.get_text_config()
    size = encoder.num_hidden_layers * encoder.hidden_size**2
    subwords = float(batches.batches.subwords_per_batch)
    if batches.batches.order == "random":
        subwords = batches.batches.batch_size * float(batches.lengths.mean())
    # 1 up to FEW steps, 0 from MANY on, and half of it at their geometric mean, 1,265 steps.
    share_of_few = min(max(math.log(MANY / steps) / math.log(MANY / FEW), 0), 1)
    wider = max(encoder.hidden_size / WIDTH, 1) ** (1.5 * share_of_few)
    rate = RATE * SIZE / size * wider * math.sqrt(subwords / SUBWORDS)
    return float(f"{min(max(rate, LOWEST), HIGHEST):.1e}")


def advice(rate: float | Literal["auto"], fitting: float, lowest: float) -> str | None:
    """Say what ``auto`` stands for, or that another rate is much higher.

    Args:
        rate: ``train.learning_rate``.
        lowest: share of the rate that the embeddings have, by ``train.layer_decay``.
    """
    if rate == "auto":
        embeddings = f", {fitting * lowest:.2g} in the embeddings" if lowest < 1 else ""
        return f"train.learning_rate: auto is {fitting:g}{embeddings}"
    if rate > MUCH * fitting:
        return (
            f"train.learning_rate: {rate:g} is {rate / fitting:.0f} times the "
            f"{fitting:g} that fits an encoder of this size; if F1 is low or stays 0, set it to auto"
        )
    return None
