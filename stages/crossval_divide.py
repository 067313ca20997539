"""The division of the cross-validation: which sentences each fold holds out, and which of the others it learns from.

Reads crossval/params.yaml, data/tokenized, data/tokenized_tests, and data/raw for documents. Writes
data/crossval/division (see `tagline.crossval.folds`), which a label of test does not change, so that no fold is trained
again for it.

    python stages/crossval_divide.py
"""

from tagline.terminal.command_line import take_no_arguments
from tagline.terminal.process import exit_with_message, prepare_process

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core.outputs import replacing
from tagline.core.provenance import verify
from tagline.crossval.crossval_params import read_crossval
from tagline.crossval.folds import Division, folding_of

RAW, TOKENIZED, TESTS = Path("data/raw"), Path("data/tokenized"), Path("data/tokenized_tests")
DIVISION = Path("data/crossval/division")


def main() -> None:
    take_no_arguments(__doc__)
    params = read_crossval()
    verify(TOKENIZED, "tokenize-align")
    verify(TESTS, "tokenize-align")
    division = Division(folding_of(params, TOKENIZED, TESTS, RAW), TOKENIZED, TESTS, RAW)
    with replacing(DIVISION) as (target,):
        division.write(target)


if __name__ == "__main__":
    exit_with_message(main)
