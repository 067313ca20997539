"""Label schemes: prefixes and pairs of tags. Whole splits are converted in test_conversion.py."""

from __future__ import annotations

import pytest

from tagline.core.errors import UserError
from tagline.labels.schemes import is_spans, respell, split_tag, to_iob2


@pytest.mark.parametrize(
    ("tag", "scheme", "message"),
    [
        ("S-PER", "IOB2", "IOB2 has no tag S-PER: expected B-, I- or O"),
        ("B-PER", "IO", "IO has no tag B-PER: expected I- or O"),
    ],
)
def test_tag_of_another_scheme_is_an_error(tag: str, scheme: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        to_iob2("O", tag, scheme)


@pytest.mark.parametrize(
    ("tag", "prefix", "type_"),
    [("I-geo-loc", "I", "geo-loc"), ("O", "O", ""), ("NOUN", "", "NOUN"), ("X-PER", "", "X-PER"), ("B-", "", "B-")],
)
def test_tag_is_split_into_prefix_and_type(tag: str, prefix: str, type_: str) -> None:
    assert split_tag(tag) == (prefix, type_)


def test_spans_have_prefixes_and_mixed_labels_are_an_error() -> None:
    assert [is_spans(tags) for tags in (["NOUN", "X"], ["O"], ["O", "B-PER"])] == [False, False, True]
    with pytest.raises(UserError, match="labels with and without a prefix are mixed: B-PER beside NOUN"):
        is_spans(["B-PER", "NOUN", "O"])


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER I-PER O",
        "B-PER L-PER U-PER",
        "NOUN VERB O",
        "N O ^ S Z L M V A R ! D P & T X Y # @ ~ U E $ , G",  # of tweets (Gimpel et al., 2011)
        "NN_S VB_S",
        "e-mail s-form NOUN",
        "B_x M_y L_z O",
        "Hepatitis_B Hepatitis_E O",
        "I O",
    ],
)
def test_standard_and_plain_tags_keep_their_spelling(tags: str) -> None:
    assert respell(tags.split()) == {}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("b i o", "B-ENTITY I-ENTITY O"),
        ("B M E S", "B-ENTITY I-ENTITY E-ENTITY S-ENTITY"),
        ("LOC_B LOC_I PER_B o", "B-LOC I-LOC B-PER O"),
        ("LOC-B LOC-M LOC-E LOC-S", "B-LOC I-LOC E-LOC S-LOC"),
        ("B_LOC O", "B-LOC O"),
        ("b:my_loc i:my_loc o", "B-my_loc I-my_loc O"),
        ("LOC:B LOC:I LOC:L LOC:U", "B-LOC I-LOC L-LOC U-LOC"),
    ],
)
def test_other_spellings(tags: str, expected: str) -> None:
    respelled = respell(tags.split())
    assert [respelled.get(tag, tag) for tag in tags.split()] == expected.split()
