"""The model card: use, scores, training and limitations of an exported model."""
