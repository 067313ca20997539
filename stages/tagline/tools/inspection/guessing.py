"""Ask each format whether a file or folder has it. A guess is only shown once it reads the file."""

from __future__ import annotations

import re
from pathlib import Path

from tagline.core.errors import UserError
from tagline.sources.formats.base import TextFiles
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.registry import FORMATS
from tagline.sources.formats.sniffing import Keys, read_sample

_MARKUP = re.compile(r"\s*<(!doctype|html|\?xml)\b", re.IGNORECASE)


def guess(path: Path) -> Keys:
    """Guess the format of a file or folder, the keys of the format, and the encoding.

    Raises:
        UserError: no format fits.
    """
    sample = read_sample(path)
    if path.is_file() and sample.problem is None and not sample.text.strip():
        raise UserError(f"{path}: an empty file; expected a data set; docs/data.md describes the formats")
    if _MARKUP.match("\n".join(sample.lines[:3])) and "<xmi:XMI" not in sample.text:
        raise UserError(f"{path}: a web page or XML; expected a file of a data set; docs/data.md describes the formats")
    for name, schema in reversed(FORMATS.items()):
        keys = schema.sniff(sample)
        if keys is not None:
            has_encoding = sample.encoding != UTF_8 and issubclass(schema, TextFiles)
            return {"format": name, **keys, **({"encoding": sample.encoding} if has_encoding else {})}
    raise sample.problem or UserError(
        f"{path}: no format recognised; expected columns of words and tags, CoNLL-U, CSV with a header, JSON objects "
        "or Parquet; docs/data.md describes them"
    )
