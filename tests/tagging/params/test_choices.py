"""Choices that params offer and the code takes: written twice, so that checking params loads no library, and alike."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tagging.decoding import Decoding
from tagging.params.evaluate import Evaluate
from tagging.params.reader import Section
from tagging.params.tokenize_align import Limits, TokenizeAlign
from tagging.params.train import Train
from tagging.precision import Precision
from tagging.schemes import Scheme
from tagging.tokenize_align.findings import MEANINGS


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


def test_every_finding_has_a_limit() -> None:
    assert list(Limits.model_fields) == list(MEANINGS)
