"""Modules that of all stages only `tokenize-align` uses: tags as labels, words as sub-words, sentences as windows."""
