"""Raw text: its words and sentences by language, and how well these agree with annotated words."""

__all__ = ["languages", "sentence", "subwords", "words"]
