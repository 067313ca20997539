"""Answers of other systems: any format, any order, other tokens; other texts are refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
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
GOLD = [row[2].split() for row in ROWS]
FOUND = [["B-PER", "I-PER", "O", "O", "O"], ["B-LOC", "O", "O", "O"], ["B-PER", "I-PER", "O", "O", "O"]]
TEXTS = ["Ada Lind met Bo.", "Oslo is cold.", "Ada Lind met Bo."]
SPANS = [[[0, 8, "PER"]], [[0, 4, "LOC"]], [[0, 8, "PER"]]]


def conll(indices=(0, 1, 2), separator="\n"):
    rows = [zip(ROWS[index][1].split(), FOUND[index], strict=True) for index in indices]
    return "\n".join("".join(f"{word} {label}{separator}" for word, label in row) for row in rows)


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def spans():
    rows = []
    for (name, *_), text, entities in zip(ROWS, TEXTS, SPANS, strict=True):
        found = [{"start": start, "end": end, "label": type_} for start, end, type_ in entities]
        rows.append({"id": name, "text": text, "spans": found})
    return rows


def mentions(row):
    listed = [{"type": each["label"], "text": row["text"][each["start"] : each["end"]]} for each in row["spans"]]
    return {"id": row["id"], "text": row["text"], "entities": listed}


FILES = {
    "conll": conll(),
    "iob1": conll().replace("B-PER", "I-PER"),
    "bioes": conll().replace("I-PER", "E-PER").replace("B-LOC", "S-LOC"),
    "io": conll().replace("B-", "").replace("I-", ""),
    "other order": conll([2, 1, 0]),
    "spans": lines(*spans()),
    "spans in another order": lines(*reversed(spans())),
    "mentions": lines(*map(mentions, spans())),
    "gliner": lines(
        {"tokenized_text": ["Ada", "Lind", "met", "Bo."], "ner": [[0, 1, "PER"]]},
        {"tokenized_text": ["Oslo", "is", "cold", "."], "ner": [[0, 0, "LOC"]]},
        {"tokenized_text": ["Ada", "Lind", "met", "Bo", "."], "ner": [[0, 1, "PER"]]},
    ),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_answers_are_scored_as_seqeval_does(tmp_path, content):
    reference = run_with("HEAD", ROWS)
    file = tmp_path / "answers.any"
    file.write_text(content)
    assert answers.is_answers(str(file))
    f1 = compare([reference], [answers.run_of(str(file), reference, "test", {})]).headline
    assert f1.new == (pytest.approx(f1_score(GOLD, FOUND)),)


def test_types_of_another_name_and_entities_inside_words(tmp_path):
    row = {"id": "b", "text": "Oslo is cold.", "spans": [{"start": 0, "end": 3, "label": "place"}]}
    other = {"id": "a", "text": TEXTS[0], "spans": [{"start": 0, "end": 8, "label": "PER"}]}
    file = tmp_path / "part.jsonl"
    file.write_text(lines(row, other, *spans()[2:]))
    reference = run_with("HEAD", ROWS)
    run = answers.run_of(str(file), reference, "test", {"place": "LOC"})
    assert [sentence.predicted_names for sentence in run.splits["test"]] == [FOUND[1], FOUND[0], FOUND[2]]
    expanded = f"{file}: spans that begin or end inside a word (misaligned_spans: expand): 1 of 3"
    assert [note.startswith(expanded) for note in run.notes] == [True, False]
    other = answers.run_of(str(file), reference, "test", {})
    assert f"{file}: test has no type place; --types TYPE=NAME says which type is meant" in other.notes


def test_a_part_is_compared_and_other_texts_are_refused(tmp_path):
    reference = run_with("HEAD", ROWS)
    file = tmp_path / "answers.conll"
    file.write_text(conll([1]))
    comparison = compare([reference], [answers.run_of(str(file), reference, "test", {})])
    assert "test: the 1 common sentence is compared, without 2 of HEAD" in comparison.notes
    for content, where in (("Bergen B-LOC\nis O\ncold O\n. O\n", 1), (conll([1, 1]), 6)):
        file.write_text(content)
        message = message_of(answers.run_of, str(file), reference, "test", {})
        assert message.startswith(f"{file}:{where}: "), message
        assert "is not a text of test in HEAD, or is answered more often than it is there; expected its" in message


def test_plain_tags_and_the_column_of_the_task(tmp_path):
    rows = [("a", "Ada met Bo", "X Y X", "X Y X"), ("b", "Oslo", "X", "Y")]
    reference = replace(run_with("HEAD", rows, "tags"), params={"tokenize_align.tag_column": "pos"})
    file = tmp_path / "answers.jsonl"
    answered = [("Ada met Bo", ["X", "X", "X"]), ("Oslo", ["X"])]
    content = [{"words": words.split(), "pos": tags, "ner": ["O"] * len(tags)} for words, tags in answered]
    file.write_text(lines(*content))
    run = answers.run_of(str(file), reference, "test", {})
    assert [sentence.predicted_names for sentence in run.splits["test"]] == [["X", "X", "X"], ["X"]]
    file.write_text(lines({"words": ["Adamet", "Bo"], "pos": ["X", "Y"]}))
    message = message_of(answers.run_of, str(file), reference, "test", {})
    assert message.startswith(f"{file}:1: a tag for each of other words; expected one for each of ['Ada', 'met', 'Bo']")


def test_a_file_that_no_format_reads_is_refused(tmp_path):
    file = Path(tmp_path, "answers.txt")
    file.write_text("I cannot help with that.\n")
    assert str(file) in message_of(answers.run_of, str(file), run_with("HEAD", ROWS), "test", {})
