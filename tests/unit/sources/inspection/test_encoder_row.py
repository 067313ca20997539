"""The row of docs/data.md that `tagline inspect` names, for texts in several languages."""

import pytest
from helpers.project import ROOT

from tagline.sources.inspection.encoder_row import OF_LETTERS, OF_SCRIPT, OTHER, encoder_row
from tagline.sources.letters import count_letters

ROWS = {
    "de": "Latin, beyond a to z ü ä ß; for an encoder, see the row German in",
    "fr": "Latin, beyond a to z é à è î ô; for an encoder, see the row French in",
    "es": "the row Spanish in",
    "en": "letters: Latin; for an encoder, see the row English, or multilingual, in",
    "ru": "letters: Cyrillic; for an encoder, see the row Russian in",
    **dict.fromkeys(["ca", "he", "it", "th"], "the row multilingual in"),
}


@pytest.mark.parametrize("language", ROWS)
def test_row_of_a_language(language):
    text = (ROOT / f"tests/unit/text/segmented/{language}.txt").read_text(encoding="utf-8")
    assert ROWS[language] in encoder_row(count_letters(text.split()))


OTHERS = [
    ("日本語を読む", OTHER),
    ("我们的语言", "Chinese"),
    ("한국어", "Korean"),
    ("łódź", "Polish"),
    ("Україна", OTHER),
    ("10", OTHER),
]


@pytest.mark.parametrize(("text", "row"), OTHERS)
def test_row_of_a_script(text, row):
    assert f"the row {row} in docs/data.md" in encoder_row(count_letters(text.split()))


def test_rows_are_in_the_table():
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    for row in ("English", OTHER, *OF_SCRIPT.values(), *OF_LETTERS):
        assert f"\n| {row} |" in page
