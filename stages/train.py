"""Stage 3, train: fine-tune the encoder with a new token classifier; keep the best epoch on validation.

Reads the section ``train`` of params.yaml, data/tokenized and models/pretrained.
Writes models/finetuned (weights, configuration with the labels, tokenizer, provenance), reports/train.json and the
learning curves plots/train_loss.csv and plots/validation.csv. Pushes the model of each epoch to the Hugging Face Hub if
``train.hub.push`` is true.

    python stages/train.py
"""

from tagline.terminal import prepare_process, take_no_arguments

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core.params import read_section
from tagline.training.failing import exit_as_one
from tagline.training.stage import Inputs, Outputs, run
from tagline.training.train_params import Train

TOKENIZED = Path("data/tokenized")
ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")
FINETUNED = Path("models/finetuned")
REPORT = Path("reports/train.json")
TRAIN_LOSS = Path("plots/train_loss.csv")
VALIDATION = Path("plots/validation.csv")


def main() -> None:
    """Entry point of each process: launchers may import this script and call it (`accelerate launch` on TPUs)."""
    exit_as_one(train)


def train() -> None:
    take_no_arguments(__doc__)
    params = read_section("train", Train)
    outputs = Outputs(FINETUNED, REPORT, TRAIN_LOSS, VALIDATION)
    run(params, Path(__file__), Inputs(TOKENIZED, ENCODER, TOKENIZER), outputs)


if __name__ == "__main__":
    main()
