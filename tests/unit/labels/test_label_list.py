"""Labels: names, ids, and what continues a label inside a word, on any label list."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagline.core.errors import UserError
from tagline.labels import label_list
from tagline.labels.label_list import Labels


def test_inside_comes_from_names_not_from_parity() -> None:
    odd = Labels("ner", "spans", ("I-X", "O", "B-Y", "I-Y", "B-X"), "O")
    assert odd.inside == [0, 1, 3, 3, 0]
    assert odd.id2label[4] == "B-X"
    assert odd.label2id["B-X"] == 4


def test_plain_tags_continue_themselves() -> None:
    assert Labels("pos", "tags", ("B-side", "NOUN"), "NOUN").inside == [0, 1]


def test_labels_of_every_split_are_kept() -> None:
    made = label_list.from_counts("ner", "spans", {"train": {"O": 1, "B-PER": 1}, "test": {"B-LOC": 1, "I-LOC": 1}})
    assert made == Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")


def test_the_fallback_of_plain_tags_is_the_commonest_of_train() -> None:
    made = label_list.from_counts("pos", "tags", {"train": {"VERB": 1, "NOUN": 2}, "test": {"VERB": 9, "X": 0}})
    assert (made.names, made.fallback) == (("NOUN", "VERB"), "NOUN")
    assert label_list.from_counts("pos", "tags", {"train": {"VERB": 1, "NOUN": 1}}).fallback == "NOUN"


@pytest.mark.parametrize(("tag", "kind"), [("O", "spans"), ("NOUN", "tags")])
def test_one_label_only_is_refused(tag: str, kind: label_list.Kind) -> None:
    with pytest.raises(UserError, match=f"the column ner has one label only \\({tag}\\): expected at least two"):
        label_list.from_counts("ner", kind, {"train": {tag: 2}, "test": {tag: 1}})


def test_written_and_read(tmp_path: Path) -> None:
    made = Labels("ner", "spans", ("O", "B-É", "I-É"), "O")
    label_list.write(made, tmp_path / "labels.json")
    assert label_list.read(tmp_path / "labels.json") == made
