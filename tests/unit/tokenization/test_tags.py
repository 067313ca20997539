"""Tags: the scheme of each split, labels of all splits together, illegal tags and tags that differ in case."""

from collections import Counter
from dataclasses import replace

import pytest
from helpers.messages import message_of

from tagline.artifacts import raw_data
from tagline.core import PROVENANCE, write_json
from tagline.labels import Labels
from tagline.terminal import UserError
from tagline.tokenization.tags import compare_types, read_column, read_tags, read_test, with_tests
from tagline.tokenization.unknown_labels import unannotated


def made(folder, **splits):
    """A data set of one column, each split given as sentences of tags: ``"O B-X | O"``; the tag ? is unknown."""

    def row(tags):
        names = [None if tag == "?" else tag for tag in tags.split()]
        return {"words": [f"w{n}" for n in range(len(names))], "ner": names}

    raw_data.write(folder / "raw", {split: map(row, text.split("|")) for split, text in splits.items()}, ["ner"])
    return raw_data.load(folder / "raw").of_task("ner")


def read(data, scheme="auto"):
    labels, tags = read_tags(read_column(data, "ner"), scheme)
    for split in data.tests:
        tags[split] = read_test(split, read_column(data, "ner", tests=[split]), tags["train"], labels, scheme)
    return labels, tags


def labels_of(data, split, scheme="auto"):
    labels, tags = read(data, scheme)
    if split in data.tests:
        labels = with_tests(labels, [tags[split]])
    ((_, ids, ends),) = tags[split].column.batches(split)
    names = [" or ".join(possible) or "?" for possible in labels.ids]
    return [names[number] for number in tags[split].to_labels(ids, ends, labels)]


def test_each_split_is_read_in_its_own_scheme(tmp_path):
    data = made(tmp_path, train="B-X I-X | O", validation="I-X I-X B-X", test="S-X O B-X E-X S-Y")
    labels, tags = read(data)
    assert [each.scheme for each in tags.values()] == ["IOB2", "IOB1", "BIOES"]
    assert labels.names == ("O", "B-X", "I-X"), "training depends on no label of test"
    assert labels_of(data, "validation") == ["B-X", "I-X", "B-X"]
    assert labels_of(data, "test") == ["B-X", "O", "B-X", "I-X", "B-Y"]
    assert tags["test"].counts == {"B-X": 2, "O": 1, "I-X": 1, "B-Y": 1}


RECOGNISED = [
    ("PER PER O O O O O", "O", "spans", "O B-PER I-PER", "B-PER I-PER O O O O O"),  # few words have a type: IO
    ("per o o o o O o o", "o", "spans", "O B-per I-per", "B-per O O O O O O O"),
    ("B I O O O O O O", "O", "spans", "O B-ENTITY I-ENTITY", "B-ENTITY I-ENTITY O O O O O O"),
    ("B-X i-X o O b-X", "O", "spans", "O B-X I-X", "B-X I-X O O B-X"),
    ("B-X L-X O U-X", "O", "spans", "O B-X I-X", "B-X I-X O B-X"),
    ("BNEP INEP O INEL", "O BNEL", "spans", "O B-NEL I-NEL B-NEP I-NEP", "B-NEP I-NEP O B-NEL"),
    ("N V O N N N N N N N N N N", "N", "tags", "N O V", "N V O N N N N N N N N N N"),
]


@pytest.mark.parametrize("train, others, kind, names, labels", RECOGNISED)
def test_labels_are_recognised(tmp_path, train, others, kind, names, labels):
    data = made(tmp_path, train=train, validation=others, test=others)
    found, tags = read(data)
    assert (found.kind, " ".join(found.names)) == (kind, names)
    assert " ".join(labels_of(data, "train")) == labels
    assert tags["train"].counts == Counter(labels.split())


def test_splits_that_were_drawn_from_one_file_have_one_scheme(tmp_path):
    data = made(tmp_path, train="I-X I-X O B-Y", validation="I-X I-X B-X", test="I-X I-X O")
    assert [each.scheme for each in read(data)[1].values()] == ["IOB2", "IOB1", "IO"]
    write_json(tmp_path / "raw" / PROVENANCE, {"drawn_from_train": {"seed": 1, "test": 0.1}})
    tags = read(raw_data.load(tmp_path / "raw"))[1].values()
    assert [(each.scheme, each.illegal) for each in tags] == [("IOB2", 1), ("IOB1", 0), ("IOB2", 1)]


FURTHER = [
    ("B-X I-X O | B-Z", "S-X O B-Y E-Y | S-X", "B-X O B-Y I-Y B-X", ["X", "Y", "Z"], "BIOES"),
    (f"N V O{' N' * 30}", "V W", "V W", ["V", "W", "N O"], "tags"),
]


@pytest.mark.parametrize("train, further, labels, types, scheme", FURTHER)
def test_further_test_set_has_the_labels_of_the_task_and_then_its_own(tmp_path, train, further, labels, types, scheme):
    data = made(tmp_path, train=train, validation="O", test="O", **{"tests.a": further})
    assert data.tests == ["test", "tests.a"]
    of_task, tags = read(data)
    of_set = tags["tests.a"]
    found = with_tests(of_task, [of_set])
    assert (found.names[: len(of_task.names)], of_set.scheme) == (of_task.names, scheme)
    assert " ".join(labels_of(data, "tests.a")) == labels
    assert [" ".join(each) for each in compare_types(of_set, of_task).values()] == types


def test_further_test_set_without_a_type_of_the_task_is_an_error(tmp_path):
    data = made(tmp_path, train="B-X I-X O | B-Z", validation="O", test="O", **{"tests.a": "O B-Y"})
    message = "/raw: tests.a has no type of ner (X, Z), but Y; expected at least one; rename types, or correct download"
    assert message in message_of(read, data)


def test_test_without_a_type_of_the_task_is_an_error_unless_it_has_no_entity(tmp_path):
    assert read(made(tmp_path / "none", train="B-X", validation="O", test="O"))[1]["test"].counts["O"] == 1
    data = made(tmp_path / "other", train="B-X", validation="O", test="O B-Y")
    assert "/raw: test has no type of ner (X), but Y; expected at least one" in message_of(read, data)


def test_scheme_can_be_set(tmp_path):
    data = made(tmp_path, train="I-X I-X O", validation="O", test="O B-X")
    assert read(data)[1]["train"].scheme == "IO"
    tags = read(data, "IOB2")[1]
    assert ({each.scheme for each in tags.values()}, tags["train"].illegal) == ({"IOB2"}, 1)
    labels, _ = read(data, "tags")
    assert (labels.kind, labels.names) == ("tags", ("I-X", "O"))
    assert labels_of(data, "train", "tags") == ["I-X", "I-X", "O"]


NO_SCHEME = [
    ("B-X O", "S-X", "IOB2", r"validation, column ner: IOB2 has no tag S-X: expected B-, I- or O .* is IOB2\)"),
    ("B-X L-X | S-X", "O", "auto", "train, column ner: BIOES has no tag L-X: expected B-, I-, E-, S- or O"),
    ("B-X i-X o O b-X", "m-X", "auto", "labels with and without a prefix are mixed"),
    ("O O O O O B_X I_X", "Y", "auto", r"mixed: B-X, I-X beside Y; .*: Y; train-0, word 5 \(w5\): B_X; corr"),
    ("0 1 2.0", "-1 0", "auto", r"column ner: all tags are numbers \(-1, 0, 1, 2.0\); expected the names of"),
    ("B_X I_X OTHER", "B_X", "auto", r'if none of them marks spans, or outside: "OTHER" if that stands for O, or'),
    ("B_X B_Y NA NA", "B_X NA", "auto", '^column ner: 50% .* all others have a prefix, so NA .*outside: "NA" or'),
    (
        "B_X I B_Y O O O O",
        "I BOZ O O O O O O O O O",
        "auto",
        "ner: the tags BOZ, B_X, B_Y, I are not all B-TYPE, .*I is a",
    ),
    (
        "B_X B_Y Z O O O O O O O O O",
        "O",
        "auto",
        "^column ner: .* O, but 2 of 3 begin with B_; correct .*scheme: IO in",
    ),
    ("PER O", "O O LOC", "auto", "^column ner: 60% of the words have the tag O .* set tokenize_align.scheme: IO or"),
]


@pytest.mark.parametrize("train, validation, scheme, message", NO_SCHEME)
def test_tags_of_no_scheme_are_refused(tmp_path, train, validation, scheme, message):
    with pytest.raises(UserError, match=message):
        read(made(tmp_path, train=train, validation=validation), scheme)


def test_illegal_tags_are_named(tmp_path):
    tags = read(made(tmp_path, train="B-X O | O I-Y", validation="O", test="B-X E-X | B-X | E-Y"))[1]
    assert (tags["train"].illegal, tags["test"].illegal) == (1, 2)
    assert list(tags["train"].illegal_tags()) == ["train-1, word 1 (w1): I-Y after O"]
    illegal = ["test-1, word 0 (w0): B-X at the end", "test-2, word 0 (w0): E-Y at the beginning"]
    assert sorted(tags["test"].illegal_tags()) == illegal


@pytest.mark.parametrize("outside", ["OTHER", "0", "none", "N/A", "X", "No-Label"])
def test_tag_that_stands_for_o_must_be_named(tmp_path, outside):
    def found(data, scheme):
        return read_tags(read_column(data, "ner", scheme, outside), scheme)[0]

    data = made(tmp_path, train=f"PER {outside} PER PER {outside} {outside}", validation=f"LOC {outside} {outside}")
    asked = f'56% of the words have the tag {outside} .* set tokenize_align.outside: "{outside}" or scheme: tags in'
    with pytest.raises(UserError, match=asked):
        read(data)
    assert found(data, "auto").names == found(data, "IO").names == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    assert found(data, "tags").kind == "tags"
    spans = made(tmp_path / "spans", train=f"B_X I_X {outside}", validation=outside, test="B_X")
    assert found(spans, "auto").names == ("O", "B-X", "I-X")
    missing = "column ner: no word has the tag Y (tokenize_align.outside "
    assert message_of(read_column, data, "ner", "auto", "Y").startswith(missing)


def test_unknown_tags_take_no_part_in_what_is_recognised(tmp_path):
    data = made(tmp_path, train="? B-X I-X | I-X I-X O | ?", validation="I-X B-X | ? B-Z", test="O O")
    labels, tags = read(data)
    assert [each.scheme for each in tags.values()] == ["IOB1", "IOB1", "IOB2"]
    assert (labels.names, labels.sets) == (("O", "B-X", "I-X"), ((),))
    assert labels_of(data, "train") == ["?", "B-X", "I-X", "B-X", "I-X", "O", "?"]
    plain = made(tmp_path / "tags", train="N ? V", validation="V", test="N N N V O")
    assert labels_of(plain, "train", "tags") == ["N", "?", "V"]


def test_an_unknown_tag_after_a_span_does_not_continue_it(tmp_path):
    data = made(tmp_path, train="B-X I-X ? ? | O O", validation="B-Y", test="O B-X")
    assert labels_of(data, "train") == ["B-X", "I-X", "?", "?", "O", "O"], "a column of tags does not say where it ends"
    data = replace(data, spans=True)
    assert labels_of(data, "train") == ["B-X", "I-X", "O or B-X or B-Y or I-Y", "?", "O", "O"]


def test_tags_that_look_the_same_are_reported(tmp_path):
    others = {"validation": "o B-X\u200b B-\u00e9", "test": "B-LOC B-PER B-e\u0301"}
    data = made(tmp_path, train="B-PER B-X O | O B-per", **others)
    of_case, of_width, of_form = read_column(data, "ner", tests=data.tests).case_variants()
    assert of_case == (
        "column ner: tags that differ only in case: B-PER (2, first at train-0, word 0 (w0): B-PER); "
        "B-per (1, first at train-1, word 1 (w1): B-per)"
    )
    unseen = "column ner: tags that differ only in case, invisible characters or Unicode form: "
    assert of_width.startswith(f"{unseen}'B-X' (1, first at train-0, word 1 (w1): B-X); 'B-X\\u200b' (1, first at")
    assert of_form.startswith(
        f"{unseen}'B-e\\u0301' (1, first at test-0, word 2 (w2): B-e\u0301); 'B-\\xe9' (1, first at"
    )


def test_types_that_end_in_the_letters_of_prefixes_need_the_scheme(tmp_path):
    # Of the five V_I, one follows a V_B, and validation is IO.
    data = made(tmp_path, train="V_B O V_I O | V_I O O V_I | V_B V_I O", validation="V_I O")
    assert message_of(read, data).startswith(
        "column ner: V_B looks like B-V, but the order of the tags is not that of a scheme (3 are illegal, 5 are inside "
        "spans); if B and I belong to the types, set tokenize_align.scheme: IO or tags in params.yaml; if not, set "
    )
    assert read_tags(read_column(data, "ner", "IO"), "IO")[0].names == ("O", "B-V_B", "I-V_B", "B-V_I", "I-V_I")
    assert read(data, "IOB2")[0].names == ("O", "B-V", "I-V")
    few = made(tmp_path / "few", train="V_B V_I O V_I O | V_B V_I", validation="V_I O", test="V_B V_I O")
    assert read(few)[0].names == ("O", "B-V", "I-V")
    glued = made(tmp_path / "glued", train="BAND O IAND O | IAND O O IAND", validation="IAND O", test="BAND IAND O")
    assert message_of(read, glued).startswith("column ner: BAND looks like B-AND, but the order of the tags is not")


def test_page_can_have_types_that_no_entity_has():
    labels = Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")
    assert unannotated(labels, ("ORG", "PER")) == ("O", "B-LOC", "I-LOC")
