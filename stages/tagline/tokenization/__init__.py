"""Tokenization: words to sub-words, tags to labels, sentences to windows."""

__all__ = ["conversion", "subwords", "tags", "tokenize_align_params"]
