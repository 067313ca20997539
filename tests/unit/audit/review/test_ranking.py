"""Ranking: the model's odds and the usage of gold elsewhere decide, and memory holds the best ones."""

from math import log
from pathlib import Path

import pytest
from helpers.held_out import LABELS, audit, chunk

from tagline.audit.audit_params import Audit
from tagline.audit.review.ranking import Ranking, rank
from tagline.core.provenance import write_hashes
from tagline.crossval import out_of_fold
from tagline.terminal.errors import UserError

# Words, gold and predicted labels.
MISSING = ("Ada in Oslo", "O O B-LOC", "B-PER O B-LOC")
SPURIOUS = ("in Oslo", "B-LOC B-LOC", "O B-LOC")
RIGHT = ("Bo in Oslo", "B-PER O B-LOC", "B-PER O B-LOC")
Rows = list[tuple[str, str, str]]


def write_fold(folder: Path, number: int, rows: Rows, params: Audit, sure: float = 0.9, **others: object) -> None:
    target = folder / str(number)
    target.mkdir(parents=True)
    out_of_fold.write(target / "train.parquet", LABELS, [chunk(rows, sure)])
    sizes = {"held_out": {"train": len(rows)}, "learnt": 1, "train": 1}
    made_of = {"fold": number, "audit": params.model_dump(exclude={"most"}), "sentences": sizes}
    made_of |= {"tokenized": "0" * 64, "train": {}, "validation_f1": number / 4, **others}
    out_of_fold.write_provenance(target, LABELS, made_of)


def write_all(folder: Path, *parts: Rows, sure: float = 0.2, data: str = "0" * 64) -> None:
    """What the model that was trained on all says; by default each of the five labels is equally probable."""
    (folder / "all").mkdir()
    out_of_fold.write(folder / "all/train.parquet", LABELS, [chunk(rows, sure) for rows in parts])
    out_of_fold.write_provenance(folder / "all", LABELS, {"tokenized": data})


def ranking(folder: Path, first: Rows, second: Rows, sure: float = 0.9, **values: object) -> Ranking:
    params = audit(2, **values)
    write_fold(folder, 1, first, params, sure)
    write_fold(folder, 2, second, params, 0.5)
    write_all(folder, first, second)
    return rank(folder, params)


def test_the_score_is_the_log_odds_by_surface(tmp_path: Path) -> None:
    found = ranking(tmp_path, [MISSING, RIGHT], [SPURIOUS], group="surface").suspicions
    assert [(each.disagreement.fault, each.sentence.id) for each in found] == [
        ("missing", "train-0"),
        ("spurious", "train-0"),
    ]
    # Of five labels, the predicted one has 0.9 or 0.5, each other one a quarter of the rest.
    assert found[0].score == pytest.approx(log(0.9 / 0.025), abs=1e-3)
    assert found[1].score == pytest.approx(log(0.5 / 0.125), abs=1e-3)
    place = {"rank": 7, "score": found[0].score, "kind": "missing", "split": "train", "id": "train-0"}
    words = {"words": ["Ada", "in", "Oslo"], "labels": ["O", "O", "B-LOC"], "predicted": ["B-PER", "O", "B-LOC"]}
    entities = {"gold": [], "suggested": [{"type": "PER", "start": 0, "end": 1, "text": "Ada"}]}
    probabilities = {"gold_probability": 0.025, "suggested_probability": 0.9}
    assert found[0].as_json(7) == {**place, **words, **entities, **probabilities}


def test_gold_of_other_sentences_counts(tmp_path: Path) -> None:
    missing, spurious = ranking(tmp_path, [MISSING, RIGHT], [SPURIOUS, RIGHT]).suspicions
    # "Ada" occurs nowhere else. "in" is O in three other sentences, and an entity in none.
    assert missing.score == pytest.approx(log(0.9 / 0.025), abs=1e-3)
    assert spurious.score == pytest.approx(log(0.5 / 0.125) + log(3.5 / 0.5), abs=1e-3)
    # Marked twice elsewhere: as a word it is PER twice and O never; as a text PER twice, its absence counts the prior.
    marked = ("Ada in Oslo too", "B-PER O B-LOC O", "B-PER O B-LOC O")
    (found,) = ranking(tmp_path / "marked", [MISSING, marked, marked], [RIGHT]).suspicions
    assert found.score == pytest.approx(log(0.9 / 0.025) + 2 * log(2.5 / 0.5), abs=1e-3)


def test_a_model_that_was_trained_on_the_sentence_counts(tmp_path: Path) -> None:
    params = audit(2)
    write_fold(tmp_path, 1, [RIGHT, MISSING, MISSING], params)
    write_fold(tmp_path, 2, [RIGHT], params)
    write_all(tmp_path, [RIGHT, MISSING, MISSING], [RIGHT], sure=0.6)
    found = rank(tmp_path, params).suspicions
    assert [each.sentence.id for each in found] == ["train-1", "train-2"]
    assert found[0].score == pytest.approx(log(0.9 / 0.025) + log(0.6 / 0.1) + log(0.5 / 1.5), abs=1e-3)


def test_only_the_best_are_kept(tmp_path: Path) -> None:
    found = ranking(tmp_path, [MISSING, SPURIOUS], [MISSING, RIGHT], most=1)
    assert len(found.suspicions) == 1
    assert found.numbers == {("train", "missing"): 2, ("train", "spurious"): 1}
    lines = ["train: 3 disagreements (2 missing, 1 spurious)", "F1 on validation: 0.250, 0.500"]
    assert found.message().splitlines() == lines


def test_a_word_that_no_model_sees_is_not_suspicious(tmp_path: Path) -> None:
    params = audit(2, group="surface")
    sentences, probabilities = chunk([("Ada \u200b Oslo", "B-PER I-PER B-LOC", "B-PER O B-LOC")])
    probabilities[1] = 0
    for number in params.folds:
        write_fold(tmp_path, number, [RIGHT], params)
    out_of_fold.write(tmp_path / "1/train.parquet", LABELS, [(sentences, probabilities)])
    write_hashes(tmp_path / "1")
    (found,) = rank(tmp_path, params).suspicions
    assert found.score == 0


DIFFERENT_RUNS = [
    ({"seed": 2}, {}, r"2: made with other params; expected those of audit/params.yaml; run `dvc repro audit/dvc"),
    ({"tokenized": "1" * 64}, {}, r"2: made with other data or train params than .*1; run `dvc repro audit/dvc.ya"),
    ({"train": {"epochs": 9}}, {}, r"2: made with other data or train params than .*1; run"),
    ({}, {"data": "1" * 64}, r"all: made with other data than the folds; run `dvc repro audit/dvc.yaml:all`"),
    ({}, {}, r"all: lacks sentence train-0 of train; run `dvc repro audit/dvc.yaml:all`"),
]


@pytest.mark.parametrize(("second", "learnt", "message"), DIFFERENT_RUNS)
def test_outputs_of_different_runs_are_an_error(tmp_path: Path, second: dict, learnt: dict, message: str) -> None:
    write_fold(tmp_path, 1, [MISSING], audit(2))
    write_fold(tmp_path, 2, [MISSING], audit(2, seed=second.get("seed", 1)), **second)
    write_all(tmp_path, [RIGHT], **learnt)
    with pytest.raises(UserError, match=message):
        rank(tmp_path, audit(2))
