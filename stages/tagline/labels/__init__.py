"""Labels: the label list, schemes, entities, windows of sub-words and their alignment with labels."""

from tagline.labels.entities import Entity, is_outside
from tagline.labels.label_list import (
    ANY,
    HEAD_FILE,
    NOT_CALIBRATED,
    Biases,
    Calibration,
    Decoding,
    Kind,
    Labels,
    Precision,
)
from tagline.labels.schemes import OUTSIDE, split_tag
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten
from tagline.labels.windows import (
    IGNORED,
    NO_WORD,
    AnyInts,
    Bools,
    Doubles,
    Floats,
    Ints,
    LabelIds,
    Windows,
    ranges,
)

__all__ = [
    "ANY",
    "HEAD_FILE",
    "IGNORED",
    "NOT_CALIBRATED",
    "NO_WORD",
    "OUTSIDE",
    "AnyInts",
    "Biases",
    "Bools",
    "Calibration",
    "Decoding",
    "Doubles",
    "Entity",
    "Floats",
    "Ints",
    "Kind",
    "LabelIds",
    "Labels",
    "Precision",
    "TaggedSentence",
    "TaggedSentences",
    "Windows",
    "entities",
    "flatten",
    "is_outside",
    "label_list",
    "ranges",
    "schemes",
    "split_tag",
    "tagged",
    "windows",
]
