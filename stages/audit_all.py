"""Label the audited splits with the model that was trained on all of train: what it can't learn is suspicious, too.

Reads the section ``audit`` of audit/params.yaml, the section ``train`` of params.yaml, data/tokenized and
models/finetuned. Writes data/audit/all (see `tagline.crossval.out_of_fold`).

    python stages/audit_all.py
"""

from tagline.terminal.command_line import take_no_arguments
from tagline.terminal.process import exit_with_message, prepare_process

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.audit.audit_params import read_audit
from tagline.audit.labelling import label_all
from tagline.core import launchers
from tagline.core.params import read_section
from tagline.training.train_params import Train

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
FINETUNED = Path("models/finetuned")
LABELLED = Path("data/audit/all")


def main() -> None:
    take_no_arguments(__doc__)
    launchers.only_main_process("audit_all")
    audit, train = read_audit(), read_section("train", Train)
    label_all(audit, train, TOKENIZED, TESTS, FINETUNED, LABELLED)


if __name__ == "__main__":
    exit_with_message(main)
