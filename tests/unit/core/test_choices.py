"""Choices that params offer and the code takes: written twice, so that checking params loads no library, and alike."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tagline.core.params import Section
from tagline.evaluation.evaluate_params import Evaluate
from tagline.labels.model_settings import Decoding, Precision
from tagline.labels.schemes import Scheme
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.training.train_params import Train


@pytest.mark.parametrize(
    ("section", "key", "taken"),
    [
        (Train, "precision", get_args(Precision)),
        (Evaluate, "precision", get_args(Precision)),
        (Evaluate, "decoding", get_args(Decoding)),
        (TokenizeAlign, "scheme", ("auto", *get_args(Scheme))),
    ],
)
def test_all_that_is_taken_is_offered_and_nothing_else(
    section: type[Section], key: str, taken: tuple[Any, ...]
) -> None:
    assert get_args(section.model_fields[key].annotation) == taken
