"""Windows from lists, cut from sentences, and in a split of data/tokenized; the labels of most unit tests."""

from itertools import accumulate, chain

import numpy as np
from datasets import Dataset

from tagline.artifacts.tokenized import WINDOW_FEATURES, Split, sentence_features
from tagline.labels.label_list import Labels
from tagline.labels.windows import Windows

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")


def windows(sentence, input_ids, word_ids, labels=(), batches=1):
    """Windows of rows of sub-words, in one array per column, or in several."""
    parts = np.array_split(np.arange(len(sentence)), batches)
    flat = {
        name: [np.array(list(chain(*(rows[row] for row in part))), np.int32) for part in parts]
        for name, rows in (("input_ids", input_ids), ("word_ids", word_ids), ("labels", labels))
        if rows or not sentence
    }
    offsets = [np.array([*accumulate((len(input_ids[row]) for row in part), initial=0)]) for part in parts]
    return Windows(np.array(sentence, dtype=np.int64), offsets, **flat)


def cut(cutter, sentences):
    """Cut sentences into windows; see `WindowCutter.cut`."""
    words = list(chain(*sentences))
    distinct = list(dict.fromkeys(words))
    index = np.array([distinct.index(word) for word in words], dtype=np.int64)
    ends = np.cumsum([len(sentence) for sentence in sentences], dtype=np.int64)
    return cutter.cut(distinct, index, ends)


def rows(made, column):
    """The values of all windows in a column."""
    return [row.tolist() for row in made.values(column, np.arange(len(made)))]


def split_of(sentences, windows, labels=LABELS):
    """A split from columns of sentences and windows."""
    of_sentences = Dataset.from_dict(sentences, features=sentence_features(labels))
    return Split(of_sentences, Dataset.from_dict(windows, features=WINDOW_FEATURES), labels)
