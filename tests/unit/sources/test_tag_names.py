"""Names of tags across sources: spellings that differ between them, and types that get other names."""

import pytest

from tagline.sources.tag_names import EntityCounts, rename, spellings
from tagline.text.sentence import Sentence


@pytest.mark.parametrize(
    ("tags", "respelt"),
    [
        ("B_PER I_PER O", {"B_PER": "B-PER", "I_PER": "I-PER"}),
        ("B I O", {"B": "B-ENTITY", "I": "I-ENTITY"}),
        ("B-PER M-PER E-PER O", {"M-PER": "I-PER"}),
    ],
)
def test_source_is_respelt_where_one_spelling_does_not_fit_all(tags, respelt):
    others = "B-PER I-PER E-PER S-PER O".split()
    assert spellings([tags.split(), others], renamed=False) == [respelt, {}]


def test_spelling_that_fits_all_sources_is_that_of_each():
    tags = [["PER_B", "PER_I", "O"], ["LOC_B", "O"]]  # LOC_B is known by PER_B and PER_I
    assert spellings(tags, renamed=False) == [{"PER_B": "B-PER", "PER_I": "I-PER"}, {"LOC_B": "B-LOC"}]
    assert spellings([["NOUN", "O", "B_x"], ["VERB"]], renamed=False) == [{}, {}], "plain tags"


def test_single_source_is_left_to_tokenize_align_unless_types_are_renamed():
    tags = ["O", "B-PER", "M-PER", "E-PER", "S-PER"]
    assert spellings([tags], renamed=False) == [{}]
    assert spellings([tags], renamed=True) == [{"M-PER": "I-PER"}]


RENAMED = [
    ("B-person I-person O", "B-PER I-PER O"),
    ("S-person B-GPE E-GPE", "S-PER B-LOC E-LOC"),
    ("I-GPE I-LOC I-LOC O I-LOC", "I-LOC B-LOC I-LOC O I-LOC"),  # of IOB1
    ("person O GPE MISC", "PER O LOC MISC"),
]


@pytest.mark.parametrize(("tags", "expected"), RENAMED)
def test_types_are_renamed_and_neighbours_stay_apart(tags, expected):
    assert rename(tags.split(), {"person": "PER", "GPE": "LOC"}) == expected.split()


def test_unknown_tags_stay_unknown():
    assert rename(["B-person", None, "I-person"], {"person": "PER"}) == ["B-PER", None, "I-PER"]


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER I-PER B-PER O O O O B-LOC",
        "B_PER I_PER B_PER O O O O B_LOC",
        "B-PER M-PER S-PER O O O O S-LOC",
        "PER PER O PER O O O LOC",
    ],
)
def test_entities_are_counted_in_each_spelling(tags):
    counts = EntityCounts(unknown_tag="?")
    counts.add("train", Sentence("", [], {"ner": tags.split()}))
    counts.add("train", Sentence("", [], {"ner": ["O", None, "?", "O"]}))
    counts.add("test", Sentence("", [], {"ner": tags.split()[-1:]}))
    assert (counts.types("ner", "train"), counts.types("ner")) == ({"PER": 2, "LOC": 1}, {"PER": 2, "LOC": 2})


def test_plain_tags_are_no_entities():
    counts = EntityCounts()
    counts.add("train", Sentence("", [], {"pos": ["NOUN", "VERB", "O"]}))
    assert not counts.types("pos")
