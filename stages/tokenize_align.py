"""Stage 2, tokenize-align: words become sub-words, word labels sub-word labels, long sentences overlapping windows.

Reads the section ``tokenize_align`` of params.yaml, data/raw and models/pretrained/tokenizer. Writes data/tokenized
and data/tokenized_tests (see `tagline.artifacts.tokenized` for their layout) and reports/data.json: the contents of
each split, with findings.

    python stages/tokenize_align.py
"""

from tagline.terminal import exit_with_message, prepare_process, take_no_arguments

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from datasets import disable_progress_bars

from tagline.core import replacing
from tagline.core.params import read_section
from tagline.core.provenance import write_sealed
from tagline.tokenization.stage import tokenize_align
from tagline.tokenization.tokenize_align_params import TokenizeAlign

RAW = Path("data/raw")
TOKENIZER = Path("models/pretrained/tokenizer")
TOKENIZED = Path("data/tokenized")
TESTS = Path("data/tokenized_tests")
REPORT = Path("reports/data.json")


def main() -> None:
    take_no_arguments(__doc__)
    params = read_section("tokenize_align", TokenizeAlign)
    disable_progress_bars()  # of `datasets`; the stage has its own
    with replacing(TOKENIZED, TESTS, REPORT) as (target, tests, report):
        write_sealed(report, tokenize_align(RAW, TOKENIZER, params, target, tests))


if __name__ == "__main__":
    exit_with_message(main)
