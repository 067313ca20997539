"""Sentences of raw text: nothing lost, blank lines, common abbreviations, and texts that are cut for training."""

import pytest
from helpers.annotated import kinds
from helpers.formats import read, section
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.text.sentences import ends_among, split_sentences
from tagline.text.words import split_words

PIECES = st.sampled_from([*'aB.? \n\x85\u2028\xa0\u3000"', "Dr.", " J.", "U.S.", "\r\n", "\n\n", "3.5"])


@settings(max_examples=200)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join)))
def test_each_character_is_in_one_sentence(text):
    spans = split_sentences(text)
    inside = [offset for start, end in spans for offset in range(start, end)]
    assert inside == sorted(set(inside))
    assert {offset for offset, character in enumerate(text) if not character.isspace()} <= set(inside)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    words = split_words(text)
    ends = ends_among(words, spans)
    assert ends == sorted(set(ends)) and ends[-1:] == ([len(words)] if words else [])


ABBREVIATIONS = [
    (None, ["Mr. Smith met Dr. Lee at 5 p.m. on Jan. 5.", "They paid $3.5 million."]),
    (None, ['She said, "Why now?"', "Nobody knew.", "The U.S. army left.", "J. R. R. Tolkien wrote."]),
    ("de", ["Das kostet z. B. 3,50 Euro.", "Dr. Müller kam am 3. Mai 2020 nach Berlin."]),
    ("es", ["El Sr. García llegó.", "¿Quién es?", "¡Hola!"]),
    ("nl", ["Dhr. Jansen woont in Utrecht.", "Hij is bijv. om 10.30 uur thuis."]),
]


@pytest.mark.parametrize("language, sentences", ABBREVIATIONS)
def test_abbreviations_end_no_sentence(language, sentences):
    text = " ".join(sentences)
    assert [text[slice(*span)] for span in split_sentences(text, language)] == sentences


@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n \t\n", "\u2028\u2028"])
def test_a_blank_line_ends_a_sentence_and_a_line_break_does_not(blank):
    text = f"A headline{blank}a text on\r\ntwo lines"
    assert [text[slice(*span)] for span in split_sentences(text)] == ["A headline", "a text on\r\ntwo lines"]


def test_a_sentence_that_ends_inside_a_word_goes_on():
    assert ends_among([(0, 2), (3, 5), (6, 8)], [(0, 5), (6, 7), (7, 8)]) == [2, 3]


def test_texts_are_cut_except_inside_of_spans(tmp_path):
    span = {"start": 23, "end": 32, "label": "ORG"}
    first = {"id": 7, "text": "Ada left Oslo. She saw Oslo. Bay today. Bo stayed.", "spans": [span]}
    rows = [first, {"id": 8, "text": "Bo.", "spans": []}, {"id": 9, "text": "", "spans": []}]
    *cut, empty = read(tmp_path, "spans", rows, sentences="split", id="id")
    assert [(" ".join(each.words), each.id, each.document) for each in cut] == [
        ("Ada left Oslo .", "7-1", "7"),
        ("She saw Oslo . Bay today .", "7-2", "7"),
        ("Bo stayed .", "7-3", "7"),
        ("Bo .", "8-1", "8"),
    ]
    assert cut[1].tags == {"ner": "O O B-ORG I-ORG I-ORG O O".split()}
    assert list(map(kinds, [*cut, empty])) == [["joined_sentences"], [], [], [], ["empty_texts"]]
    unnamed = read(tmp_path, "spans", rows, sentences="split")
    assert [(each.id, each.document) for each in unnamed[:4]] == [(None, 1), (None, 1), (None, 1), (None, 2)]


@pytest.mark.parametrize("sentences, found", [("whole", ["long_texts"]), ("split", [])])
def test_long_texts_that_are_not_cut_are_reported(tmp_path, sentences, found):
    read_so = read(tmp_path, "spans", [{"text": "Ada left. " * 67, "spans": []}], sentences=sentences)
    assert [kind for each in read_so for kind in kinds(each)] == found
    assert section("spans", sentences=sentences).meanings.keys() >= set(found)
