"""Tokenization: words to sub-words, tags to labels, sentences to windows; what is unusual in the data."""

__all__ = ["conversion", "subwords", "tags", "tokenize_align_params"]
