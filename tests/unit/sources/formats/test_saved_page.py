"""page: what the annotation page saves, by one person or by several, and the file that decides their conflicts."""

import gzip
import json
from functools import partial
from pathlib import Path

import pytest
from helpers.annotated import kinds, tagged, write_rows
from helpers.formats import by_split, fault, read, refusals, saved_row, section
from helpers.messages import message_of

from tagline.sources.files import FileSource
from tagline.terminal.errors import UserError

TEXT = "\U0001f44b Ada e\u0301t\u2028Oslo."
WORDS = ["Ada", "New York", "\u05e9\u05dc", "</script>"]
MARKED = [[1, 2, "LOC"], [2, 4, "PER"]]
OF_BO = {"annotator": "Bo"}


def test_spans_count_code_points_of_a_text_and_words_of_words(tmp_path):
    rows = [
        saved_row("train-7", TEXT, [[2, 5, "PER"], [10, 14, "LOC"]]),
        saved_row("a", WORDS, MARKED, status="unsure", note="Is it one?"),
        saved_row("b", WORDS, MARKED, status="skipped"),
    ]
    sentences = read(tmp_path, "page", rows)
    assert [(each.id, tagged(each)) for each in sentences[:2]] == [
        ("train-7", "Ada/B-PER Oslo/B-LOC"),
        ("a", "New York/B-LOC \u05e9\u05dc/B-PER </script>/I-PER"),
    ]
    assert sentences[1].words == WORDS
    assert list(map(kinds, sentences)) == [[], ["unsure_texts"], ["unannotated_texts"]]
    assert sentences[1].notes[0].occurrence == f"{tmp_path}/f:2: 'Is it one?'"


def test_selection_reads_the_random_texts_or_the_others(tmp_path):
    rows = [saved_row("1", WORDS, [], selection="random"), saved_row("2", TEXT, [], selection="uncertain")]
    for selection, ids in {None: "12", "random": "1", "chosen": "2"}.items():
        assert [each.id for each in read(tmp_path, "page", rows, selection=selection)] == [*ids]
    message = "f: no text of selection random; expected what a page of `tagline suggest` saved"
    assert fault(tmp_path, "page", rows[1:], selection="random") == message


def test_annotators_who_differ_are_an_error_unless_one_is_chosen(tmp_path):
    of_ada = [saved_row("1", WORDS, MARKED), saved_row("2", WORDS, []), saved_row("3", WORDS, MARKED)]
    write_rows(tmp_path / "ada.jsonl", of_ada)
    write_rows(tmp_path / "ada-later.jsonl", of_ada[:1])  # the same once more
    of_bo = [saved_row("2", WORDS, []), saved_row("1", WORDS, [[0, 1, "PER"]])]
    write_rows(tmp_path / "bo.jsonl", [{**row, "annotator": ""} for row in of_bo])

    def texts(**keys):
        source = FileSource(tmp_path, section("page", train=".", validation=None, test=None, **keys))
        return {str(sentence.id): tagged(sentence) for sentence in by_split(source)["train"]}

    marked = "New York/B-LOC \u05e9\u05dc/B-PER </script>/I-PER"
    assert texts(annotator="Ada") == {"1": marked, "2": "", "3": marked}
    message = (
        "ada-later.jsonl:1: 2 annotations of one text that differ (by Ada, bo); expected one; correct one of them, "
    )
    assert f"{message}or set download.dataset.annotator to the name" in message_of(texts)


def test_folders_of_several_pages_are_read_by_a_pattern(tmp_path):
    rows = [saved_row(str(number), [f"word-{number}"], [], tasks=str(number)) for number in range(3)]
    for folder, row in zip("abc", rows, strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".hidden").touch()
        (tmp_path / folder / "ada.jsonl.gz").write_bytes(gzip.compress(json.dumps(row | {"annotator": ""}).encode()))
        write_rows(tmp_path / folder / "bo.jsonl", [row])
    source = FileSource(tmp_path, section("page", train="[ab]", validation="c", test=None, annotator="ada"))
    found = by_split(source)["train"]
    assert [(sentence.id, sentence.words) for sentence in found] == [("0", ["word-0"]), ("1", ["word-1"])]


OTHERS = [
    (Path.touch, "bo.JSONL"),
    (Path.mkdir, "bo.jsonl"),
    (partial(Path.symlink_to, target="none"), "cy.jsonl"),
]


@pytest.mark.parametrize(("make", "file"), OTHERS)
def test_folder_holds_only_files_of_annotators(tmp_path, make, file):
    make(tmp_path / file)
    with pytest.raises(UserError, match=f"{file}: expected .* to hold only files .jsonl or .jsonl.gz, one per annota"):
        list(section("page").read(tmp_path))


UNFIT = [
    (saved_row("1", WORDS, [], tasks="1" * 64), r"made from other tasks than .*/ada.jsonl:1; expected annotations"),
    (saved_row("1", WORDS, []), r"'Ada' annotated this text differently at .*/ada.jsonl:1; expected one annota"),
    (saved_row("1", TEXT, [], **OF_BO), r"another text than at .*/ada.jsonl:1, but the same id; expe"),
    (
        saved_row("1", WORDS, [], **OF_BO),
        r"2 annotations of one text that differ \(by Ada, Bo\); expected one; correct",
    ),
]


@pytest.mark.parametrize(("row", "message"), UNFIT)
def test_file_that_does_not_fit_the_others_of_a_folder_is_an_error(tmp_path, row, message):
    folder = tmp_path / "saved"
    folder.mkdir()
    write_rows(folder / "ada.jsonl", [saved_row("1", WORDS, MARKED)])
    write_rows(folder / "later.jsonl", [row])
    with pytest.raises(UserError, match=rf"/saved/\w+.jsonl:1: {message}"):
        list(section("page").read(folder))


test_row_that_the_page_did_not_save_is_reported_by_line = refusals(
    "page",
    ({"id": "1", "text": "Ada"}, "the key 'sha256' is missing or null (keys: 'id', 'text'); expected what the anno"),
    ({**saved_row("1", TEXT, []), "text": "Bo"}, "'text' was changed after the annotation: its SHA-256 is not that of"),
    (saved_row("1", WORDS, [], status="x" * 300), "status 'xxxxx"),
    (saved_row("1", WORDS, [[2, 1, "X"]]), "span [2, 1, 'X'] is not inside the text of 4 words; expected start < end"),
    (saved_row("1", WORDS, [[0, 1, "PER"]], types=["LOC"]), "the page has no type 'PER'; expected one of its types"),
    (saved_row("1", WORDS, [], types=["LOC", 1]), "'types' must be a list of names; got ['LOC', 1]"),
    at="f:1: ",
)
