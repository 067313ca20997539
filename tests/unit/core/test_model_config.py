"""A model's config.json: numbers that no model has, and code from the Hub, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagline.core.model_config import check_config


@pytest.mark.parametrize("entry", ['"num_hidden_layers": 2147483648', '"n_layer": 1e308', '"num_labels": 1000000000'])
def test_number_larger_than_any_models_is_an_error(tmp_path: Path, entry: str) -> None:
    (tmp_path / "config.json").write_text("{" + entry + "}")
    with pytest.raises(ValueError, match=r"config\.json: \w+ is .+; expected at most"):
        check_config(tmp_path / "config.json")


@pytest.mark.parametrize(
    "entry",
    [
        '"_attn_implementation": "a/x@main"',
        '"attn_implementation": {"": "sdpa", "text_config": "a/x@main"}',
        '"text_config": {"_attn_implementation": "flash_attention_2"}',
        '"_experts_implementation": "deepgemm"',
    ],
)
def test_implementation_from_the_hub_is_an_error(tmp_path: Path, entry: str) -> None:
    (tmp_path / "config.json").write_text("{" + entry + "}")
    with pytest.raises(
        ValueError, match=r"config\.json: the implementation '.+' may be code from the Hub; expected eager"
    ):
        check_config(tmp_path / "config.json")


def test_usual_configuration_passes(tmp_path: Path) -> None:
    check_config(tmp_path / "config.json")  # missing: transformers reports it
    (tmp_path / "config.json").write_text(
        '{"num_hidden_layers": 48, "layer_types": ["a"], "layerdrop": 0.1, "_attn_implementation": "sdpa"}'
    )
    check_config(tmp_path / "config.json")
