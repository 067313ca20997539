"""The learning rate that fits an encoder's size and the batches, for ``train.learning_rate: auto`` and warnings.

Encoders of published recipes differ tenfold in their rates, mostly with their size: ELECTRA's authors take 3e-4, 1e-4
and 5e-5 for its small, base and large form, BERT's 2e-5 to 5e-5 (docs/data.md). So the rate is divided by the number of
weights in the layers, which grows with depth * width ** 2, and multiplied by the square root of the batch size
(Krizhevsky, 2014).
"""

import math
from typing import Literal

from transformers import PreTrainedConfig

from tagline.training.training_batches import TrainingBatches

# A rate measured to be good, and for what: the packaged encoder, 6 layers of 384, with 512 sub-words per step.
RATE, SIZE, SUBWORDS = 3e-4, 6 * 384**2, 512
# The largest and smallest rate of published recipes for whole encoders.
HIGHEST, LOWEST = 3e-4, 1e-5
# How many times the encoder's rate a new head takes: at the same one, it finds its first entity after some 200 steps
# (docs/training.md).
OF_HEAD = 10
# A rate is reported if it is more than this many times the one that fits. Published ones differ by 2.5 for one encoder.
MUCH = 3


def fitting_rate(config: PreTrainedConfig, batches: TrainingBatches) -> float:
    """The peak learning rate that fits an encoder and its batches, two digits.

    Args:
        config: of the model that is trained.
        batches: whose size in sub-words counts.
    """
    encoder = config.get_text_config()
    size = encoder.num_hidden_layers * encoder.hidden_size**2
    subwords = float(batches.batches.subwords_per_batch)
    if batches.batches.order == "random":
        subwords = batches.batches.batch_size * float(batches.lengths.mean())
    rate = RATE * SIZE / size * math.sqrt(subwords / SUBWORDS)
    return float(f"{min(max(rate, LOWEST), HIGHEST):.1e}")


def advice(rate: float | Literal["auto"], fitting: float) -> str | None:
    """What ``auto`` stands for, or that another rate is much higher; None: it is not.

    Args:
        rate: ``train.learning_rate``.
        fitting: see `fitting_rate`.
    """
    if rate == "auto":
        return f"train.learning_rate: auto is {fitting:g}"
    if rate > MUCH * fitting:
        return (
            f"train.learning_rate: {rate:g} is {rate / fitting:.0f} times the "
            f"{fitting:g} that fits an encoder of this size; if F1 is low or stays 0, set it to auto"
        )
    return None
