"""Answers of other systems: any format, any order, other tokens; other texts are refused."""

import json
from dataclasses import replace

import pytest
from helpers.formats import saved_row
from helpers.messages import message_of
from helpers.runs import run_of as run_with
from seqeval.metrics import f1_score

from tagline.comparison import answers
from tagline.comparison.splits import compare

ROWS = [
    ("a", "Ada Lind met Bo .", "B-PER I-PER O B-PER O", "O O O O O"),
    ("b", "Oslo is cold .", "B-LOC O O O", "O O O O"),
    ("c", "Ada Lind met Bo .", "B-PER I-PER O O O", "O O O O O"),
]
REFERENCE = run_with("HEAD", ROWS)
GOLD = [row[2].split() for row in ROWS]
FOUND = [["B-PER", "I-PER", "O", "O", "O"], ["B-LOC", "O", "O", "O"], ["B-PER", "I-PER", "O", "O", "O"]]
TEXTS = ["Ada Lind met Bo.", "Oslo is cold.", "Ada Lind met Bo."]


def conll(indices=(0, 1, 2), separator="\n"):
    rows = [zip(ROWS[index][1].split(), FOUND[index], strict=True) for index in indices]
    return "\n".join("".join(f"{word} {label}{separator}" for word, label in row) for row in rows)


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


SPANS = [
    {"id": name, "text": text, "spans": [{"start": 0, "end": end, "label": type_}]}
    for name, text, end, type_ in zip("abc", TEXTS, (8, 4, 8), ("PER", "LOC", "PER"), strict=True)
]
MENTIONS = [
    {"text": text, "entities": [{"type": type_, "text": name}]}
    for text, type_, name in zip(TEXTS, ("PER", "LOC", "PER"), ("Ada Lind", "Oslo", "Ada Lind"), strict=True)
]


FILES = {
    "conll": conll(),
    "iob1": conll().replace("B-PER", "I-PER"),
    "bioes": conll().replace("I-PER", "E-PER").replace("B-LOC", "S-LOC"),
    "io": conll().replace("B-", "").replace("I-", ""),
    "other order": conll([2, 1, 0]),
    "spans": lines(*SPANS),
    "spans in another order": lines(*SPANS[::-1]),
    "mentions": lines(*MENTIONS),
    "gliner": lines(
        {"tokenized_text": ["Ada", "Lind", "met", "Bo."], "ner": [[0, 1, "PER"]]},
        {"tokenized_text": ["Oslo", "is", "cold", "."], "ner": [[0, 0, "LOC"]]},
        {"tokenized_text": ["Ada", "Lind", "met", "Bo", "."], "ner": [[0, 1, "PER"]]},
    ),
}


@pytest.fixture
def answered(tmp_path):
    """Write answers; returns their run, or the message."""
    file = tmp_path / "answers.any"

    def run(content, reference=REFERENCE, types=()):
        file.write_text(content)
        return answers.run_of(str(file), reference, "test", dict(types))

    return run


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_answers_are_scored_as_seqeval_does(answered, content):
    f1 = compare([REFERENCE], [answered(content)]).headline
    assert f1.new == (pytest.approx(f1_score(GOLD, FOUND)),)


def test_types_of_another_name_and_entities_inside_words(answered):
    inside = {"id": "b", "text": TEXTS[1], "spans": [{"start": 0, "end": 3, "label": "place"}]}
    content = lines(inside, SPANS[0], SPANS[2])
    run = answered(content, types={"place": "LOC"})
    assert [sentence.predicted_names for sentence in run.splits["test"]] == [FOUND[1], FOUND[0], FOUND[2]]
    assert ": spans that begin or end inside a word (misaligned_spans: expand): 1 of 3" in run.notes[0]
    assert run.notes[-1].endswith("answers.any: taken to be annotated for all types")
    unknown = answered(content).notes[-1]
    assert unknown.endswith("answers.any: test has no type place; --types TYPE=NAME says which type is meant")


def test_entity_that_begins_or_ends_inside_a_word_gets_all_of_it(answered):
    reference = run_with("HEAD", [("a", "now in-Oslo-today", "O B-LOC", "O O")])
    run = answered("now O\nin- O\nOslo B-LOC\n-today O\n", reference)
    assert [sentence.predicted_names for sentence in run.splits["test"]] == [["O", "B-LOC"]]


def test_types_that_a_page_has_are_compared_alone(answered):
    spans = ([[0, 8, "PER"]], [[0, 4, "place"]], [[0, 8, "PER"]])
    types = (["PER"], ["PER", "place"], ["PER"])
    rows = [saved_row(*row, types=named) for *row, named in zip("abc", TEXTS, spans, types, strict=True)]
    run = answered(lines(*rows), types={"place": "LOC"})
    reference = replace(REFERENCE, splits=dict(REFERENCE.splits))
    answers.restrict([reference, run], "test", run.types)
    (compared,) = compare([reference], [run]).splits
    assert compared.split == "test, PER alone" and compared.per_type.keys() == {"PER"}
    whole = compare([REFERENCE], [answered(lines(*rows), types={"place": "LOC"})]).splits[0]
    assert whole.per_type["PER"].new == compared.overall["f1"].new, "places are neither right nor wrong"


def test_a_part_is_compared_and_other_texts_are_refused(answered):
    comparison = compare([REFERENCE], [answered(conll([1]))])
    assert "test: the 1 common sentence is compared, without 2 of HEAD" in comparison.notes
    message = " is not a text of test in HEAD, or is answered more often than it is there; expected its"
    for content, where in (("Bergen B-LOC\nis O\ncold O\n. O\n", 1), (conll([1, 1]), 6)):
        found = message_of(answered, content)
        assert f"answers.any:{where}: " in found and message in found
    assert "answers.any" in message_of(answered, "I cannot help with that.\n")


def test_plain_tags_and_the_column_of_the_task(answered):
    rows = [("a", "Ada met Bo", "X Y X", "X Y X"), ("b", "Oslo", "X", "Y")]
    reference = replace(run_with("HEAD", rows, "tags"), params={"tokenize_align.tag_column": "pos"})
    content = [
        {"words": words.split(), "pos": ["X"] * len(words.split()), "ner": ["O"] * len(words.split())}
        for _, words, *_ in rows
    ]
    run = answered(lines(*content), reference)
    assert [sentence.predicted_names for sentence in run.splits["test"]] == [["X", "X", "X"], ["X"]]
    renamed = answered(lines(*content), reference, {"X": "Y"})
    assert [sentence.predicted_names for sentence in renamed.splits["test"]] == [["Y", "Y", "Y"], ["Y"]]
    message = message_of(answered, lines({"words": ["Adamet", "Bo"], "pos": ["X", "Y"]}), reference)
    assert ":1: a tag for each of other words; expected one for each of ['Ada', 'met', 'Bo']" in message
