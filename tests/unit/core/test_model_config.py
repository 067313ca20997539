"""A model's config.json: numbers that no model has, and code from the Hub, are refused."""

from pathlib import Path

import pytest

from tagline.core.model_config import check_config

DANGEROUS = [
    ('"num_hidden_layers": 2147483648', "num_hidden_layers is 2147483648; expected at most 1,000"),
    ('"num_labels": 1000000000', "num_labels is 1000000000; expected at most 100,000"),
    ('"attn_implementation": {"": "sdpa", "text_config": "a/x@main"}', "'a/x@main' may be code from the Hub"),
    ('"distributed_config": {"tp_size": 2}', "it has a distributed_config, of another machine; expected none"),
    ('"_experts_implementation": "deepgemm"', "'deepgemm' may be code from the Hub; expected eager or sdpa"),
]


@pytest.mark.parametrize(("entry", "message"), DANGEROUS)
def test_dangerous_entry_is_an_error(tmp_path: Path, entry: str, message: str) -> None:
    (tmp_path / "config.json").write_text("{" + entry + "}")
    with pytest.raises(ValueError, match=rf"config\.json: .*{message}"):
        check_config(tmp_path / "config.json")
