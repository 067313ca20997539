"""Tokenization: raw text to words, tags to labels, words to sub-words, sentences to windows."""
