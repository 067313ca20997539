"""Byte-level BPE (GPT-2, RoBERTa, ModernBERT ...): a word must be encoded as it is after a space, wherever it stands.

Such a tokenizer keeps the space before a word as part of its first sub-word. Words that come one by one have none, and
would get sub-words that the encoder knows from the middle of words (huggingface/transformers#9607, #11057).
"""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors

_SEQUENCES: tuple[type[Any], ...] = (pre_tokenizers.Sequence, processors.Sequence)


def comes_first(tokenizer: Tokenizer) -> bool:
    """Whether the text goes to a ByteLevel step as it is, with no other step that cuts it before."""
    return isinstance(next(iter(_steps(tokenizer.pre_tokenizer)), None), pre_tokenizers.ByteLevel)


def lacks_space(tokenizer: Tokenizer) -> bool:
    """Whether it is a byte-level tokenizer that puts no space before a word."""
    steps = _steps(tokenizer.pre_tokenizer)
    if not any(isinstance(step, pre_tokenizers.ByteLevel) for step in steps):
        return False
    if comes_first(tokenizer):
        return not steps[0].add_prefix_space
    return tokenizer.normalizer is None or not tokenizer.normalizer.normalize_str("a").startswith(" ")


def add_space(tokenizer: Tokenizer) -> None:
    """Make a byte-level tokenizer that lacks it put a space before each word, in place."""
    if comes_first(tokenizer):
        _steps(tokenizer.pre_tokenizer)[0].add_prefix_space = True
    else:
        # Behind a step that cuts (a regular expression, as in Llama 3) it would put one before each piece of a word.
        before = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
        tokenizer.normalizer = normalizers.Sequence([*before, normalizers.Prepend(" ")])
    for step in _steps(tokenizer.post_processor):
        if hasattr(step, "add_prefix_space"):  # it trims offsets: the added space is no character of the text
            step.add_prefix_space = True


def _steps(part: Any) -> list[Any]:
    """The steps of a part of the tokenizer, in order; changing one changes the tokenizer."""
    if part is None:
        return []
    return list(part) if isinstance(part, _SEQUENCES) else [part]
