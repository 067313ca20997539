"""A training of the audit, without the sentences of a fold or for half of the epochs; then label them with that model.

Reads the section ``audit`` of audit/params.yaml, the section ``train`` of params.yaml, data/tokenized,
models/pretrained, and with ``group: document`` data/raw. Writes data/audit/FOLD (see
`tagline.crossval.out_of_fold`).

    python stages/audit_fold.py FOLD
"""

from tagline.terminal.command_line import ArgumentParser
from tagline.terminal.process import prepare_process

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.audit.audit_params import AUDIT_PARAMS, check_half, read_audit
from tagline.core.params import read_section
from tagline.crossval.labelling import label_fold
from tagline.training.failing import exit_as_one
from tagline.training.stage import Inputs
from tagline.training.train_params import Train

RAW = Path("data/raw")
TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")
FOLDS = Path("data/audit")


def main() -> None:
    """Entry point of each process, as in stages/train.py."""
    exit_as_one(label)


def label() -> None:
    parser = ArgumentParser(description="Train without a fold, or for half of the epochs, and label sentences.")
    parser.add_argument("fold", type=int, help="its number in audit/params.yaml")
    number = parser.parse_args().fold
    audit = read_audit()
    folding = audit.folding
    if number not in folding.folds:
        expected = ", ".join(map(str, folding.folds)) or "none"
        parser.error(f"fold {number}: expected one of {expected}, as in {AUDIT_PARAMS}")
    train = read_section("train", Train)
    check_half(audit.folds, train.epochs, train.least_steps, train.max_steps)
    inputs = Inputs(TOKENIZED, ENCODER, TOKENIZER)
    label_fold(number, folding, train, Path(__file__), inputs, TESTS / "unlabelled", FOLDS / str(number))


if __name__ == "__main__":
    main()
