"""Data sets in files: which files, which ids, which documents, which split."""

import contextlib
import glob
import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import write_rows
from helpers.formats import by_split, section
from helpers.messages import message_of

from tagline.core.provenance import sha256
from tagline.sources.files import FileSource, find
from tagline.sources.readers import to_row
from tagline.terminal.errors import UserError


def conll_files(train: str, validation: str | None = None, test: str | None = None, **keys: Any):
    return section("conll", columns=["words", "ner"], train=train, validation=validation, test=test, **keys)


def write(folder: Path, **files: str):
    for name, content in files.items():
        (folder / f"{name}.txt").write_text(content)


def test_a_pattern_takes_files_in_the_order_of_their_names(tmp_path):
    write(tmp_path, b="b O\n", a="a O\n", c="c O\n")
    (tmp_path / ".hidden.txt").write_text("left by an editor")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "x").mkdir()
    write(tmp_path / "x", d="d O\n", e="e O\n", f="f O\n")
    source = FileSource(tmp_path, conll_files("*.txt", "x/e.txt", "x/[df].txt"))
    words = {split: [each.words for each in sentences] for split, sentences in by_split(source).items()}
    assert words == {"train": [["a"], ["b"], ["c"]], "validation": [["e"]], "test": [["d"], ["f"]]}
    files = {"train": ["a.txt", "b.txt", "c.txt"], "validation": ["x/e.txt"], "test": ["x/d.txt", "x/f.txt"]}
    hashed = {split: [{"path": name, "sha256": sha256(tmp_path / name)} for name in files[split]] for split in files}
    findings = {split: {"repeated_sentences": 0} for split in words}
    assert source.provenance() == {"source": "files", "files": hashed, "findings": findings}


def test_further_test_set_is_read_and_checked_as_test_is(tmp_path):
    write(tmp_path, a="a O\n", b="b O\n", c="c O\n", d="d O\n")
    further = {"tests": {"social": "d.txt"}}
    source = FileSource(tmp_path, conll_files("a.txt", "b.txt", "c.txt", **further))
    assert [each.words for each in by_split(source)["tests.social"]] == [["d"]]
    assert source.provenance()["files"].keys() == source.provenance()["findings"].keys() == by_split(source).keys()


def test_missing_file_is_named(tmp_path):
    (tmp_path / "x").mkdir()
    for pattern, message in {
        "none.txt": "none.txt: no such file; see the key",
        "*.conll": "*.conll: the pattern matches no file; see the key",
        "x": "x: a folder; expected a file, or a pattern such as x/*; see the key",
    }.items():
        assert message_of(find, tmp_path, pattern, "see the key") == f"{tmp_path}/{message}"


def drawn(folder: Path, dataset: Any):
    splits = by_split(FileSource(folder, dataset))
    return {split: {each.words[0] for each in sentences} for split, sentences in splits.items()}


def test_more_sentences_move_no_other_between_drawn_splits(tmp_path):
    dataset = conll_files("*.txt", split={"seed": 3, "validation": 0.2, "test": 0.2})
    sentences = [f"w{number} O\n" for number in range(200)]
    write(tmp_path, a="\n".join(sentences[:100]))
    before = drawn(tmp_path, dataset)
    write(tmp_path, a="\n".join(sentences[99::-1]), **{"0": "\n".join(sentences[100:] + sentences[:50])})
    after = drawn(tmp_path, dataset)
    assert list(before) == list(after) == ["train", "validation", "test"]
    assert all(before[split] < after[split] for split in before)
    assert len(set.union(*after.values())) == sum(map(len, after.values())) == 200


def test_all_files_of_a_document_are_checked_and_hashed(tmp_path):
    write(tmp_path, a="x y z", b="u v w")
    split = {"seed": 1, "validation": 0.4, "test": 0.4}
    files = {"train": "*.txt", "validation": None, "test": None, "split": split}
    dataset = section("brat", **files, discontinuous_spans="drop")
    annotations = tmp_path / "b.ann"
    (tmp_path / "a.ann").write_text("T1\tX 0 1;4 5\tx z\n")
    assert "b.ann: no such file; expected it beside the files of the" in message_of(FileSource, tmp_path, dataset)
    annotations.symlink_to("/etc/hostname")
    assert "b.ann: this link leads out of" in message_of(FileSource, tmp_path, dataset)
    annotations.unlink()
    annotations.write_text("T1\tX 0 1;4 5\tu w\n")
    source = FileSource(tmp_path, dataset)
    assert source.provenance()["files"] == {
        "train": [{"path": name, "sha256": sha256(tmp_path / name)} for name in ("a.txt", "a.ann", "b.txt", "b.ann")]
    }
    with contextlib.suppress(UserError):  # two sentences in three splits
        by_split(source)
    findings = source.provenance()["findings"].values()
    assert sum(each["discontinuous_spans"] for each in findings) == 2, "each in its split, though train is read again"
    assert sorted(re.findall(r"\w.ann:1", source.report())) == ["a.ann:1", "b.ann:1"]


def test_one_split_can_be_drawn_beside_a_file(tmp_path):
    write(tmp_path, a="".join(f"w{number} O\n\n" for number in range(50)), t="test O\n")
    dataset = conll_files("a.txt", test="t.txt", split={"seed": 3, "validation": 0.3})
    splits = drawn(tmp_path, dataset)
    assert splits["test"] == {"test"}
    assert len(splits["train"]) + len(splits["validation"]) == 50
    assert FileSource(tmp_path, dataset).provenance()["drawn_from_train"] == {"seed": 3, "validation": 0.3}


def test_ids_are_the_sources_and_unique_inside_a_split(tmp_path):
    row = '{"id": "%s", "w": ["a"], "t": ["O"]}\n'
    write(tmp_path, a=row % "x", b=row % "y", c=row % "z" + row % "x", d=row % "x", e=row % "x" + "\n")
    keys = {"words": "w", "tag_columns": {"ner": "t"}, "id": "id"}
    files = {"train": "[ab].txt", "validation": "e.txt"}
    splits = by_split(FileSource(tmp_path, section("json", **files, test="d.txt", **keys)))
    assert list(map(to_row, splits["train"])) == [{"id": name, "words": ["a"], "ner": ["O"]} for name in "xy"]
    assert [each.id for each in splits["validation"]] == ["x"], "another split may have the same id"
    used = f"id 'x' was already used at {tmp_path}/c.txt:2; ids must be unique within a split"
    source = FileSource(tmp_path, section("json", **files, test="[cd].txt", **keys))
    assert message_of(by_split, source) == f"{tmp_path}/d.txt:1: {used}"


def test_id_that_looks_generated_is_refused_beside_sentences_without_ids(tmp_path):
    word = "1\ta" + "\t_" * 8 + "\n\n"
    write(tmp_path, a=f"{word}# sent_id = train-0\n{word}", b=word, c=f"{word}\n")
    dataset = section("conllu", train="a.txt", validation="b.txt", test="c.txt")
    assert message_of(by_split, FileSource(tmp_path, dataset)) == (
        f"{tmp_path}/a.txt:4: id 'train-0' looks like the ids generated for sentences without one, such as "
        f"{tmp_path}/a.txt:1; give every sentence an id, or none"
    )


@pytest.mark.parametrize("pattern", ["a.txt", "*.txt", "**", "sub/b.txt"])
def test_link_out_of_the_folder_is_refused(tmp_path, pattern):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    for made in (folder, outside):
        made.mkdir()
    write(outside, a="secret", b="secret")
    (folder / "a.txt").symlink_to(outside / "a.txt")
    (folder / "sub").symlink_to(outside)
    message = message_of(find, folder, pattern, "see download.dataset.train in params.yaml")
    assert f": this link leads out of {folder}; expected files inside the folder that" in message


def test_patterns_match_as_in_a_shell_and_follow_links_inside(tmp_path):
    for name in ("a.txt", ".h.txt", "x/a.txt", "x/.h/a.txt", "x/y/a.txt", ".g/a.txt", "x[1]/a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    patterns = ["**", "**/*", "**/a.txt", "x/**", "x/**/a.txt", "*/a.txt", ".*", ".*/*", "**/.h*/*"]
    for pattern in [*patterns, "x/?/a.*", "./*.txt", "**/**/a.txt", "x[[]1]/*", "[!a]/*.txt", "x**/a**"]:
        expected = sorted(set(glob.glob(pattern, root_dir=tmp_path, recursive=True)))  # noqa: PTH207
        expected = [str(Path(name)) for name in expected if (tmp_path / name).is_file()]
        assert [str(path.relative_to(tmp_path)) for path in find(tmp_path, pattern, "")] == expected, pattern
    assert find(tmp_path, "x[1]/a.txt", "") == [tmp_path / "x[1]/a.txt"], "a name with brackets is a name"
    (tmp_path / "folder").symlink_to("x")
    folder = tmp_path / "folder"
    (folder / "loop").symlink_to(".")
    (folder / "z.txt").symlink_to("z.txt")
    (folder / "up.txt").symlink_to("y/a.txt")
    assert find(folder, "**", "") == [folder / name for name in ("a.txt", "up.txt", "y/a.txt")]
    assert find(folder, "loop/*.txt", "") == [folder / "loop/a.txt", folder / "loop/up.txt"]


def test_split_without_a_sentence_left_says_what_was_left_out(tmp_path):
    write_rows(tmp_path / "f", [{"text": "Ada", "answer": "reject"}, {"text": " ", "answer": "accept"}])
    write(tmp_path, b="b", c="c c")
    dataset = section("prodigy", train="f", validation="b.txt", test="c.txt")
    assert message_of(by_split, FileSource(tmp_path, dataset)) == (
        f"{tmp_path}/f: no sentence is left: texts without words, left out: 1 ({tmp_path}/f:2); texts without an "
        f"annotation, left out: 1 ({tmp_path}/f:1); annotations with another answer, left out: 1 ({tmp_path}/f:1)"
    )


CONLL = "a O\n\n-DOCSTART- O\n\nb O\n\nc O\n\n-DOCSTART-\n\nd O\n"
WORD = "1\t{}" + "\t_" * 8 + "\n\n"
CONLLU = (
    WORD.format("a")
    + "# newdoc id = n1\n# sent_id = s\n" + WORD.format("b") + WORD.format("c")
    + "# newdoc\n" + WORD.format("d")
)  # fmt: skip
ROWS = [{"w": [word], "t": ["O"], "d": document} for word, document in (("a", 7), ("b", 7), ("c", "x"))]
COLUMNS = {"columns": ["words", "ner"]}
LISTS = {"words": "w", "tag_columns": {"ner": "t"}, "document": "d"}
CELLS = {**LISTS, "sentence": "s", "delimiter": ","}


def documents_of(folder: Path, name: str, content: str, **keys: Any):
    """The document of each sentence, by its first word."""
    (folder / "f").write_text(content)
    source = FileSource(folder, section(name, train=None, test=None, validation="f", **keys))
    return {each.words[0]: each.document for each in by_split(source)["validation"]}


DOCUMENTS = [
    ("conll", COLUMNS, CONLL, [None, "f#1", "f#1", "f#2"]),
    ("conll", {**COLUMNS, "documents": "file"}, CONLL, ["f#1"] * 4),
    ("conllu", {}, CONLLU, [None, "n1", "n1", "f#2"]),
    ("json", LISTS, json.dumps(ROWS), ["7", "7", "x"]),
    ("csv", CELLS, "d,s,w,t\nx,1,a,O\nx,1,a,O\nx,2,b,O\ny,3,c,O\n", ["x", "x", "y"]),
    ("csv", {**CELLS, "rows": "sentences"}, "d,s,w,t\nx y,1,a,O\nx y,2,b,O\n", ["x y"] * 2),
]


@pytest.mark.parametrize(("name", "keys", "content", "expected"), DOCUMENTS)
def test_documents_of_a_format(tmp_path, name, keys, content, expected):
    assert documents_of(tmp_path, name, content, **keys) == dict(zip("abcd", expected, strict=False))


def test_unordered_documents_are_refused(tmp_path):
    found = message_of(documents_of, tmp_path, "json", json.dumps([*ROWS, ROWS[0]]), **LISTS)
    assert found.replace(f"{tmp_path}/", "") == (
        "f: row 4: document '7' began at f: row 1, but other sentences stand between; expected the sentences of a document one "
        "after the other; sort them by document, or give each document its own id"
    )


def drawn_of(folder: Path, content: str):
    """The first word of each sentence, by split, and the report."""
    (folder / "f").write_text(content)
    split = {"seed": 1, "validation": 0.3, "test": 0.3}
    source = FileSource(folder, section("conll", **COLUMNS, validation=None, test=None, split=split))
    return {name: [each.words[0] for each in found] for name, found in by_split(source).items()}, source.report()


def test_splits_are_drawn_of_whole_documents(tmp_path):
    documents = [[f"w{number}-{index}" for index in range(1 + number % 3)] for number in range(100)]
    content = "".join("-DOCSTART- O\n\n" + "".join(f"{word} O\n\n" for word in words) for words in documents)
    splits, _ = drawn_of(tmp_path, content)
    assert sorted(chain.from_iterable(splits.values())) == sorted(chain.from_iterable(documents))
    for words in documents:
        assert sum(set(words) <= set(of_split) for of_split in splits.values()) == 1
    two = f"-DOCSTART- O\n\n{content.replace('-DOCSTART- O', '')}-DOCSTART- O\n\nx O\n"
    message = r"f: no sentence was drawn for train \(documents stay whole; the longest has 199 sentences\); reduce the "
    message += "shares .+, set download.dataset.documents: none to draw sentences$"
    assert re.search(message, message_of(drawn_of, tmp_path, two))


def test_splits_are_drawn_of_the_sentences_of_an_only_document(tmp_path):
    content = "".join(f"w{number} O\n\n" for number in range(40))
    splits, report = drawn_of(tmp_path, f"-DOCSTART- O\n\n{content}")
    assert report.startswith("train is a single document, so its sentences were split")
    assert drawn_of(tmp_path, content) == (splits, "")
