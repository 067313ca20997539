"""Label schemes: spellings of tags. Whole splits are converted in test_conversion.py."""

import pytest

from tagline.labels.schemes import is_type, respell

KEPT = ["B-PER I-PER O", "NOUN VERB O", "e-mail s-form NOUN", "B_x M_y L_z O", "Hepatitis_B Hepatitis_E O", "I O"]
KEPT += ["BIRD INSECT O", "BNEP INEP", "BNEP INEP NEP O", "bnep inep O"]
KEPT += ["N O ^ S Z L M V A R ! D P & T X Y # @ ~ U E $ , G"]  # of tweets (Gimpel et al., 2011)


RESPELLED = [
    *((tags, tags) for tags in KEPT),
    ("b i o", "B-ENTITY I-ENTITY O"),
    ("B M E S", "B-ENTITY I-ENTITY E-ENTITY S-ENTITY"),
    ("LOC_B LOC_I PER_B o", "B-LOC I-LOC B-PER O"),
    ("B_LOC O", "B-LOC O"),
    ("B-PER I-PER O B_PER i_PER", "B-PER I-PER O B-PER I-PER"),
    ("B_PS B_LC I O", "B-PS B-LC I O"),  # Korean KLP; is_spans refuses the I
    ("b:my_loc i:my_loc o", "B-my_loc I-my_loc O"),
    ("BNEP INEP BNEL O", "B-NEP I-NEP B-NEL O"),  # L3Cube-MahaNER
    ("LOC:B LOC:I LOC:L LOC:U", "B-LOC I-LOC L-LOC U-LOC"),
]


@pytest.mark.parametrize("tags, expected", RESPELLED)
def test_standard_and_plain_tags_keep_their_spelling_and_others_get_it(tags, expected):
    respelled = respell(tags.split())
    assert [respelled.get(tag, tag) for tag in tags.split()] == expected.split()
    assert bool(respelled) == (tags not in KEPT)


def test_names_like_labels_are_types_and_labels_are_none():
    names = ["O", "B-per", "L-PER", "m-人", " ", "a\tb", "PER", "e-mail", "S-Bahn", "o"]
    assert list(filter(is_type, names)) == names[6:]
