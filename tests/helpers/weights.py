"""What the repository weighs, each part with its limit; words of documents have none.

Tokens are those of Python's tokenizer, without comments, docstrings, line ends and indentation: a line that is packed
weighs as much as the lines that it was made of.
"""

import ast
import io
import tokenize

from helpers.project import ROOT

PACKAGE = ROOT / "stages/tagline"
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def docstring_lines(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if ast.get_docstring(node, clean=False) is not None:
                yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def count_tokens(file):
    """The number of tokens of a Python file that are code."""
    text = file.read_text(encoding="utf-8")
    docstrings = set(docstring_lines(ast.parse(text)))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type not in NO_CODE and token.start[0] not in docstrings for token in tokens)


def total(files):
    return sum(map(count_tokens, files))


def count_lines(folder, suffixes):
    """The number of lines of the files in a folder that have one of these suffixes."""
    files = (path for path in folder.rglob("*") if path.suffix in suffixes)
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def weights():
    """What each part weighs, and may weigh at most."""
    package = set(PACKAGE.rglob("*.py"))
    return {
        "tokens of the package and the stage scripts": (total([*package, *(ROOT / "stages").glob("*.py")]), 205_000),
        "tokens of tests": (total((ROOT / "tests").rglob("*.py")), 182_000),
        "tokens of benchmarks": (total((ROOT / "benchmarks").glob("*.py")), 22_000),
        "lines of js, html and css": (count_lines(PACKAGE, {".js", ".html", ".css"}), 1_700),
        "lines of dvc.yaml": (len((ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines()), 140),
    }
