"""Label lists: names, ids, and the labels of further sub-words, in any order of names."""

from helpers.messages import message_of

from tagline.labels import Labels, label_list


def test_inside_is_read_from_names_not_from_their_order():
    labels = Labels("ner", "spans", ("I-X", "O", "B-Y", "I-Y", "B-X"), "O")
    assert labels.inside == [0, 1, 3, 3, 0]
    assert (labels.id2label[4], labels.label2id["B-X"]) == ("B-X", 4)
    assert Labels("pos", "tags", ("B-side", "NOUN"), "NOUN").inside == [0, 1]


def test_labels_of_all_splits_are_listed():
    labels = label_list.from_counts("ner", "spans", {"train": {"O": 1, "B-PER": 1}, "test": {"B-LOC": 1, "I-LOC": 1}})
    assert labels == Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")


def test_fallback_of_plain_tags_is_the_most_frequent_of_train():
    labels = label_list.from_counts("pos", "tags", {"train": {"VERB": 1, "NOUN": 2}, "test": {"VERB": 9, "X": 0}})
    assert (labels.names, labels.fallback) == (("NOUN", "VERB"), "NOUN")
    assert label_list.from_counts("pos", "tags", {"train": {"VERB": 1, "NOUN": 1}}).fallback == "NOUN"


def test_single_label_is_an_error():
    message = message_of(label_list.from_counts, "pos", "tags", {"train": {"NOUN": 2}, "test": {"NOUN": 1}})
    assert message.startswith("the column pos has one label only (NOUN): expected at least two")
