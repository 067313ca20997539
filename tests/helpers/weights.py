"""What the repository weighs: lines of code, modules, words of documentation, each with its limit.

A line counts if it holds code: no blank line, comment or docstring.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from helpers.project import ROOT

PACKAGE = ROOT / "stages/tagline"
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


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


def weights() -> dict[str, tuple[int, int]]:
    """What each part weighs, and may weigh at most."""
    package = set(PACKAGE.rglob("*.py"))
    tools = {path for folder in ("tools", "audit") for path in (PACKAGE / folder).rglob("*.py")}
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md", *(ROOT / "docs").glob("*.md")]
    return {
        "code of the package without tools and audit": (total(package - tools), 12_900),
        "code of tools, audit and stage scripts": (total([*tools, *(ROOT / "stages").glob("*.py")]), 5_900),
        "code of benchmarks": (total((ROOT / "benchmarks").glob("*.py")), 2_400),
        "code of tests": (total((ROOT / "tests").rglob("*.py")), 15_900),
        "modules of the package": (sum(path.name != "__init__.py" for path in package), 195),
        "modules of training": (len(list((PACKAGE / "training").rglob("*.py"))), 20),
        "words of documentation": (sum(len(page.read_text(encoding="utf-8").split()) for page in pages), 14_000),
        "lines of dvc.yaml": (len((ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines()), 140),
    }
