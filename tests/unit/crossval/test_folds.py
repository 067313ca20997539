"""Folds: equal sentences together, others independent, nothing held out is learnt from."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from helpers.held_out import LABELS, write_both

from tagline.artifacts import tokenized
from tagline.core.names import SPLITS
from tagline.crossval import folds
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folds import Fold, fold_of
from tagline.sources.splitting import draw, split_of
from tagline.terminal.errors import UserError

ROWS = [(f"Ada {number} in Oslo", "B-PER I-PER O B-LOC") for number in range(9)]
ROWS += [(f"Bo {number} here", "B-PER O O") for number in range(9)] + [("Ada 0 in Oslo", "O O O B-LOC")]
SENTENCES = {"train": ROWS, "validation": ROWS[:6], "test": ROWS[3:9]}
NO_ENTITIES = [(f"word {number}", "O O") for number in range(30)]
# Of three sentences each, but the last sentence, which repeats the words of the first, is one by itself.
OF_TRAIN = [f"d{number // 3}" for number in range(len(ROWS))]
DOCUMENTS = {"train": OF_TRAIN, "validation": OF_TRAIN[:6], "test": OF_TRAIN[3:9]}
Both = tuple[Path, Path]


def test_folds_are_of_similar_size_whatever_the_split_was_drawn_by():
    seed, sentences = 42, [[f"word {number}"] for number in range(4000)]
    train = [words for words in sentences if split_of(draw(words, seed), {"validation": 0.5}) == "train"]
    sizes = Counter(fold_of(words, seed, 4) for words in train)
    assert set(sizes) == {1, 2, 3, 4}
    assert all(400 < size < 600 for size in sizes.values())
    assert [fold_of(words, 1, 4) for words in train] != [fold_of(words, 2, 4) for words in train]


def folds_of(both: Both, count: int, seed: int = 1) -> list[Fold]:
    """All folds of data/tokenized and data/tokenized_tests, by document where they are known."""
    params = Crossval(folds=list(range(1, count + 1)), group="document", seed=seed)
    return [Fold(number, params, both[0], both[1] / "unlabelled") for number in params.folds]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    both = write_both(tmp_path_factory.mktemp("data"), SENTENCES)
    shutil.copytree(both[0] / "windows/train", both[0] / "windows" / tokenized.LOWERCASE)
    return both


@pytest.mark.parametrize("splits", [SPLITS[:2], SPLITS])
def test_each_sentence_is_held_out_once_and_neither_learnt_nor_chooses_the_epoch(splits, tmp_path):
    made = folds_of(write_both(tmp_path, {split: SENTENCES[split] for split in splits}), 3)
    assert sum(fold.held_out["train"].astype(int) for fold in made).tolist() == [1] * len(ROWS)
    for fold in made:
        held_out = fold.held_out["train"]
        assert list(fold.held_out) == [*splits]
        assert (fold.learnable["train"] == ~held_out).all()
        assert held_out[0] == held_out[-1], "equal words, other labels"
        assert fold.held_out.get("test", held_out[3:9]).tolist() == held_out[3:9].tolist(), "equal sentences"
        assert fold.learnable["validation"].tolist() == (~held_out[:6]).tolist()
    held_out, learnt = made[0].numbers["held_out"], made[0].numbers["learnt"]
    assert made[0].message() == (
        f"fold 1 of 3: {', '.join(f'{held_out[split]} of {split}' for split in splits)} held out; {learnt} of 19 "
        f"sentences of train ({learnt / 19:.0%}) are left to learn from"
    )


def test_copies_of_a_repeated_source_are_labelled_once(tmp_path):
    rows = [*ROWS, *((*row, f"1#2/train-{number}") for number, row in enumerate(ROWS))]
    for fold in folds_of(write_both(tmp_path, {"train": rows, "validation": ROWS}), 3):
        of_first, of_copies = np.split(fold.held_out["train"], 2)
        assert of_first.any() and not of_copies.any()
        assert fold.learnable["train"].tolist() == [*~of_first, *~of_first], "a copy is not learnt, either"


def test_copies_of_a_repeated_document_are_held_out_with_it(tmp_path):
    """Or a model would learn less of such a source than of others."""
    rows = [*ROWS[:-1], *((*row, f"1#2/train-{number}") for number, row in enumerate(ROWS[:-1]))]
    documents = {"train": [f"{reading}/d{number // 3}" for reading in ("1", "1#2") for number in range(18)]}
    for fold in folds_of(write_both(tmp_path, {"train": rows, "validation": NO_ENTITIES}, documents), 2):
        assert fold.learnable["train"].tolist() == 2 * (~fold.held_out["train"][:18]).tolist()


def test_by_document_whole_documents_are_held_out_and_no_equal_sentence_is_learnt(tmp_path):
    apart = set()
    both = write_both(tmp_path, SENTENCES | {"validation": NO_ENTITIES}, DOCUMENTS)
    for seed in range(20):
        fold = folds_of(both, 2, seed)[0]
        held_out, learnable = fold.held_out["train"], fold.learnable["train"]
        documents = held_out[:-1].reshape(-1, 3)
        assert (documents.all(axis=1) == documents.any(axis=1)).all()
        assert fold.held_out["test"].tolist() == held_out[3:9].tolist(), "the same document"
        # The last sentence, in its own document, repeats the words of the first one.
        expected = ~held_out
        expected[[0, -1]] = not (held_out[0] or held_out[-1])
        assert learnable.tolist() == expected.tolist()
        apart.add(held_out[0] != held_out[-1])
    assert apart == {True, False}


def test_documents_are_held_out_where_they_are_known_and_asked_for(both, tmp_path):
    known = write_both(tmp_path, SENTENCES, DOCUMENTS)
    by_sentence = Crossval(folds=[1, 2], group="sentence", seed=1)
    assert folds_of(known, 2)[0].by_document
    assert not Fold(1, by_sentence, known[0], known[1] / "unlabelled").by_document
    assert not folds_of(both, 2)[0].by_document


OF_ONE = {"train": ["one"] * len(ROWS)}
IMPOSSIBLE = [
    (ROWS[:3], NO_ENTITIES, {}, 5, "sentence of train to hold out"),
    (ROWS, NO_ENTITIES, OF_ONE, 2, "sentence of train to hold out"),
    ([*NO_ENTITIES, *ROWS[:1]], NO_ENTITIES, {}, 2, "entity of train or validation to hold out"),
    (ROWS, ROWS[:1], {}, 2, "sentence to choose the epoch by"),
]


@pytest.mark.parametrize(("train", "validation", "documents", "count", "lacking"), IMPOSSIBLE)
def test_each_fold_fails_at_once_if_one_of_them_holds_out_too_little(
    tmp_path,
    train,
    validation,
    documents,
    count,
    lacking,
):
    message = (
        rf"^crossval/params.yaml: fold \d of {count} has no {lacking}; expected at least one; annotate more "
        "sentences, or use fewer folds or another seed(, or group: sentence)?$"
    )
    with pytest.raises(UserError, match=message):
        folds_of(write_both(tmp_path, {"train": train, "validation": validation}, documents), count)


def test_data_of_a_fold_are_its_sentences_with_their_windows(both, tmp_path):
    data, tests = both
    fold = folds_of(both, 2)[0]
    target = tmp_path / "fold"
    folds.write_data(fold, target)
    assert tokenized.load_labels(target) == LABELS
    assert folds.splits_held_out(target) == [*SPLITS]
    parts = {"train": ("train", fold.learnable["train"]), "validation": ("validation", fold.learnable["validation"])}
    parts |= {folds.held_out_name(split): (split, mask) for split, mask in fold.held_out.items()}
    for name, (split, mask) in parts.items():
        whole = tokenized.load_split(tests if split == "test" else data, split)
        part = tokenized.load_split(target, name)
        chosen = np.flatnonzero(mask)
        if split == "test":
            assert part.sentences["words"][:] == whole.sentences[chosen]["words"]
            assert {label for labels in part.sentences["labels"] for label in labels} == {-1}
            continue
        assert part.sentences[:] == whole.sentences[chosen]
        for new, old in enumerate(chosen.tolist()):
            copied, original = part.windows[part.windows_of(new)], whole.windows[whole.windows_of(old)]
            assert copied | {"sentence": original["sentence"]} == original
    part = tokenized.load_split(target, "train")
    assert tokenized.with_copies(part, target).windows.to_list() == 2 * part.windows.to_list()
    assert {path.name for path in (target / "windows").iterdir()} == {*parts, tokenized.LOWERCASE}
