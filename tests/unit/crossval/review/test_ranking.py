"""Ranking: the models' odds and the usage of gold elsewhere decide, and memory holds the best ones."""

from math import log
from pathlib import Path

import pytest
from helpers.held_out import LABELS, chunk

from tagline.crossval import out_of_fold
from tagline.crossval.out_of_fold import FoldOutput
from tagline.crossval.review.ranking import Ranking, rank_by_folds, rank_by_model
from tagline.terminal.errors import UserError

# Words, gold and predicted labels.
MISSING = ("Ada in Oslo", "O O B-LOC", "B-PER O B-LOC")
SPURIOUS = ("in Oslo", "B-LOC B-LOC", "O B-LOC")
RIGHT = ("Bo in Oslo", "B-PER O B-LOC", "B-PER O B-LOC")
Rows = list[tuple[str, str, str]]


def output(folder: Path, *parts: Rows, sure: float) -> FoldOutput:
    folder.mkdir(parents=True)
    out_of_fold.write(folder / "train.parquet", LABELS, [chunk(rows, sure) for rows in parts])
    return FoldOutput(folder, LABELS, {})


def ranking(folder: Path, first: Rows, second: Rows, learnt: float = 0.2, most: int = 100) -> Ranking:
    """By default each of the five labels is equally probable for the model that was trained on all."""
    folds = [output(folder / "1", first, sure=0.9), output(folder / "2", second, sure=0.5)]
    return rank_by_folds(folds, output(folder / "all", first, second, sure=learnt), ["train"], most)


def test_gold_of_other_sentences_counts(tmp_path):
    missing, spurious = ranking(tmp_path, [MISSING, RIGHT], [SPURIOUS, RIGHT]).suspicions
    # Of five labels, the predicted one has 0.9 or 0.5, each other one a quarter of the rest.
    # "Ada" occurs nowhere else. "in" is O in three other sentences, and an entity in none.
    assert missing.score == pytest.approx(log(0.9 / 0.025), abs=1e-3)
    assert spurious.score == pytest.approx(log(0.5 / 0.125) + log(3.5 / 0.5), abs=1e-3)
    # Marked twice elsewhere: as a word it is PER twice and O never; as a text PER twice, its absence counts the prior.
    marked = ("Ada in Oslo too", "B-PER O B-LOC O", "B-PER O B-LOC O")
    (found,) = ranking(tmp_path / "marked", [MISSING, marked, marked], [RIGHT]).suspicions
    assert found.score == pytest.approx(log(0.9 / 0.025) + 2 * log(2.5 / 0.5), abs=1e-3)
    place = {"rank": 7, "score": missing.score, "kind": "missed", "split": "train", "id": "train-0"}
    words = {"words": ["Ada", "in", "Oslo"], "labels": ["O", "O", "B-LOC"], "predicted": ["B-PER", "O", "B-LOC"]}
    entities = {"gold": [], "suggested": [{"type": "PER", "start": 0, "end": 1, "text": "Ada"}]}
    probabilities = {"gold_probability": 0.025, "suggested_probability": 0.9}
    assert missing.as_json(7) == {**place, **words, **entities, **probabilities}


def test_a_model_that_was_trained_on_the_sentence_counts(tmp_path):
    found = ranking(tmp_path, [RIGHT, MISSING, MISSING], [RIGHT], learnt=0.6).suspicions
    assert [each.sentence.id for each in found] == ["train-1", "train-2"]
    assert found[0].score == pytest.approx(log(0.9 / 0.025) + log(0.6 / 0.1) + log(0.5 / 1.5), abs=1e-3)


def test_only_the_best_are_kept(tmp_path):
    found = ranking(tmp_path, [MISSING, SPURIOUS], [MISSING, RIGHT], most=1)
    assert len(found.suspicions) == 1
    assert found.numbers == {("train", "missed"): 2, ("train", "spurious"): 1}
    assert list(found.lines()) == ["train: 3 disagreements (2 missed, 1 spurious)"]


def test_a_word_that_no_model_sees_is_not_suspicious(tmp_path):
    sentences, probabilities = chunk([("Ada \u200b Oslo", "B-PER I-PER B-LOC", "B-PER O B-LOC")], sure=0.95)
    probabilities[1] = 0
    learnt = output(tmp_path / "all", [RIGHT], sure=0.95)
    out_of_fold.write(learnt.folder / "train.parquet", LABELS, [(sentences, probabilities)])
    assert rank_by_model(learnt, ["train"], 9).suspicions == []


def test_without_folds_the_loss_of_gold_decides_also_where_the_model_agrees(tmp_path):
    """Of Bo, gold has 0.5 and each other label 0.125, of which the first is suggested: O."""
    learnt = output(tmp_path / "all", [MISSING], sure=0.95)
    unsure = chunk([RIGHT], sure=0.5)
    unsure[1][1:] = chunk([RIGHT], sure=0.95)[1][1:]
    out_of_fold.write(learnt.folder / "train.parquet", LABELS, [chunk([MISSING], sure=0.95), unsure])
    first, second = rank_by_model(learnt, ["train"], 9).suspicions
    assert (first.disagreement.fault, first.score) == ("missed", pytest.approx(-log(0.05 / 4), abs=1e-3))
    assert (second.disagreement.fault, second.score) == ("spurious", pytest.approx(-log(0.5), abs=1e-3))


def test_folds_of_other_sentences_are_an_error(tmp_path):
    folds = [output(tmp_path / "1", [MISSING], sure=0.9)]
    with pytest.raises(UserError, match=r"^data/tokenized: no sentence train-0 in train with the words that its fold"):
        rank_by_folds(folds, output(tmp_path / "all", [RIGHT], sure=0.9), ["train"], 9)
