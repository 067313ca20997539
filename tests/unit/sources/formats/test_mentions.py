"""mentions: which parts of a text its quoted entities are, what is reported."""

import pytest
from helpers.annotated import kinds, tagged, write_rows
from helpers.formats import read, refusals, report, section, to_objects
from helpers.messages import message_of
from helpers.project import ROOT

from tagline.sources.formats.mentions import FURTHER, NOT_FOUND, OTHER_CASE

LISTED, FIRST = {"occurrences": "listed"}, {"occurrences": "first"}
LIND = ("Ada Lind met Ada and\nAda.", {"PER": ["Ada", "Ada Lind"]})
TWO_TYPES = ("Lund met Lund", [{"type": "PER", "text": "Lund"}, {"type": "LOC", "text": "Lund"}])
NESTED = ("University of Oslo", {"LOC": ["Oslo"], "ORG": ["University of Oslo"]})
# text, entities, keys, tags, notes
AS_TAGS = [
    # A mention inside a longer one is only meant if there is no other occurrence.
    (*LIND, {}, "Ada/B-PER Lind/I-PER Ada/B-PER Ada/B-PER", [FURTHER]),
    (*LIND, FIRST, "Ada/B-PER Lind/I-PER Ada/B-PER", [FURTHER]),
    (*LIND, LISTED, "Ada/B-PER Lind/I-PER Ada/B-PER", [FURTHER]),
    (*NESTED, {"overlaps": "longest"}, "University/B-ORG of/I-ORG Oslo/I-ORG", ["overlapping_spans"]),
    (*TWO_TYPES, {"overlaps": "first"}, "Lund/B-PER Lund/B-PER", ["overlapping_spans"] * 2),
    (*TWO_TYPES, LISTED, "Lund/B-PER Lund/B-LOC", []),
    ("Ada", {"PER": ["Ada", "Ada"]}, {}, "Ada/B-PER", []),
    ("Ada", {"PER": ["Ada", "Ada"]}, LISTED, "Ada/B-PER", [NOT_FOUND]),
    # Whole words, in any white space; in another case only if there is no other.
    ("party art", {"X": ["art", "part"]}, {}, "art/B-X", [NOT_FOUND]),
    ("New\n York, the US to us", {"X": ["New York", "US"]}, {}, "New/B-X York/I-X US/B-X", []),
    ("the US to us", {"X": ["Us", " "]}, {}, "US/B-X us/B-X", [FURTHER, OTHER_CASE, NOT_FOUND]),
    ("\u6211\u7231\u5965\u65af", {"X": ["\u5965\u65af"]}, {}, "\u5965/B-X \u65af/I-X", []),
    # GLiNER2 with confidences, and with one entity of a type; a text that nobody annotated.
    ("Ada won", {"PER": [{"text": "Ada", "confidence": 0.9}], "LOC": None, "X": "won"}, {}, "Ada/B-PER won/B-X", []),
    ("Ada won", None, {}, "", ["unannotated_texts"]),
]


@pytest.mark.parametrize(("text", "entities", "keys", "tags", "notes"), AS_TAGS)
def test_mentions_become_iob2(tmp_path, text, entities, keys, tags, notes):
    (sentence,) = read(tmp_path, "mentions", {"text": text, "entities": entities}, **keys)
    assert (tagged(sentence), kinds(sentence)) == (tags, notes)


@pytest.mark.parametrize(("occurrences", "found"), [("all", {FURTHER, "overlapping_spans"}), ("listed", {FURTHER})])
def test_strings_are_read_as_offsets_where_nothing_is_reported(tmp_path, occurrences, found):
    sample = section("conll", columns=["words", "-", "-", "ner"]).read(ROOT / "data/sample/train.conll")
    corpus = [list(zip(each.words, each.tags["ner"], strict=True)) for each in sample]
    by_offsets, by_strings = (
        read(tmp_path, name, [to_objects(0, each)[name] for each in corpus], split_words="spaces", **keys)
        for name, keys in (("spans", {}), ("mentions", {"occurrences": occurrences}))
    )
    pairs = list(zip(by_offsets, by_strings, strict=True))
    different = [strings for offsets, strings in pairs if strings.tags != offsets.tags]
    assert 0 < len(different) < len(pairs) / 50
    assert all(each.notes for each in different)
    assert {kind for each in by_strings for kind in kinds(each)} == found


LIST = "1: 'entities' must be lists by type, or a list of objects with 'type' and 'text'; got "
test_malformed_answer_is_reported_by_line = refusals(
    "mentions",
    ({"text": "Ada"}, "1: the key 'entities' is missing (keys: 'text')"),
    ({"entities": {}}, "1: the key 'text' is missing (keys: 'entities')"),
    ({"text": "Ada", "entities": "Ada"}, f"{LIST}'Ada'"),
    ({"text": "Ada", "entities": [{"type": " ", "text": "Ada"}]}, f"{LIST}{{'type': ' ', 'text': 'Ada'}}"),
    ({"text": "Ada", "entities": {"B-PER": ["Ada"]}}, "1: the type 'B-PER' of 'Ada' is a tag of words; expected"),
    ([{"id": 1, "text": text, "entities": []} for text in ("Ada", "Bo")], "2: another text than at "),
    (
        [{"id": 1, "text": "Ada", "entities": []}] * 2,
        "2: another row of this file has the id 1; expected one, with all",
    ),
    at="f:",
)


def test_answers_joined_to_other_texts_are_refused(tmp_path):
    rows = [{"text": "Ada left", "entities": {"PER": ["Bo", "Ada"], "LOC": ["Rome"]}}] * 11
    sentences = read(tmp_path, "mentions", rows)
    assert ": 10 of 15 (67%: LOC 100%, PER 50%) (" in report("mentions", sentences[:5])
    message = message_of(report, "mentions", sentences)
    assert message.startswith("too many texts do not have the mentions of their entities; join texts and answers again")


def test_mention_with_two_types_is_refused_with_what_to_write(tmp_path):
    row = {"text": "Paris left Paris", "entities": {"PER": ["Paris"], "LOC": ["Paris"]}}
    message = message_of(report, "mentions", read(tmp_path, "mentions", row))
    assert "; write one type for each mention; or set download.dataset.occurrences to listed, which takes" in message


def test_answers_without_ids_beside_other_files_are_refused(tmp_path):
    write_rows(tmp_path / "gpt.jsonl", [{"text": "Ada", "entities": []}])
    message = f"{tmp_path}/gpt.jsonl:1: the key 'id' is missing (keys: 'text', 'entities'); expected the id that the"
    assert message_of(list, section("mentions").read(tmp_path)).startswith(message)
