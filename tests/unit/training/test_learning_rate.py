"""The learning rate that fits an encoder: that of the recipes that others published and of the presets."""

import numpy as np
import pytest
from helpers.project import json_of, run_stage
from helpers.tiny import PRESETS, preset, set_train_params
from ruamel.yaml import YAML
from transformers import BertConfig

from tagline.training.learning_rate import advice, fitting_rate
from tagline.training.train_params import Batches
from tagline.training.training_batches import TrainingBatches

# Measured at 306 steps: 1e-4 is better than 3.7e-5 for the base size (benchmarks/results.md).
RATES = [(2, 128, 4000, 3e-4), (6, 384, 4000, 3e-4), (12, 384, 4000, 1.5e-4), (12, 768, 4000, 3.7e-5)]
RATES += [(24, 1024, 4000, 1.1e-5), (48, 2048, 4000, 1e-5), (6, 384, 306, 3e-4), (12, 384, 306, 1.5e-4)]
RATES += [(12, 768, 20, 1.1e-4), (12, 768, 306, 1.1e-4), (12, 768, 1265, 6.3e-5), (24, 1024, 306, 4.6e-5)]


def fitting(layers, width, steps, **batches):
    sizes = Batches.model_validate({"order": "by_length", "subwords_per_batch": 512, "batch_size": 8} | batches)
    config = BertConfig(num_hidden_layers=layers, hidden_size=width)
    return fitting_rate(config, TrainingBatches(np.full(100, 17), sizes, seed=1), steps)


@pytest.mark.parametrize(("layers", "width", "steps", "rate"), RATES)
def test_rate_falls_with_the_size_and_rises_for_few_steps_of_wide_encoders(layers, width, steps, rate):
    assert fitting(layers, width, steps) == rate


@pytest.mark.parametrize("name", [name for name in PRESETS if "bert-base" in preset(name)])
def test_rate_is_that_of_the_presets_of_bert_base(name):
    """They were scaled from BERT's own rates by the square root of the batch."""
    params = YAML(typ="safe").load(preset(name))["train"]
    assert fitting(12, 768, 4000, **params["batches"]) == pytest.approx(params["learning_rate"], rel=0.15)


def test_rate_that_is_much_higher_is_reported():
    assert advice(3e-4, 1.5e-4, 1) is None
    assert advice(3e-4, 3.7e-5, 1) == (
        "train.learning_rate: 0.0003 is 8 times the 3.7e-05 that fits an encoder of this size; if F1 is low or stays "
        "0, set it to auto"
    )


def test_what_auto_stands_for_is_printed_and_recorded(finished, capsys):
    set_train_params(learning_rate="auto", max_steps=2, layer_decay=0.5)
    run_stage("train")
    assert "train.learning_rate: auto is 0.0003, 0.00015 in the embeddings\n" in capsys.readouterr().out
    assert json_of("reports/train.json")["learning_rate"] == 3e-4
    assert json_of("models/finetuned/provenance.json")["params"]["learning_rate"] == 3e-4
