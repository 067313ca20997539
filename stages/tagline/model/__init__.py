"""The model: classifier, heads, backends; sub-words to labels of words."""

__all__ = ["batches", "classifier", "fast_paths", "precision", "prediction"]
