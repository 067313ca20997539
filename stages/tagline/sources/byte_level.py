"""Byte-level BPE (GPT-2, RoBERTa, ModernBERT ...): encode every word as if a space preceded it.

Such a tokenizer keeps the space before a word as part of its first sub-word. Pre-tokenised words have no space, and
would get sub-words that the encoder knows from the middle of words (huggingface/transformers#9607, #11057).
"""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors

_SEQUENCES: tuple[type[Any], ...] = (pre_tokenizers.Sequence, processors.Sequence)


def comes_first(tokenizer: Tokenizer) -> bool:
    """Whether ByteLevel is the first pre-tokenization step, so that it gets whole words."""
    return isinstance(next(iter(_steps(tokenizer.pre_tokenizer)), None), pre_tokenizers.ByteLevel)


def lacks_space(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer is byte-level and does not put a space before a word."""
    steps = _steps(tokenizer.pre_tokenizer)
    if not any(isinstance(step, pre_tokenizers.ByteLevel) for step in steps):
        return False
    if comes_first(tokenizer):
        return not steps[0].add_prefix_space
    return tokenizer.normalizer is None or not tokenizer.normalizer.normalize_str("a").startswith(" ")


def add_space(tokenizer: Tokenizer) -> None:
    """Change a byte-level tokenizer in place so that it puts a space before each word."""
    if comes_first(tokenizer):
        _steps(tokenizer.pre_tokenizer)[0].add_prefix_space = True
    else:
        # After a step that splits (a regular expression, as in Llama 3) it would put one before each piece of a word.
        before = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
        tokenizer.normalizer = normalizers.Sequence([*before, normalizers.Prepend(" ")])
    for step in _steps(tokenizer.post_processor):
        if hasattr(step, "add_prefix_space"):  # it trims offsets: the added space is not in the text
            step.add_prefix_space = True


def _steps(part: Any) -> list[Any]:
    """The steps of a component of the tokenizer, in order; changing one changes the tokenizer."""
    if part is None:
        return []
    return list(part) if isinstance(part, _SEQUENCES) else [part]
