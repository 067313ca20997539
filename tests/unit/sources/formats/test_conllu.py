"""CoNLL-U: words, tag columns and ids."""

import pytest
from helpers.formats import read, refusals

from tagline.text.sentence import Surface

FILE = """\
# newdoc
# sent_id = one
# text = Du vet
1-2\tDu vet\t_\t_\t_\t_\t_\t_\t_\t_
1\tDu\tdu\tPRON\t_\tCase=Nom|Number=Sing\t2\tnsubj\t_\tNER=O
2\tvet\tveta\tVERB\tV\t_\t0\troot\t_\tSpaceAfter=No|NER=B-X
2.1\tnog\t_\tADV\t_\t_\t_\t_\t_\t_

# a comment alone

1\tNew York\t_\tPROPN\t_\t_\t0\troot\t_\t_
"""


def test_words_tags_and_ids(tmp_path):
    content = b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode()
    tag_columns = {"xpos": "xpos", "number": "feats:Number", "ner": "misc:NER"}
    first, second = read(tmp_path, "conllu", content, tag_columns=tag_columns, absent="-")
    assert first.words == ["Du", "vet"]
    assert first.tags == {"xpos": ["-", "V"], "number": ["Sing", "-"], "ner": ["O", "B-X"]}
    assert (first.id, first.location, first.surface) == ("one", f"{tmp_path}/f:5", Surface("Du vet", [(0, 2), (3, 6)]))
    assert (second.words, second.id, second.surface) == (["New York"], None, None)


def token(*fields: str):
    """A line: id, form and what else is given, the rest unspecified."""
    return "\t".join([*fields, *"_" * (10 - len(fields))]) + "\n"


IN_TEXT = [
    ("I don't.", "1 I 2-3 don't 2 do 3 n't 4 .", [(0, 1), (2, 4), (4, 7), (7, 8)]),
    ("du pain", "1-2 du 1 de 2 le 3 pain", [(0, 0), (0, 0), (3, 7)]),
    ("a  b", "1 a 2 b", [(0, 1), (3, 4)]),
    ("a b c", "1 a 2 b", None),
    ("a b", "2-1 x 1 a 2 b", None),
]


@pytest.mark.parametrize(("text", "forms", "spans"), IN_TEXT)
def test_words_in_the_text_of_a_sentence(tmp_path, text, forms, spans):
    lines = [token(*forms.split()[index : index + 2]) for index in range(0, len(forms.split()), 2)]
    (sentence,) = read(tmp_path, "conllu", f"# text = {text}\n" + "".join(lines))
    assert sentence.surface == (None if spans is None else Surface(text, spans))


test_malformed_line_is_reported_by_number = refusals(
    "conllu",
    (
        "# sent_id = 1\n1 a _ X\n",
        "f:2: 1 of the columns in '1 a _ X'; expected lines of 10 columns, separated by tabs (id",
    ),
    (token("1", " "), "f:1: an empty column in '1\\t \\t_"),
    (token("1", "a") + token("3", "b"), "f:2: word id '3'; expected 2, ids count from 1"),
    ("# sent_id = a\n# sent_id = b\n" + token("1", "a"), "f:2: a second sent_id in one sentence; add the"),
    (
        "# newdoc\n\n" + token("1-2", "ab"),
        "f: no sentence; expected lines of 10 columns, separated by tabs (id form lemma",
    ),
    at="",
)
