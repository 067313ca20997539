"""Capitals for encoders whose tokenizer lower-cases: a sub-word before a capitalised word, another before capitals.

``John Smith of the UN`` becomes ``^ john ^ smith of the ^^ un``, where ``^`` and ``^^`` stand for the marks. They are
made by standard components of tokenizer.json alone, so that every library reads the same:

- between the steps of the normalizer that clean and lower-case, others put a mark before each capital, make it the
  other one if two capitals follow each other, and remove it inside words;
- the pre-tokenizer splits marks off, since they are punctuation;
- the vocabulary has them in place of two sub-words that the encoder never used;
- the decoder removes them.

All other sub-words and their offsets stay those of the encoder's own tokenizer.
"""

import json
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, normalizers

from tagline.core import parse_object
from tagline.core.names import CAPITAL, CAPITALS, MARKS
from tagline.sources.encoders import name_generic_class

# What the marks become if a text has them: a sign that the vocabulary lacks, as it lacked these.
_INSTEAD = "\u2e11"
# The kinds of the components that `mark` extends, as in BERT and its relatives.
_KINDS = {
    "model": "WordPiece",
    "normalizer": "BertNormalizer",
    "pre_tokenizer": "BertPreTokenizer",
    "decoder": "WordPiece",
}
_UNUSED = re.compile(r"\[unused\d+\]")
# BERT ends words at spaces and punctuation. A mark after anything else is inside a word.
_INSIDE = r"[^\s\p{P}$+<=>^`|~]"


def mark_saved(folder: Path, inputs: list[str]) -> tuple[dict[str, int], str]:
    """Make a saved tokenizer mark capitals if it lower-cases.

    Args:
        folder: of tokenizer.json and tokenizer_config.json, which are changed.
        inputs: ``model_input_names`` of the encoder's tokenizer.

    Returns:
        The ids of the marks, and what was done or why it could not be; both empty if the tokenizer distinguishes
        capitals.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        return {}, ""
    text = path.read_text(encoding="utf-8")
    tokenizer = Tokenizer.from_str(text)
    content = parse_object(text)
    if not lowers(tokenizer):
        return {}, ""
    unsuitability = unsuitable(content)
    if unsuitability:
        return {}, f"its tokenizer lower-cases, and capitals cannot be marked: {unsuitability}"
    marks = mark(content, tokenizer.normalizer)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
    name_generic_class(folder, inputs)
    return marks, "capitals are marked, since its tokenizer lower-cases"


def lowers(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer's normalizer lower-cases."""
    return tokenizer.normalizer is not None and "the" in tokenizer.normalizer.normalize_str("THE")


def unsuitable(content: dict[str, Any]) -> str:
    """Why capitals cannot be marked; empty if they can."""
    for part, kind in _KINDS.items():
        other = (content.get(part) or {}).get("type")
        if other != kind:
            return f"its {part} is {other}, not {kind}"
    if len(_unused(content)) < len(MARKS):
        return "its vocabulary has no two unused sub-words such as [unused0]"
    signs = (CAPITAL, CAPITALS, _INSTEAD)
    added = [token["content"] for token in content["added_tokens"]]
    if not set(signs).isdisjoint("".join([*content["model"]["vocab"], *added])):
        return f"its vocabulary has one of {' '.join(signs)}"
    for token in content["added_tokens"]:
        if token["normalized"] and token["content"].lower() != token["content"]:
            return "it has added tokens with capitals that it looks for in small letters"
    return ""


def mark(content: dict[str, Any], own: normalizers.Normalizer) -> dict[str, int]:
    """Make a suitable tokenizer, whose own normalizer lower-cases, mark capitals.

    Returns:
        The ids of the marks.
    """
    vocabulary = content["model"]["vocab"]
    ids = [vocabulary.pop(token) for token in _unused(content)[: len(MARKS)]]
    vocabulary |= zip(MARKS, ids, strict=True)
    marks = f"[{CAPITAL}{CAPITALS}]"
    # If accents are dropped, letters are decomposed first: then a few capitals stand for all with accents.
    drops_accents = own.normalize_str("\u00e9") == "e"
    normalizer = content["normalizer"]
    steps = [normalizer | {"strip_accents": False, "lowercase": False}]
    if drops_accents:
        steps.append({"type": "NFD"})
    steps.append(_replace({"Regex": marks}, _INSTEAD))
    for letter in _capitals():
        if drops_accents and unicodedata.normalize("NFD", letter) != letter:
            continue
        if all(small in vocabulary for small in own.normalize_str(letter)):
            # A replacement is fixed text, and a pattern of no width is not allowed: so one step per letter.
            steps.append(_replace({"String": letter}, CAPITAL + letter))
    steps += [
        _replace({"Regex": rf"{CAPITAL}(?=\p{{L}}\p{{M}}*{CAPITAL})"}, CAPITALS),
        _replace({"Regex": f"(?<={_INSIDE}){marks}"}, ""),
        normalizer | {"clean_text": False, "handle_chinese_chars": False},
    ]
    content["normalizer"] = {"type": "Sequence", "normalizers": steps}
    decoders = [content["decoder"], {"type": "Fuse"}, _replace({"Regex": f"{marks} ?"}, "")]
    content["decoder"] = {"type": "Sequence", "decoders": decoders}
    return dict(zip(MARKS, ids, strict=True))


def _capitals() -> list[str]:
    """The capital letters of Unicode, and title-case ones such as U+01C5."""
    return [letter for letter in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(letter) in ("Lu", "Lt")]


def _unused(content: dict[str, Any]) -> list[str]:
    """The sub-words that the encoder never used, by their ids."""
    vocabulary = content["model"]["vocab"]
    used = {token["content"] for token in content["added_tokens"]}
    unused = [subword for subword in vocabulary if _UNUSED.fullmatch(subword) and subword not in used]
    return sorted(unused, key=vocabulary.__getitem__)


def _replace(pattern: dict[str, str], by: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": by}
