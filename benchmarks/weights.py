"""Count what the repository weighs: lines of code, modules, words of documentation.

    python benchmarks/weights.py

A line counts if it holds code: no blank line, comment or docstring. CONTRIBUTING.md says what each part may weigh.
"""

from __future__ import annotations

import ast
import io
import json
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "stages/tagline"
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
# What each part may weigh at most.
MOST = {
    "code of the package without tools": 11_000,
    "code of tools, stage scripts and programs": 5_000,
    "code of tests": 15_000,
    "modules of training": 20,
    "words of documentation": 14_000,
    "lines of dvc.yaml": 140,
}


def docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if ast.get_docstring(node, clean=False) is not None:
                yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def code_lines(file: Path) -> int:
    """The number of lines of a Python file that hold code."""
    text = file.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = {line for each in tokens if each.type not in NO_CODE for line in range(each.start[0], each.end[0] + 1)}
    return len(code - set(docstring_lines(ast.parse(text))))


def total(files: Iterable[Path]) -> int:
    return sum(map(code_lines, files))


def weights() -> dict[str, int]:
    """What each part of `MOST` weighs."""
    tools = set((PACKAGE / "tools").rglob("*.py"))
    package = set(PACKAGE.rglob("*.py"))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md", *(ROOT / "docs").glob("*.md")]
    counted = (
        total(package - tools),
        total([*tools, *(ROOT / "stages").glob("*.py"), *ROOT.glob("*.py")]),
        total((ROOT / "tests").rglob("*.py")),
        len(list((PACKAGE / "training").rglob("*.py"))),
        sum(len(page.read_text(encoding="utf-8").split()) for page in pages),
        len((ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines()),
    )
    return dict(zip(MOST, counted, strict=True))


def main() -> None:
    counted = weights()
    for part, number in counted.items():
        print(f"{part:<45}{number:>8,}{MOST[part]:>8,}{'  over' if number > MOST[part] else ''}")
    json.dump({"name": "weights", "unit": "lines, modules or words", "ours": counted, "most": MOST}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
