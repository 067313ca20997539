"""README's picture, docs/predict.svg: what `tagline predict` prints on a terminal, with models/export of dvc.lock.

`python tests/helpers/picture.py` draws it, after `make repro`.
"""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import yaml

from tagline.labels import type_grounds

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/predict.svg"
TEXTS = b"""\
My name is Sylvain and I work at Hugging Face in Brooklyn.
The Norwegian physicist Ragnhild Lie joined the European Space Agency.
She moved from Oslo to Paris in March.
"""
# Width of a character in pixels, and what precedes the lines.
CHARACTER = 8.4
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 138" width="920" height="138" role="img" \
aria-label="Lines of text on a terminal with their entities on coloured grounds, each with its type and score">
<!-- models/export {} -->
<style>text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}}</style>
<rect width="920" height="138" rx="8" fill="#1b1f24"/>
<text x="20" y="35" fill="#8b949e">$ tagline predict --input news.txt</text>
"""


def locked_model():
    """The hash of models/export in dvc.lock."""
    outs = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))["stages"]["export"]["outs"]
    return next(out["md5"] for out in outs if out["path"] == "models/export")


def draw():
    """The picture as SVG, which names the model."""
    reading, terminal = pty.openpty()
    command = [sys.executable, "-m", "tagline", "predict", "--input", "-"]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "", "PYTHONPATH": str(ROOT / "stages")}
    subprocess.run(command, cwd=ROOT, env=environment, input=TEXTS, stdout=terminal, check=True)
    os.close(terminal)
    lines = os.read(reading, 2**16).decode().splitlines()
    os.close(reading)
    parts = [HEAD.format(locked_model())]
    for row, line in enumerate(lines):
        parts += drawn_line(line, 61 + 26 * row)
    return "".join([*parts, "</svg>\n"])


def drawn_line(line, y):
    """Draw the runs of a line between its commands, which set the ground of a type, and bold text."""
    parts = []
    x, ground, bold = 20.0, "", ""
    runs = re.split(r"\x1b\[(?:30;48;5;)?(\d+)m", line)
    for text, command in zip(runs[::2], [*runs[1::2], "0"], strict=True):
        width = round(CHARACTER * len(text), 1)
        if ground:
            parts.append(f'<rect x="{x:.1f}" y="{y - 16}" width="{width + 0.3:.1f}" height="22" fill="{ground}"/>\n')
        color = "#000" if ground else "#e6e6e6"
        parts.append(f'<text x="{x:.1f}" y="{y}" fill="{color}"{bold} textLength="{width}">{escape(text)}</text>\n')
        x += width
        bold = ' font-weight="bold"' if command == "1" else ""
        if command == "0":
            ground = ""
        elif int(command) in type_grounds.GROUNDS:
            ground = type_grounds.web_color(type_grounds.GROUNDS.index(int(command)))
    return parts


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
