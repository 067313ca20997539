"""Find labels that are probably wrong, and correct them; see docs/audit.md.

tagline audit create                              write audit/; `dvc repro audit/dvc.yaml` then runs the audit
tagline audit export --output FOLDER              write all splits for an annotation tool, most suspicious first
tagline audit export --output FIXES.html          write the suspicious sentences as a page to correct them in
"""

import argparse
from pathlib import Path

from tagline.terminal import ArgumentParser, show
from tagline.tools.answers.options import LABEL_STUDIO, PAGE_SUFFIX, TOOLS, add_guideline

FOLDS = Path("data/audit")


def main() -> None:
    options = parsed()
    # Imports are here, since --help need not wait for libraries.
    if options.action == "create":
        from tagline.tools.settings.created_pipelines import AUDIT

        written = ", ".join(path.as_posix() for path in AUDIT.create())
        show(f"{written or 'nothing'} written: `dvc repro audit/dvc.yaml` runs the audit")
    else:
        from tagline.audit.audit_params import read_audit
        from tagline.tools.audit import tasks

        params = read_audit()
        if is_page(options.output):
            show(tasks.save_page(FOLDS, params, options.output, options.guideline))
        else:
            show("\n".join(tasks.save(FOLDS, params, options.format or LABEL_STUDIO, options.output)))


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("create", prog=f"{parser.prog} create", help="write audit/, or bring its dvc.yaml up to date")
    export = actions.add_parser("export", prog=f"{parser.prog} export", help="write for an annotation tool, or a page")
    export.add_argument("--output", metavar="FOLDER", type=Path, required=True, help="new, or FILE.html for a page")
    export.renamed("FOLDER", "--output FOLDER")
    export.add_argument("--format", choices=TOOLS, help="default: label_studio")
    export.renamed("--tool", "--format")
    add_guideline(export)
    options = parser.parse_args()
    if options.action == "export":
        if options.format and is_page(options.output):
            parser.error("--format: expected --output FOLDER, not a page")
        if options.guideline and not is_page(options.output):
            parser.error("--guideline: expected --output FILE.html, a page")
    return options


def is_page(target: Path) -> bool:
    return target.suffix.lower() == PAGE_SUFFIX
