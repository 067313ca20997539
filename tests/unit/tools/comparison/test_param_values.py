"""The params of runs: keys, values, and groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from helpers.runs import run_of

from tagline.core.errors import UserError
from tagline.tools.comparison.param_values import check_keys, differing_keys, group, read_values, value_text


def test_values_by_dotted_key() -> None:
    run = replace(run_of("a", []), params=b"train:\n  batches:\n    order: random\n  rate: 2e-5\n  steps:\n")
    assert read_values(run) == {"train.batches.order": "random", "train.rate": 0.00002, "train.steps": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "a: params.yaml is missing; expected a revision of this pipeline"),
        (b"- 1\n", "a:params.yaml must be a mapping with one section per stage"),
        (b"a: 1\na: 2\n", 'a:params.yaml:2: found duplicate key "a"; expected each key once'),
    ],
)
def test_damaged_params(content: bytes | None, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read_values(replace(run_of("a", []), params=content))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("seed", "; did you mean train.seed or evaluate.bootstrap.seed?"),
        ("train.sede", "; did you mean train.seed?"),
        ("xyz", "; expected a key such as train.seed, train.epochs, train.rate and 1 more"),
    ],
)
def test_an_unknown_key(key: str, hint: str) -> None:
    params = [{"train.seed": 1, "train.epochs": 1}, {"train.rate": 1, "evaluate.bootstrap.seed": 1}]
    with pytest.raises(UserError) as raised:
        check_keys([key], params)
    assert str(raised.value) == f"--by {key}: params.yaml does not have this key{hint}"


def test_a_key_that_only_some_runs_have_is_known() -> None:
    check_keys(["train.rate"], [{}, {"train.rate": 1}])


def test_groups_in_the_order_of_their_values() -> None:
    values: list[Any] = ["b", 10, 2, None, 2.0, True, "a", [1], 0.5]
    params = [{}, *({"key": value} for value in values)]
    found = [[value_text(params[index], "key") for index in indices] for indices in group(["key"], params)]
    assert found == [["missing"], ["null"], ["0.5"], ["2", "2.0"], ["10"], ["[1]"], ["a"], ["b"], ["true"]]


def test_groups_by_two_keys() -> None:
    params = [{"a": a, "b": b} for a, b in [(2, 1), (1, 2), (1, 1), (2, 1)]]
    assert group(["a", "b"], params) == [[2], [1], [0, 3]]


def test_other_keys_that_differ() -> None:
    params = [{"rate": 1, "train.seed": 1, "epochs": 1, "a": 1}, {"rate": 2, "train.seed": 2, "epochs": 2, "a": 1.0}]
    assert differing_keys(["rate"], params) == ["epochs"]
