"""Names that several layers share, in a module that loads nothing."""

from collections.abc import Container
from typing import Literal

BackendName = Literal["onnx-int8", "onnx", "torch"]
"""Backends of an exported model, fastest on a CPU first. `torch` runs the model for transformers."""
DOCUMENT = "document"
"""The column of data/raw that names a sentence's document."""
TOKENIZER_FILE = "tokenizer.json"
"""The file of a fast tokenizer."""
CAPITAL, CAPITALS = MARKS = "\u2e0f", "\u2e10"
"""Before a word with an initial capital, and before a word in capitals. They are editorial signs of Greek papyri:
punctuation for every library, and not in texts."""
SPLITS = ("train", "validation", "test")
"""The splits of a data set, in their order; it may lack test."""
LEARNT = ("train", "validation")
"""The splits that training reads; all others are kept apart from them, so that no training depends on them."""
FURTHER = "tests."
"""How the name of a further test set begins, as in tests.social."""
FEW_ENTITIES = 30
"""With fewer entities, one more or less that is right moves F1 by several points."""
FEW_OF_TEST = 100
"""With fewer entities of test, an interval of F1 is wider than most differences between models."""


def reported_split(splits: Container[str]) -> str:
    """The split whose scores are reported: test, or validation of data without a test split."""
    return "test" if "test" in splits else "validation"
