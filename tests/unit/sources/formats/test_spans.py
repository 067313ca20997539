"""The format spans: keys and ids; spans in one tag per word, in every case that the formats of spans share."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged, write_rows
from helpers.formats import fault
from hypothesis import given
from hypothesis import strategies as st

from tagline.core.errors import UserError
from tagline.core.findings import Findings
from tagline.sources.formats.offsets import Span
from tagline.sources.formats.span_tags import to_tags
from tagline.sources.formats.spans import SpanFiles
from tagline.text.sentence import Sentence
from tagline.text.words import split_words


def files(**keys: Any) -> SpanFiles:
    return dataset(SpanFiles, "spans", **keys)


def read(path: Path, text: str, spans: list[dict] | None, **keys: Any) -> Sentence:
    (sentence,) = files(**keys).read(write_rows(path, [{"text": text, "spans": spans}]))
    return sentence


def span(start: int, end: int, label: str, **others: Any) -> dict:
    return {"start": start, "end": end, "label": label, "color": "red", **others}


def counted(section: SpanFiles, *sentences: Sentence) -> dict[str, Findings]:
    findings = Findings(section.meanings)
    for sentence in sentences:
        findings.add_notes(sentence.notes)
        findings.spans += sentence.spans
    return {"train": findings}


def test_spans_become_iob2(tmp_path: Path) -> None:
    text = "\U0001f44b Ada Lind's Oslo, Rome"  # offsets count code points: the hand is one
    spans = [span(18, 23, "LOC"), span(2, 10, "PER"), span(12, 17, "LOC")]  # in any order, white space at an end
    sentence = read(tmp_path / "f", text, spans)
    assert sentence.words == ["\U0001f44b", "Ada", "Lind", "'s", "Oslo", ",", "Rome"]
    assert sentence.tags == {"ner": ["O", "B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"]}
    assert sentence.notes == ()


def test_types_that_look_the_same_are_one(tmp_path: Path) -> None:
    spans = [span(0, 3, "caf\u00e9"), span(4, 6, "cafe\u0301 ")]
    sentence = read(tmp_path / "f", "Ada Bo", spans)
    assert sentence.tags == {"ner": ["B-caf\u00e9"] * 2}
    note = (f"{tmp_path / 'f'}:1: 'cafe\\u0301 ' is read as 'caf\\xe9'",)
    assert [(each.kind, each.occurrence) for each in sentence.notes] == [("renamed_types", *note)]


TEXT = "Oslobased Ada in New-York state"
CUTS = [span(0, 4, "LOC"), span(10, 13, "PER"), span(21, 31, "LOC"), span(13, 14, "LOC")]


@pytest.mark.parametrize(
    ("policy", "tags", "result"),
    [
        ("expand", "B-LOC B-PER O B-LOC I-LOC", ", expanded to whole words"),
        ("drop", "O B-PER O O O", ", dropped"),
    ],
)
def test_misaligned_spans(tmp_path: Path, policy: str, tags: str, result: str) -> None:
    path = tmp_path / "f"
    section = files(misaligned_spans=policy)
    sentence = read(path, TEXT, CUTS, misaligned_spans=policy)
    assert sentence.tags == {"ner": tags.split()}
    assert section.report(counted(section, sentence)) == (
        f"train: spans that begin or end inside a word{result}: 3 "
        f"({path}:1: span 0 to 4 (LOC, 'Oslo') covers only part of 'Oslobased'; "
        f"{path}:1: span 21 to 31 (LOC, 'York state') covers only part of 'New-York state'; "
        f"{path}:1: span 13 to 14 (LOC, ' ') covers no word)"
    )


def test_all_policies_that_refuse_are_reported_at_once(tmp_path: Path) -> None:
    sentence = read(tmp_path / "f", TEXT, [*CUTS, span(10, 16, "X")])
    with pytest.raises(UserError) as raised:
        files().report(counted(files(), sentence))
    first, misaligned, overlapping = str(raised.value).split("\n  ")
    assert first == "spans that tags cannot represent; correct them, or choose a policy:"
    assert misaligned.startswith("train: spans that begin or end inside a word: 3 (")
    assert misaligned.endswith("; set download.dataset.misaligned_spans to expand or drop")
    assert overlapping == (
        f"train: spans that share a word with another one: 1 ({tmp_path}/f:1: span 10 to 16 (X, 'Ada in') overlaps "
        "span 10 to 13 (PER, 'Ada')); set download.dataset.overlaps to longest or first"
    )


NESTED = "University of Oslo in Rome"
OVERLAPS = [span(14, 18, "LOC"), span(0, 18, "ORG"), span(22, 26, "LOC"), span(22, 26, "ORG")]


@pytest.mark.parametrize(
    ("policy", "tags"),
    [
        ("longest", "University/B-ORG of/I-ORG Oslo/I-ORG Rome/B-LOC"),
        ("first", "Oslo/B-LOC Rome/B-LOC"),
    ],
)
def test_overlapping_spans(tmp_path: Path, policy: str, tags: str) -> None:
    sentence = read(tmp_path / "f", NESTED, OVERLAPS, overlaps=policy)
    assert tagged(sentence) == tags
    assert kinds(sentence) == ["overlapping_spans"] * 2


def test_time_does_not_grow_with_the_length_of_overlapping_spans() -> None:
    text, begin = "a " * 8000, time.perf_counter()
    spans = [Span(2 * index, 16000 - 2 * index, "X") for index in range(4000)]
    tags, notes = to_tags(text, split_words(text), spans, ("error", "longest"), "f:1")
    assert (tags, len(notes)) == (["B-X", *["I-X"] * 7999], 3999)
    assert time.perf_counter() - begin < 8


def test_two_spans_in_one_word_overlap_once_they_are_expanded(tmp_path: Path) -> None:
    spans = [span(0, 4, "LOC"), span(4, 8, "ORG")]
    sentence = read(tmp_path / "f", "OsloRome", spans, misaligned_spans="expand", overlaps="first")
    assert tagged(sentence) == "OsloRome/B-LOC"
    assert kinds(sentence) == ["misaligned_spans", "misaligned_spans", "overlapping_spans"]


def test_identical_spans_are_read_once(tmp_path: Path) -> None:
    sentence = read(tmp_path / "f", "Ada", [span(0, 3, "PER")] * 3)
    assert tagged(sentence) == "Ada/B-PER"
    assert kinds(sentence) == ["duplicate_spans"] * 2


@pytest.mark.parametrize("text", ["", " \t\r\n"])
def test_a_text_without_words_is_a_sentence_without_words(tmp_path: Path, text: str) -> None:
    sentence = read(tmp_path / "f", text, [])
    assert (sentence.words, kinds(sentence)) == ([], ["empty_texts"])


def test_spans_that_are_null_are_no_spans(tmp_path: Path) -> None:
    sentence = read(tmp_path / "f", "Ada", None)
    assert (sentence.tags, kinds(sentence)) == ({"ner": ["O"]}, ["null_spans"])


def test_errors_of_a_file_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "f"
    rows = [{"text": 1}, {"text": "Ada", "spans": [span(0, 9, "X"), span(0, 3, " ")]}, {"text": "Bo", "spans": []}]
    with pytest.raises(UserError) as raised:
        list(files().read(write_rows(path, rows)))
    assert str(raised.value).split("\n  ") == [
        f"{path} has 3 errors:",
        f"{path}:1: 'text' must be a string; got 1",
        f"{path}:2: start and end of a span must be integers and its label a name; got (0, 3, ' ')",
        f"{path}:2: span 0 to 9 (X) is not inside the text of 3 characters",
    ]
    with pytest.raises(UserError, match="has 20 errors; these are the first:") as raised:
        list(files().read(write_rows(path, rows * 20)))
    assert len(str(raised.value).split("\n")) == 21


@given(text=st.text(st.characters(codec="utf-8")).filter(lambda text: text.strip()), data=st.data())
def test_whole_words_come_back_as_the_spans_that_they_were(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    words = split_words(text)
    bounds = sorted(data.draw(st.sets(st.integers(0, len(words)))))
    ranges = list(zip(bounds[::2], bounds[1::2], strict=False))
    spans = [span(words[first][0], words[last - 1][1], "X") for first, last in ranges]
    sentence = read(tmp_path_factory.mktemp("spans") / "f", text, spans)
    tags = ["O"] * len(words)
    for first, last in ranges:
        tags[first:last] = ["B-X"] + ["I-X"] * (last - first - 1)
    assert sentence.tags == {"ner": tags}
    assert not sentence.notes


# A hand with a skin tone, a letter with a combining mark, a Windows line end, a Gothic letter beyond 16 bits.
ODD = "\U0001f44b\U0001f3fd e\u0301tat\r\n\U00010330 Oslo Rome"
UNITS = {
    "code_points": lambda text: list(range(len(text) + 1)),
    "utf16": lambda text: [len(text[:i].encode("utf-16-le")) // 2 for i in range(len(text) + 1)],
    # By hand: the skin tone, the accent and the line feed belong to the character before them.
    "bytes": lambda text: [len(text[:i].encode()) for i in range(len(text) + 1)],
    "inclusive": lambda text: list(range(len(text) + 1)),
    "graphemes": lambda text: [i - sum(text[:i].count(c) for c in "\U0001f3fd\u0301\n") for i in range(len(text) + 1)],
}


def odd_spans(unit: str, mentions: bool) -> list[dict]:
    spans = []
    for word in ("e\u0301tat", "Oslo", "Rome"):
        start = ODD.index(word)
        counted = UNITS[unit](ODD)
        carried = {"text": word} if mentions else {}
        spans.append(span(counted[start], counted[start + len(word)] - (unit == "inclusive"), "X", **carried))
    return spans


ODD_TAGS = "e\u0301tat/B-X Oslo/B-X Rome/B-X"


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("mentions", [False, True])
def test_the_unit_of_offsets_is_found_by_mentions_or_words(tmp_path: Path, unit: str, mentions: bool) -> None:
    plain = {"text": "Ada", "spans": [span(0, 3 - (unit == "inclusive"), "X")]}
    path = write_rows(tmp_path / "f", [plain, {"text": ODD, "spans": odd_spans(unit, mentions)}])
    assert [tagged(sentence) for sentence in files().read(path)] == ["Ada/B-X", ODD_TAGS]
    assert tagged(read(path, ODD, odd_spans(unit, mentions=False), offsets=unit)) == ODD_TAGS


def test_an_empty_span_does_not_make_ends_inclusive(tmp_path: Path) -> None:
    ends = [(0, 1), (1, 2), (2, 4), (2, 5), (0, 0)]  # every character is a word
    with pytest.raises(UserError, match=r"span 0 to 0 \(X\) is not inside the text of 6 characters"):
        read(tmp_path / "f", "\u6211\u7231\u5965\u65af\u9646\u3002", [span(*each, "X") for each in ends])


@pytest.mark.parametrize("policy", ["expand", "drop", "error"])
def test_more_than_a_quarter_of_misaligned_spans_is_an_error(tmp_path: Path, policy: str) -> None:
    spans = [span(4, 7, "PER"), span(17, 22, "LOC"), span(10, 12, "X")]
    path = write_rows(tmp_path / "f", [{"text": "Ada lives in Oslo0 near Bergen", "spans": spans}] * 10)
    section = files(misaligned_spans=policy)
    findings = counted(section, *section.read(path))
    with pytest.raises(
        UserError, match=r"spans seem to be wrong; correct .*\n  train: .*: 20 of 30 \(67%\) \(.*f:1: span"
    ):
        section.report(findings)
    if policy != "error":
        assert ": 20 (" in files(misaligned_spans=policy, offsets="code_points").report(findings)


def test_a_line_end_that_a_browser_counted_once(tmp_path: Path) -> None:
    assert tagged(read(tmp_path / "f", "Ada\r\nin Oslo now", [span(7, 11, "X", text="Oslo")])) == "Oslo/B-X"


def test_a_mention_that_matches_under_no_unit(tmp_path: Path) -> None:
    spans = [*odd_spans("utf16", mentions=True)[:2], span(0, 1, "X", text="Oslo")]
    with pytest.raises(UserError) as raised:
        read(tmp_path / "f", ODD, spans)
    assert str(raised.value) == (
        f"{tmp_path}/f:1: span 0 to 1 (X) is not inside the text of 24 UTF-16 units, or ends inside a character"
    )
    with pytest.raises(UserError, match=r"f:1: span 4 to 7 \(X\) is 'in ' in the text, but 'Oslo' in the file"):
        read(tmp_path / "f", "Ada in Oslo", [span(4, 7, "X", text="Oslo")])


def test_mentions_may_have_other_white_space(tmp_path: Path) -> None:
    assert tagged(read(tmp_path / "f", "New \n York", [span(0, 10, "X", text="New York")])) == "New/B-X York/I-X"


def test_memory_holds_one_text(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text(json.dumps({"text": "Ada", "spans": []}) + "\nno JSON")
    section = files(offsets="code_points")
    assert next(iter(section.read(path))).words == ["Ada"]


def test_words_between_spaces(tmp_path: Path) -> None:
    sentence = read(tmp_path / "f", "Ada :) 's\u00a0A\nU.S.", [span(0, 3, "PER")], split_words="spaces")
    assert sentence.words == ["Ada", ":)", "'s\u00a0A", "U.S."]
    assert read(tmp_path / "f", "Ada :)", []).words == ["Ada", ":", ")"]


NAMES = "start and end of a span must be integers and its label a name; got ("


def ada(*spans: object) -> str:
    return json.dumps({"text": "Ada in Oslo", "spans": spans})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"spans": []}', "the key 'text' is missing"),
        ('{"text": "Ada"}', "'spans' must be a list, which is empty for a text without spans; the key is missing"),
        (
            json.dumps({"text": "Ada", "spans": "x" * 5000}),
            "'spans' must be a list, which is empty for a text without ",
        ),
        (ada([0, 3, "X"]), "a span must be an object with start, end, label; got [0, 3, 'X']"),
        (ada({"start": 0, "end": 3}), "a span must be an object with start, end, label; got {'start': 0"),
        (ada(span("0", 3, "X")), NAMES),
        (ada(span(False, 3, "X")), NAMES),
        (ada(span(7, 12, "X")), "span 7 to 12 (X) is not inside the text of 11 characters"),
        (ada(span(-4, 11, "X")), "span -4 to 11 (X) is not inside the text of 11 characters"),
        (ada(span(3, 0, "X")), "span 3 to 0 (X) is not inside the text of 11 characters"),
        (ada(span(3, 3, "X")), "span 3 to 3 (X) is not inside the text of 11 characters"),
        (ada(span(3, 9000, "x" * 5000)), "span 3 to 9000 (xxx"),
    ],
)
def test_malformed_span_is_reported_by_line(tmp_path: Path, content: str, message: str) -> None:
    found = fault(tmp_path, "spans", content)
    assert found.startswith(f"f:1: {message}")
    assert "x" * 201 not in found


def test_missing_id_is_reported_by_line(tmp_path: Path) -> None:
    assert fault(tmp_path, "spans", ada(), id="id") == "f:1: the key 'id' is missing"
