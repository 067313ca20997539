"""The model: classifier, heads, backends; sub-words to labels of words."""
