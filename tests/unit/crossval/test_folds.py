"""Folds: equal sentences together, others independent, nothing held out is learnt from."""

from collections import Counter

import numpy as np
import pytest
from helpers.held_out import write_data

from tagline.artifacts import raw_data
from tagline.core import SPLITS
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folds import Folds, fold_of
from tagline.sources.splitting import draw, split_of
from tagline.terminal import UserError

ROWS = [(f"Ada {number} in Oslo", "B-PER I-PER O B-LOC") for number in range(9)]
ROWS += [(f"Bo {number} here", "B-PER O O") for number in range(9)] + [("Ada 0 in Oslo", "O O O B-LOC")]
SENTENCES = {"train": ROWS, "validation": ROWS[:6], "test": ROWS[3:9]}
NO_ENTITIES = [(f"word {number}", "O O") for number in range(30)]
# Of three sentences each, but the last sentence, which repeats the words of the first, is one by itself.
OF_TRAIN = [f"d{number // 3}" for number in range(len(ROWS))]
DOCUMENTS = {"train": OF_TRAIN, "validation": OF_TRAIN[:6], "test": OF_TRAIN[3:9]}


def test_folds_are_of_similar_size_whatever_the_split_was_drawn_by():
    train = [[f"word {number}"] for number in range(4000)]
    train = [words for words in train if split_of(draw(words, 42), {"validation": 0.5}) == "train"]
    folds = [fold_of(words, 42, 4) for words in train]
    sizes = Counter(folds)
    assert set(sizes) == {1, 2, 3, 4}
    assert all(400 < size < 600 for size in sizes.values())
    assert folds != [fold_of(words, 2, 4) for words in train]


def divided(folder, splits, documents=None, *, count=2, seed=1, group="document"):
    folder.mkdir(exist_ok=True)
    raw, data, _ = write_data(folder, splits, documents)
    return Folds(raw_data.load(raw), data, Crossval(folds=count, group=group, seed=seed))


@pytest.mark.parametrize("splits", [SPLITS[:2], SPLITS])
def test_each_sentence_is_held_out_once_and_neither_learnt_nor_chooses_the_epoch(splits, tmp_path):
    folds = divided(tmp_path, {split: SENTENCES[split] for split in splits}, count=3)
    held_out = []
    for number in (1, 2, 3):
        parts = {name: [*rows] for name, rows in folds.parts(number).items()}
        texts, ids = [row["words"] for row in parts["test"]], [row["id"] for row in parts["test"]]
        assert not [row for name in SPLITS[:2] for row in parts[name] if row["words"] in texts]
        assert len(parts["train"]) + sum(id_.startswith("train/") for id_ in ids) == len(ROWS)
        held_out += ids
    assert sorted(held_out) == sorted(f"{split}/{index}" for split in splits for index in range(len(SENTENCES[split])))
    assert folds.of["train"][0] == folds.of["train"][-1], "equal words, other labels"


def test_copies_of_a_repeated_source_are_labelled_once(tmp_path):
    copies = [(*row, f"1#2/train-{number}") for number, row in enumerate(ROWS)]
    folds = divided(tmp_path, {"train": ROWS + copies, "validation": ROWS}, count=3)
    for number in (1, 2, 3):
        of_first, of_copies = np.split(folds.learnable(number), 2)
        assert of_first.tolist() == of_copies.tolist(), "a copy is not learnt, either"
        assert all(index < len(ROWS) for split, index, _ in folds.held_out(number) if split == "train")


def test_by_document_whole_documents_are_held_out_and_no_equal_sentence_is_learnt(tmp_path):
    apart = set()
    for seed in range(12):
        folds = divided(tmp_path / str(seed), SENTENCES | {"validation": NO_ENTITIES}, DOCUMENTS, seed=seed)
        held_out, learnable = folds.of["train"] == 1, folds.learnable(1)
        documents = held_out[:-1].reshape(-1, 3)
        assert (documents.all(axis=1) == documents.any(axis=1)).all()
        assert (folds.of["test"] == 1).tolist() == held_out[3:9].tolist(), "the same document"
        # The last sentence, in its own document, repeats the words of the first one.
        expected = ~held_out
        expected[[0, -1]] = not (held_out[0] or held_out[-1])
        assert learnable.tolist() == expected.tolist()
        apart.add(held_out[0] != held_out[-1])
    assert apart == {True, False}


def test_documents_are_held_out_where_they_are_known_and_asked_for(tmp_path):
    assert divided(tmp_path / "known", SENTENCES, DOCUMENTS).by_document
    assert not divided(tmp_path / "by_sentence", SENTENCES, DOCUMENTS, group="sentence").by_document
    assert not divided(tmp_path / "unknown", SENTENCES).by_document


@pytest.mark.parametrize("entities, times", [(29, 1), (31, 2), (200, 1)])
def test_epoch_is_chosen_by_the_rule_of_all_validation_sentences(tmp_path, entities, times):
    """Below 30 entities, the last epoch is kept; of 31, folds have fewer, and read them twice."""
    validation = [(f"Ada {number}", "B-PER O") for number in range(entities)]
    folds = divided(tmp_path, {"train": ROWS, "validation": validation}, count=3)
    for number in (1, 2, 3):
        rows = Counter(tuple(row["words"]) for row in folds.parts(number)["validation"])
        assert {*rows.values()} == {times}
        assert (rows.total() < 30) == (entities < 30)


IMPOSSIBLE = [
    (ROWS[:3], NO_ENTITIES, {}, 5, "sentence of train to hold out that is annotated in full"),
    (
        ROWS,
        NO_ENTITIES,
        {"train": ["one"] * len(ROWS)},
        2,
        "sentence (of train to hold out that is annotated in full|to learn from)",
    ),
    ([*NO_ENTITIES, *ROWS[:1]], NO_ENTITIES, {}, 2, "entity of train or validation to hold out"),
    (ROWS, ROWS[:1], {}, 2, "sentence to choose the epoch by"),
]


@pytest.mark.parametrize("train, validation, documents, count, lacking", IMPOSSIBLE)
def test_folds_that_hold_out_too_little_are_one_message(tmp_path, train, validation, documents, count, lacking):
    message = (
        rf"^crossval/params.yaml: fold \d of {count} has no {lacking}; expected at least one; annotate more "
        "sentences, or use fewer folds or another seed(, or group: sentence)?$"
    )
    with pytest.raises(UserError, match=message):
        divided(tmp_path, {"train": train, "validation": validation}, documents, count=count)
