"""The learning rate that fits an encoder: that of the recipes that others published and of the presets."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.project import run_stage
from helpers.tiny import PRESETS, preset, set_train_params
from ruamel.yaml import YAML
from transformers import BertConfig

from tagline.training.learning_rate import advice, fitting_rate
from tagline.training.train_params import Batches
from tagline.training.training_batches import TrainingBatches


def batches(order="by_length", subwords_per_batch=512, batch_size=8):
    sizes = Batches.model_validate({"order": order, "subwords_per_batch": subwords_per_batch, "batch_size": batch_size})
    return TrainingBatches(np.full(100, 17), sizes, seed=1)


def bert(layers, width):
    return BertConfig(num_hidden_layers=layers, hidden_size=width)


SIZES = [(2, 128, 3e-4), (3, 384, 3e-4), (6, 384, 3e-4), (12, 384, 1.5e-4), (12, 768, 3.7e-5), (24, 1024, 1.1e-5)]


@pytest.mark.parametrize(("layers", "width", "rate"), [*SIZES, (48, 2048, 1e-5)])
def test_rate_of_many_steps_falls_with_the_size_between_the_published_ones(layers, width, rate):
    assert fitting_rate(bert(layers, width), batches(), 4000) == rate


FEW = [(6, 384, 306, 3e-4), (12, 384, 306, 1.5e-4), (12, 768, 20, 1.1e-4), (12, 768, 306, 1.1e-4)]
FEW += [(12, 768, 1265, 6.3e-5), (24, 1024, 306, 4.6e-5)]


@pytest.mark.parametrize(("layers", "width", "steps", "rate"), FEW)
def test_wide_encoders_take_a_higher_rate_for_few_steps(layers, width, steps, rate):
    """Measured at 306 steps: 1e-4 is better than 3.7e-5 for the base size (benchmarks/results.md)."""
    assert fitting_rate(bert(layers, width), batches(), steps) == rate


@pytest.mark.parametrize("name", [name for name in PRESETS if "bert-base" in preset(name)])
def test_rate_is_that_of_the_presets_of_bert_base(name):
    """They were scaled from BERT's own rates by the square root of the batch."""
    params = YAML(typ="safe").load(preset(name))["train"]
    fitting = fitting_rate(bert(12, 768), batches(**params["batches"]), 4000)
    assert fitting == pytest.approx(params["learning_rate"], rel=0.15)


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
    assert json.loads(Path("reports/train.json").read_text())["learning_rate"] == 3e-4
    assert json.loads(Path("models/finetuned/provenance.json").read_text())["params"]["learning_rate"] == 3e-4
