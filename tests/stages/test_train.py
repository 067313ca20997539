"""train.py: what is printed and logged while it runs; the outs stay byte-identical."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.project import ROOT, json_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, set_train_params, training_results

from tagline.artifacts import tokenized
from tagline.training.tracking import Trackers

PACKAGE = ROOT / "stages/tagline"


def test_losses_rates_and_scores_are_logged(finished, monkeypatch):
    logged = defaultdict(dict)

    def log(_, values, step):
        for name, value in values.items():
            logged[name][step] = value

    outs = [Path(name) for name in ("models/finetuned", "reports", "plots")]
    untracked = snapshot(*outs)
    monkeypatch.setattr(Trackers, "log", log)
    run_stage("train")
    assert snapshot(*outs) == untracked
    # Six epochs of 9 steps: the last one of each, and every tenth.
    assert list(logged["train/loss"]) == [9, 10, 18, 20, 27, 30, 36, 40, 45, 50, 54]
    rate = TINY_PARAMS["train"]["learning_rate"]  # after 6 steps of warm-up it falls for 48
    assert logged["train/learning_rate"] == pytest.approx({at: rate * (55 - at) / 48 for at in logged["train/loss"]})
    assert list(logged["validation/f1"]) == [9, 18, 27, 36, 45, 54]
    f1 = pd.read_csv("plots/validation.csv")["f1"].tolist()
    assert list(logged["validation/f1"].values()) == pytest.approx(f1, abs=1e-4)


def test_run_that_max_steps_ended_says_of_how_many_steps(finished):
    whole = json_of("models/finetuned/provenance.json")
    assert "planned_steps" not in whole
    set_train_params(max_steps=1)
    run_stage("train")
    assert json_of("models/finetuned/provenance.json").items() >= {"steps": 1, "planned_steps": whole["steps"]}.items()
    set_train_params(max_steps=2, min_steps=100)
    run_stage("train")
    assert json_of("models/finetuned/provenance.json")["planned_steps"] == 108, "12 passes of 9 steps"


def test_new_classifier_begins_with_the_shares_of_words(finished):
    set_train_params(learning_rate=1e-12, head_learning_rate=1e-12, max_steps=1)
    run_stage("train")
    counts = Counter[int]()
    for window in tokenized.load_split(Path("data/tokenized"), "train").windows:
        labelled = [pair for pair in zip(window["word_ids"], window["labels"], strict=True) if pair[1] >= 0]
        subwords = Counter(word for word, _ in labelled)
        for word, label in labelled:
            counts[label] += 1 / subwords[word]
    bias = training_results()[2]["classifier.bias"]
    shares = np.array([counts[label] + 1 for label in range(len(bias))]) / (sum(counts.values()) + len(bias))
    np.testing.assert_allclose(bias, np.log(shares), atol=1e-6)
