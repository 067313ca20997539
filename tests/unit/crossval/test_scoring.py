"""Scoring of folds: all sentences once, intervals over documents, what is said of the score."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from helpers.held_out import LABELS, chunk, write_both, write_tokenized
from helpers.messages import message_of

from tagline.core.provenance import HASHES, sha256
from tagline.crossval import out_of_fold
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.scoring import score_folds
from tagline.crossval.summary import NAME, compared, notes
from tagline.evaluation.evaluate_params import Bootstrap, Evaluate
from tagline.evaluation.stage import Evaluation
from tagline.report.evaluation_page import render

# Words, gold and predicted labels.
RIGHT = ("Ada in Oslo", "B-PER O B-LOC", "B-PER O B-LOC")
MISSED = ("Bo here", "B-PER O", "O O")
BY_DOCUMENT = Crossval(folds=[1, 2], group="document", seed=1)
BY_SENTENCE = Crossval(folds=[1, 2], group="sentence", seed=1)
EVALUATE = Evaluate(subwords_per_batch=None, precision="fp32", bootstrap=Bootstrap(resamples=200, seed=0))


def write_folds(folder: Path, params: Crossval, both: tuple[Path, Path], test: Sequence[tuple[str, str, str]]) -> Path:
    """Two folds of train, one right and one wrong, and of validation one sentence in the first fold."""
    data, tests = both
    of_test = [(words, predicted, predicted) for words, _, predicted in test]
    parts = {1: {"train": [RIGHT] * 4, "validation": [RIGHT]}, 2: {"train": [MISSED] * 4, "test": of_test}}
    for number, splits in parts.items():
        target = folder / str(number)
        target.mkdir(parents=True)
        for split, rows in splits.items():
            if not rows:
                continue
            sentences, probabilities = chunk(rows)
            ids = [f"{split}-{number}-{row}" for row in range(len(rows))]
            sentences.ids[:] = ids
            if split == "test":
                sentences = replace(sentences, gold=None)
            out_of_fold.write(target / f"{split}.parquet", LABELS, [(sentences, probabilities)])
        sizes = {"held_out": {}, "learnt": 4, "train": 8}
        made_of = {"fold": number, "crossval": params.model_dump(), "sentences": sizes, "best_epoch": 1}
        made_of |= {"tokenized": sha256(data / HASHES), "unlabelled": sha256(tests / "unlabelled" / HASHES)}
        out_of_fold.write_provenance(target, LABELS, made_of | {"train": {"precision": "auto"}})
    return folder


def write_sentences(folder: Path, test: Sequence[tuple[str, str, str]] = ()) -> tuple[Path, Path]:
    """The sentences of each fold of train are one document."""
    train = []
    for number, (words, gold, _) in enumerate([RIGHT] * 4 + [MISSED] * 4):
        train.append((words, gold, f"train-{number // 4 + 1}-{number % 4}"))
    splits = {"train": train, "validation": [(*RIGHT[:2], "validation-1-0")]}
    if test:
        splits["test"] = [(words, gold, f"test-2-{row}") for row, (words, gold, _) in enumerate(test)]
    return write_both(folder, splits, {"train": ["d0"] * 4 + ["d1"] * 4, "validation": ["d2"]})


def scored(folder: Path, params: Crossval, test: Sequence[tuple[str, str, str]] = ()) -> Evaluation:
    """Write folds, and score them; the labels of test are not in their outputs."""
    both = write_sentences(folder, test)
    return score_folds(write_folds(folder / "folds", params, both, test), *both, params, EVALUATE)


def test_all_splits_are_scored_together_with_intervals_over_documents(tmp_path):
    for name in "ds":
        (tmp_path / name).mkdir()
    evaluation = scored(tmp_path / "d", BY_DOCUMENT)
    entries = evaluation.metrics[NAME]
    # 10 of 14 entities are found, and all that are predicted are right.
    assert compared(entries) == {
        "cross-validated.f1": 0.8333,
        "cross-validated.f1_low": 0.0,
        "cross-validated.f1_high": 1.0,
        "cross-validated.f1_sd": 0.7071,
        "cross-validated.precision": 1.0,
        "cross-validated.recall": 0.7143,
        "cross-validated.number": 14,
        "cross-validated.f1.LOC": 1.0,
        "cross-validated.f1.PER": 0.7143,
    }
    assert [(fold["f1"], fold["number"]) for fold in entries["folds"]] == [(1.0, 10), (0.0, 4)]
    of_sentences = scored(tmp_path / "s", BY_SENTENCE).metrics[NAME]
    assert of_sentences["overall"] == entries["overall"]
    assert of_sentences["intervals"]["overall"]["f1"]["low"] > 0.4
    assert list(notes(entries)) == [
        "cross-validated: each sentence is labelled by one of 2 models, trained without it on about 50% of train; "
        "models/finetuned and its export are not one of them, but trained on all of train",
        "cross-validated: F1 of the folds from 0.000 to 1.000, standard deviation 0.707; intervals resample documents",
    ]
    page = render(evaluation, [], [], title="Cross-validation", notes=[*notes(entries)])
    assert "<title>Cross-validation of ner</title>" in page
    assert "when documents are resampled" in page
    assert page.index("labelled by one of 2 models") < page.index("<h2"), "it begins with what it is"
    assert page.count('data-kind="missed"') == 4
    assert 'href="#slices"' not in page


def test_folds_of_other_params_or_data_are_errors(tmp_path):
    scored(tmp_path, BY_SENTENCE, [RIGHT])
    folder, data, tests = (tmp_path / name for name in ("folds", "tokenized", "tests"))
    message = message_of(score_folds, folder, data, tests, BY_DOCUMENT, EVALUATE)
    assert message == (
        f"{folder}/1: made with other params; expected those of crossval/params.yaml; run "
        "`dvc repro crossval/dvc.yaml:fold@1`"
    )
    other = write_tokenized(tmp_path / "other", {"train": [MISSED], "validation": [RIGHT]})
    message = message_of(score_folds, folder, other, tests, BY_SENTENCE, EVALUATE)
    assert message == f"{folder}/1: made of other data than {other}; run `dvc repro crossval/dvc.yaml`"
    _, more = write_sentences(tmp_path / "more", [RIGHT, MISSED])
    message = message_of(score_folds, folder, data, more, BY_SENTENCE, EVALUATE)
    assert message == f"{folder}/1: made of other data than {more}/unlabelled; run `dvc repro crossval/dvc.yaml`"


def test_labels_of_test_are_read_when_folds_are_scored(tmp_path):
    new = ("in Oslo", "O B-NEW", "O B-LOC")
    entries = scored(tmp_path, BY_DOCUMENT, [RIGHT, MISSED, new]).metrics[NAME]
    assert (entries["overall"]["number"], entries["overall"]["recall"]) == (18, round(12 / 18, 6))
    assert entries["per_type"]["NEW"] == {"precision": 0, "recall": 0, "f1": 0, "number": 1}, "only test has it"
