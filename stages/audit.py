"""The audit: rank the entities whose gold label is improbable by models that were not trained on them.

Reads the section ``audit`` of audit/params.yaml and data/audit. Writes reports/audit.jsonl, one line per suspicion, and
reports/audit.html. `dvc repro audit/dvc.yaml` first runs stages/audit_fold.py for each fold, and stages/audit_all.py.

    python stages/audit.py
    python stages/audit.py --export FOLDER       write all splits for an annotation tool, most suspicious first
    python stages/audit.py --export FIXES.html   write the suspicious sentences as a page to correct them in
    python stages/audit.py --apply FIXES.jsonl --output FOLDER   write the data set with what the page saved
"""

from __future__ import annotations

from tagline.core.startup import prepare_process

if __name__ == "__main__":
    prepare_process()

import json
from pathlib import Path

from tagline.core import launchers
from tagline.core.errors import ArgumentParser, exit_with_message
from tagline.core.outputs import replacing
from tagline.core.terminal import show
from tagline.tools.audit.audit_params import read_audit
from tagline.tools.audit.review.audit_page import render
from tagline.tools.audit.review.ranking import rank

FOLDS = Path("data/audit")
SUSPICIONS = Path("reports/audit.jsonl")
REPORT = Path("reports/audit.html")


def main() -> None:
    parser = ArgumentParser(description="Rank the entities whose gold label is improbable.")
    parser.add_argument("--export", metavar="FOLDER", type=Path, help="write for a tool, or a page FILE.html, and stop")
    parser.add_argument("--tool", help="label_studio (default), doccano, prodigy or brat, with --export")
    parser.add_argument("--guideline", metavar="FILE", type=Path, help="a text that the page shows")
    parser.add_argument("--apply", metavar="FIXES", type=Path, help="write the corrected data set, and stop")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="new folder, with --apply")
    arguments = parser.parse_args()
    to_page = arguments.export is not None and arguments.export.suffix.lower() == ".html"
    if arguments.tool and (to_page or not arguments.export):
        parser.error("--tool: expected --export FOLDER beside it")
    if arguments.guideline and not to_page:
        parser.error("--guideline: expected --export FILE.html beside it")
    if (arguments.apply is None) != (arguments.output is None) or (arguments.apply and arguments.export):
        parser.error("--apply FIXES --output FOLDER: expected both, without --export, or neither")
    if arguments.apply:
        from tagline.tools.audit import corrections  # here, since the stage itself does not need it

        show("\n".join(corrections.save(arguments.apply, arguments.output)))
        return
    launchers.only_main_process("audit")
    params = read_audit()
    if arguments.export:
        from tagline.tools.annotation import tool_formats  # likewise
        from tagline.tools.audit import tasks

        tool = arguments.tool or "label_studio"
        if tool not in tool_formats.NAMES:
            parser.error(f"--tool {tool}: expected one of {', '.join(tool_formats.NAMES)}")
        if to_page:
            show(tasks.save_page(FOLDS, params, arguments.export, arguments.guideline))
        else:
            show("\n".join(tasks.save(FOLDS, params, tool, arguments.export)))
        return
    ranking = rank(FOLDS, params)
    with replacing(SUSPICIONS, REPORT) as (suspicions, report):
        with suspicions.open("w", encoding="utf-8", newline="\n") as file:
            for number, suspicion in enumerate(ranking.suspicions, 1):
                file.write(json.dumps(suspicion.as_json(number), ensure_ascii=False, allow_nan=False) + "\n")
        report.write_bytes(render(ranking).encode())
    print(ranking.summary())


if __name__ == "__main__":
    exit_with_message(main)
