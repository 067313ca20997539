"""Label schemes: prefixes and pairs of tags. Whole splits are converted in test_conversion.py."""

from __future__ import annotations

import pytest

from tagline.core.errors import UserError
from tagline.labels.schemes import is_spans, label_names, respell, split_tag, to_iob2


@pytest.mark.parametrize(
    ("tag", "scheme", "message"),
    [
        ("S-PER", "IOB2", "IOB2 has no tag S-PER: expected B-, I- or O"),
        ("L-PER", "BIOES", "BIOES has no tag L-PER: expected B-, I-, E-, S- or O"),
        ("B-PER", "IO", "IO has no tag B-PER: expected I- or O"),
        ("NOUN", "IOB1", "IOB1 has no tag NOUN: expected B-, I- or O"),
    ],
)
def test_tag_of_another_scheme_is_an_error(tag: str, scheme: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        to_iob2("O", tag, scheme)


def test_split_tag() -> None:
    assert split_tag("B-PER") == ("B", "PER")
    assert split_tag("I-geo-loc") == ("I", "geo-loc")
    assert split_tag("O") == ("O", "")
    assert split_tag("NOUN") == ("", "NOUN")
    assert split_tag("X-PER") == ("", "X-PER")
    assert split_tag("B-") == ("", "B-")


def test_spans_have_prefixes() -> None:
    assert not is_spans(["NOUN", "VERB", "X"])
    assert not is_spans(["O"])
    assert is_spans(["O", "B-PER"])


def test_labels_with_and_without_prefix_are_an_error() -> None:
    with pytest.raises(UserError, match="labels with and without a prefix are mixed: B-PER beside NOUN"):
        is_spans(["B-PER", "NOUN", "O"])


def test_label_names_have_b_and_i_of_each_type_sorted_by_type() -> None:
    assert label_names(["I-PER", "B-LOC"]) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER I-PER O",
        "I-PER O",
        "B-PER L-PER U-PER",
        "NOUN VERB O",
        "N O ^ S Z L M V A R ! D P & T X Y # @ ~ U E $ , G",  # of tweets (Gimpel et al., 2011)
        "NN_S VB_S",
        "e-mail s-form NOUN",
        "S_N M_V I_D X_Y O",
        "B_x M_y L_z O",
        "Hepatitis_B Hepatitis_E O",
        "NAME_M NAME_W O",
        "I O",
        "B C I O",
    ],
)
def test_standard_and_plain_tags_keep_their_spelling(tags: str) -> None:
    assert respell(tags.split()) == {}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B I O", "B-ENTITY I-ENTITY O"),
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
