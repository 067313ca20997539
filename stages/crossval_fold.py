"""A training of the cross-validation, without the sentences of a fold; then label them with that model.

Reads crossval/params.yaml, the section ``train`` of params.yaml, data/tokenized, models/pretrained, and of
data/tokenized_tests what no label of test changes. Writes data/crossval/folds/FOLD (see
`tagline.crossval.out_of_fold`).

    python stages/crossval_fold.py FOLD
"""

from tagline.terminal import ArgumentParser, prepare_process

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core import verify
from tagline.core.params import read_section
from tagline.crossval.crossval_params import CROSSVAL_PARAMS, read_crossval
from tagline.crossval.labelling import label_fold
from tagline.training.failing import exit_as_one
from tagline.training.stage import Inputs
from tagline.training.train_params import Train

TOKENIZED = Path("data/tokenized")
ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")
UNLABELLED = Path("data/tokenized_tests/unlabelled")
FOLDS = Path("data/crossval/folds")


def main() -> None:
    """Entry point of each process, as in stages/train.py."""
    exit_as_one(label)


def label() -> None:
    parser = ArgumentParser(description="Train without a fold, and label its sentences.")
    parser.add_argument("fold", type=int, help="its number in crossval/params.yaml")
    number = parser.parse_args().fold
    params = read_crossval()
    if number not in params.folds:
        parser.error(f"fold {number}: expected one of {', '.join(map(str, params.folds))}, as in {CROSSVAL_PARAMS}")
    train = read_section("train", Train)
    inputs = Inputs(TOKENIZED, ENCODER, TOKENIZER)
    verify(UNLABELLED, "tokenize-align")
    label_fold(number, params, train, Path(__file__), inputs, UNLABELLED, FOLDS / str(number))


if __name__ == "__main__":
    main()
