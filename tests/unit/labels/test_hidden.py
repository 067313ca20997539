"""Hidden labels: predictions of types that a sentence is not annotated for become O."""

import numpy as np

from tagline.labels import Labels
from tagline.labels.hidden import hidden_labels, without_hidden

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")


def test_types_that_a_sentence_is_not_annotated_for_become_o():
    hidden = hidden_labels([None, ["X"], [], ["Y", "Z"]], [2, 3, 1, 2], LABELS)
    predicted = np.array([1, 3, 1, 3, 4, 1, 2, 3])
    assert without_hidden(predicted, hidden, LABELS).tolist() == [1, 3, 1, 0, 0, 0, 0, 3]
    assert without_hidden(predicted, None, LABELS).tolist() == predicted.tolist()
