"""The audit: rank the entities whose gold label is improbable by models that have not learnt it.

Reads the section ``audit`` of audit/params.yaml and data/audit. Writes reports/audit.jsonl, one line per suspicion, and
reports/audit.html. `dvc repro audit/dvc.yaml` first runs stages/audit_fold.py for each fold, and stages/audit_all.py.

    python stages/audit.py
"""

from tagline.terminal.command_line import take_no_arguments
from tagline.terminal.process import exit_with_message, prepare_process

if __name__ == "__main__":
    prepare_process()

import json
from pathlib import Path

from tagline.audit.audit_params import read_audit
from tagline.audit.review.audit_page import render
from tagline.audit.review.ranking import rank
from tagline.core import launchers
from tagline.core.outputs import replacing

FOLDS = Path("data/audit")
SUSPICIONS = Path("reports/audit.jsonl")
REPORT = Path("reports/audit.html")


def main() -> None:
    take_no_arguments(__doc__)
    launchers.only_main_process("audit")
    params = read_audit()
    ranking = rank(FOLDS, params)
    with replacing(SUSPICIONS, REPORT) as (suspicions, report):
        with suspicions.open("w", encoding="utf-8", newline="\n") as file:
            for number, suspicion in enumerate(ranking.suspicions, 1):
                file.write(json.dumps(suspicion.as_json(number), ensure_ascii=False, allow_nan=False) + "\n")
        report.write_bytes(render(ranking).encode())
    print(ranking.message())


if __name__ == "__main__":
    exit_with_message(main)
