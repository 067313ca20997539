"""Corrections of the annotation page in the files of a data set: the tags of corrected sentences change, no other byte."""

import gzip
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from helpers import tiny
from helpers.annotated import write_rows
from helpers.formats import saved_row
from helpers.messages import message_of
from helpers.project import files_of, snapshot
from helpers.tagged import in_scheme
from helpers.tiny import conll, raw_rows

from tagline.core.names import SPLITS
from tagline.core.params import read_section
from tagline.sources.download_params import Download
from tagline.sources.stage import write_dataset
from tagline.tools.audit import corrections

Spans = list[tuple[str, int]]
"""A sentence: types, "" outside of entities, each with its number of words."""
# It shows what the scheme is; IO cannot tell its first two entities apart.
FIRST: Spans = [("PER", 2), ("PER", 1), ("", 1), ("LOC", 1), ("", 1), ("LOC", 3)]
ODD_WORDS = ["Ada", "\u05e9\u05dc\u05d5\u05dd", "e\u0301", "\U0001f44b", "</script>", "#", "x\u2028y", "caf\xe9"]


EMPTY = "\t_" * 7  # columns of CoNLL-U


class Corpus(NamedTuple):
    """A way to write files: from the words and tags of sentences to bytes, and the keys that read them."""

    write: Callable[[Sequence[Sequence[tuple[str, str]]]], bytes]
    keys: dict[str, Any]


def of_spaces(sentences: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """Comments, documents, spaces around and between columns, Windows line ends, and lines of white space between sentences."""
    blocks = ["".join(f" {word}  X {tag} \r\n" for word, tag in rows) for rows in sentences]
    return ("# of 2020\r\n-DOCSTART- X O\r\n\r\n" + "# next\r\n \t\r\n".join(blocks)).encode()


def of_tabs(sentences: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """A byte order mark, tags first, words that contain spaces, comments, and no line end after the last word."""
    blocks = ["".join(f"{tag}\t{word} of\t{n}\n" for n, (word, tag) in enumerate(rows)) for rows in sentences]
    return ("\ufeff" + "\n\n# B-PER\n".join(blocks)).rstrip("\n").encode()


def of_latin_1(sentences: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """Another encoding, and old line ends, compressed."""
    blocks = ["".join(f"{word} {tag}\r" for word, tag in rows) for rows in sentences]
    return gzip.compress("\r".join(blocks).encode("latin-1", "replace"), mtime=0)


def of_conllu(sentences: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """Comments, multi-word tokens and empty nodes; O is where the key of the tag is missing."""
    text = ""
    for rows in sentences:
        text += f"# sent_id = {rows[0][0]}\n1-2\tx{EMPTY}\tNER=B-PER\n"
        for n, (word, tag) in enumerate(rows, 1):
            pairs = ["SpaceAfter=No"] * (n % 2) + [f"NER={tag}"] * (tag != "O")
            text += f"{n}\t{word}{EMPTY}\t{'|'.join(pairs) or '_'}\n"
        text += f"1.1\t{rows[0][0]}{EMPTY}\tNER=B-PER\n\n"
    return text.encode()


def of_upos(sentences: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """A column of CoNLL-U for itself, in which O is empty."""
    text = ""
    for rows in sentences:
        tags = ["_" if tag == "O" else tag for _, tag in rows]
        text += "".join(f"{n}\t{rows[n - 1][0]}\t_\t_\t{tag}{EMPTY[4:]}\n" for n, tag in enumerate(tags, 1)) + "\n"
    return text.encode()


CORPORA = {
    "spaces": Corpus(of_spaces, {"format": "conll", "columns": ["words", "-", "ner"], "comments": True}),
    "tabs": Corpus(of_tabs, {"format": "conll", "columns": ["ner", "words", "-"]}),
    "latin-1": Corpus(of_latin_1, {"format": "conll", "columns": ["words", "ner"], "encoding": "latin-1"}),
    "conllu": Corpus(of_conllu, {"format": "conllu", "tag_columns": {"ner": "misc:NER"}, "absent": "O"}),
    "xpos": Corpus(of_upos, {"format": "conllu", "tag_columns": {"ner": "xpos"}, "absent": "O"}),
}


def write_files(folder: str, corpus: Corpus, tags: dict[str, list[list[str]]]) -> None:
    """Write a file for each split, whose words are different in each."""
    Path(folder).mkdir(parents=True)
    for split, sentences in tags.items():
        words = [
            [f"{ODD_WORDS[(row + index) % len(ODD_WORDS)]}{split[:2]}{row}" for index in range(len(of_sentence))]
            for row, of_sentence in enumerate(sentences)
        ]
        rows = [list(zip(*each, strict=True)) for each in zip(words, sentences, strict=True)]
        (Path(folder) / split).write_bytes(corpus.write(rows))


def set_params(keys: dict[str, Any], several: bool = False, **labels: Any) -> None:
    dataset = {"source": "files", **keys, **{split: split for split in SPLITS}}
    encoder = {"source": "hub", "name": "a", "revision": "b"}
    download = {"folder": "data/mine", "dataset": [dataset] if several else dataset, "encoder": encoder}
    tiny.set_params(download=download, tokenize_align=labels)


def start(corpus: Corpus, tags: dict[str, list[list[str]]], **labels: Any) -> None:
    """Write the data set, params.yaml and data/raw to the current folder."""
    write_files("data/mine", corpus, tags)
    set_params(corpus.keys, **labels)
    write_dataset(Path("data/mine"), read_section("download", Download).dataset, Path("data/raw"))


def fixes(spans: dict[str, dict[int, list[list[Any]]]]) -> Path:
    """Write what the page saves of some sentences, each given by its split and number."""
    rows = {split: raw_rows(split) for split in spans}
    chosen = [(rows[split][number], marked) for split, of_split in spans.items() for number, marked in of_split.items()]
    return write_rows(Path("fixes.jsonl"), [saved_row(row["id"], row["words"], marked) for row, marked in chosen])


def marked(spans: Spans) -> list[list[Any]]:
    """The spans as the page saves them."""
    ends = list(accumulate(length for _, length in spans))
    return [[end - length, end, type_] for (type_, length), end in zip(spans, ends, strict=True) if type_]


def drawn(random: Random, words: int) -> Spans:
    """Draw the spans of a sentence with so many words."""
    spans: Spans = []
    while words:
        spans.append((random.choice(["", "PER", "LOC"]), random.randint(1, min(3, words))))
        words -= spans[-1][1]
    return spans


@pytest.fixture(autouse=True)
def _in_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU"])
@pytest.mark.parametrize("name", CORPORA)
def test_files_are_as_if_written_with_the_corrected_entities(name: str, scheme: str) -> None:
    random, corpus = Random(f"{name} {scheme}"), CORPORA[name]
    spans = {split: [FIRST, *(drawn(random, random.randint(1, 9)) for _ in range(20))] for split in SPLITS}
    start(corpus, {split: [in_scheme(each, scheme) for each in of_split] for split, of_split in spans.items()})
    same = {split: dict(enumerate(map(marked, of_split))) for split, of_split in spans.items()}
    unchanged = "train: 0 of 21 sentences changed: 0 entities removed, 0 added"
    assert corrections.save(fixes(same), Path("data/same"))[0] == unchanged
    corrected = {
        split: {number: drawn(random, sum(length for _, length in spans[split][number])) for number in (2, 5, 20)}
        for split in SPLITS
    }
    saved = {split: {number: marked(each) for number, each in of.items()} for split, of in corrected.items()}
    corrections.save(fixes(saved), Path("data/corrected"))
    tags = {
        split: [in_scheme(corrected[split].get(number, each), scheme) for number, each in enumerate(of_split)]
        for split, of_split in spans.items()
    }
    write_files("data/expected", corpus, tags)
    for split in SPLITS:
        assert Path("data/same", split).read_bytes() == Path("data/mine", split).read_bytes()
        assert Path("data/corrected", split).read_bytes() == Path("data/expected", split).read_bytes()


TWO = Corpus(lambda sentences: conll(sentences).encode(), {"format": "conll", "columns": ["words", "ner"]})
IO = "PER O O O O O O O O LOC"


def start_with(first: str, second: str = "O O O", corpus: Corpus = TWO, **labels: Any) -> None:
    """Start with two sentences in each split, of which the first shows how tags are written."""
    start(corpus, {split: [first.split(), second.split()] for split in SPLITS}, **labels)


SPELLED = [
    ("B_LOC I_LOC O", "O O O", [[0, 2, "PER"]], "B_PER I_PER O"),
    ("LOC-B LOC-I O LOC-I", "LOC-B O O", [[1, 3, "LOC"]], "O LOC-B LOC-I"),
    ("B-X M-X E-X S-X O", "S-X O O", [[0, 3, "Y"]], "B-Y M-Y E-Y"),
    ("b:X i:X o b:X", "o o o", [[0, 1, "X"], [1, 2, "X"]], "b:X b:X o"),
    ("B I O", "O B I", [[0, 2, "ENTITY"]], "B I O"),
    (IO, "O O O", [[1, 3, "ORG"]], "O ORG ORG"),
    ("I-PER I-PER O", "O I-PER O", [[1, 3, "ORG"]], "O I-ORG I-ORG"),
    # read as corrected already, so that even what the scheme does not allow stays
    ("B-PER O I-PER B-PER", "I-PER I-LOC O", [[0, 1, "PER"], [1, 2, "LOC"]], "I-PER I-LOC O"),
]


@pytest.mark.parametrize(("first", "second", "spans", "expected"), SPELLED)
def test_tags_are_spelled_as_in_the_file(first: str, second: str, spans: list[list[Any]], expected: str) -> None:
    start_with(first, second)
    corrections.save(fixes({"test": {1: spans}}), Path("data/corrected"))
    assert read_tags("data/corrected/test") == [first.split(), expected.split()]
    assert read_tags("data/corrected/train") == [first.split(), second.split()]


def test_type_in_another_unicode_form_stays_as_in_the_file() -> None:
    start_with("B-e\u0301 I-e\u0301 O")
    lines = corrections.save(fixes({"test": {0: [[0, 2, "e\u0301"]], 1: [[0, 2, "\u00e9"]]}}), Path("data/corrected"))
    assert read_tags("data/corrected/test") == [["B-e\u0301", "I-e\u0301", "O"]] * 2
    assert r"type '\xe9': written as in the files, 'e\u0301'" in lines
    assert "test: 1 of 2 sentences changed: 0 entities removed, 1 added" in lines


def test_other_tag_for_words_outside_is_written() -> None:
    start_with("B-PER I-PER OTHER", "OTHER B-PER OTHER", outside="OTHER")
    corrections.save(fixes({"test": {1: [[0, 1, "LOC"]]}}), Path("data/corrected"))
    assert read_tags("data/corrected/test")[1] == ["B-LOC", "OTHER", "OTHER"]


def test_unsure_corrections_are_listed_and_skipped_ones_left_out() -> None:
    start_with("B-PER I-PER O")
    one, two = (row["words"] for row in raw_rows("train"))
    rows = [saved_row("train-0", one, [], status="skipped"), saved_row("train-1", two, [], status="unsure", note="?")]
    assert corrections.save(write_rows(Path("fixes.jsonl"), rows), Path("data/corrected"))[:3] == [
        "texts without an annotation, left out: 1 (fixes.jsonl:1)",
        "texts that an annotator was not sure of, read as they are: 1 (fixes.jsonl:2: '?')",
        "train: 0 of 1 sentences changed: 0 entities removed, 0 added",
    ]


def read_tags(file: str) -> list[list[str]]:
    blocks = Path(file).read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    return [[line.split(" ")[1] for line in block.split("\n")] for block in blocks]


def refused(rows: list[Any], target: str = "data/corrected") -> str:
    """The message about corrections, which leave nothing behind."""
    write_rows(Path("fixes.jsonl"), rows)
    before = snapshot(Path("data"))
    message = message_of(corrections.save, Path("fixes.jsonl"), Path(target))
    assert snapshot(Path("data")) == before
    return message


NEIGHBOURS, NEW = [[0, 1, "PER"], [1, 2, "PER"]], [[0, 1, "\u0141"]]
STACKED = [[0, 2, "X"], [1, 2, "Y"]]
FIXES = "fixes.jsonl:1: "


INEXPRESSIBLE = [
    (IO, TWO, NEIGHBOURS, f"{FIXES}neighbouring entities of one type, which the IO tags of the data set cannot"),
    ("B I O", TWO, NEW, f"{FIXES}how the data set would spell the tag B-\u0141 does not follow from its tags (B,"),
    ("B-X O", TWO, [[0, 1, "a b"]], f"{FIXES}how the data set would spell the tag B-a b does not follow from"),
    ("B-X O", CORPORA["latin-1"], NEW, "data/mine/train: latin-1 has no character '\u0141'; expected UTF-8"),
    ("B-X O", TWO, STACKED, f"spans that share a word with another one: 1 ({FIXES}span 8 to 13 (Y, '"),
    ("X O Y", TWO, NEW, "ner has one tag per word; expected entities, which the page marks; correct the files by"),
]


@pytest.mark.parametrize(("first", "corpus", "spans", "message"), INEXPRESSIBLE)
def test_corrections_that_tags_cannot_express_are_errors(first: str, corpus: Corpus, spans: Any, message: str) -> None:
    start_with(first, corpus=corpus, **({"scheme": "tags"} if "Y" in first else {}))
    assert refused([saved_row("train-1", raw_rows("train")[1]["words"], spans)]).startswith(message)


def test_corrections_of_other_data_and_occupied_targets_are_errors() -> None:
    start_with("B-PER I-PER O")
    words = raw_rows("train")[1]["words"]
    right, unknown = saved_row("train-1", words, []), saved_row("train-9", words, [])
    other = "expected corrections of these data; make a new page"
    assert refused([right, unknown]) == f"fixes.jsonl:2: sentence train-9: not in data/raw; {other}"
    wrong = saved_row("train-1", [*words, "x"], [])
    assert refused([wrong]) == f"fixes.jsonl:1: sentence train-1: other words than at data/mine/train:5; {other}"
    for target in ("data/mine/new", "data/mine", "fixes.jsonl"):
        outside = f"--output {target}: expected a new or empty folder outside of data/mine; choose another one"
        assert refused([right], target) == outside
    for target in ("data/raw/new", str(Path.cwd() / "data/audit"), f"../{Path.cwd().name}/models"):
        assert refused([right], target).startswith(f"--output {target}: must be a folder apart from what the stages")
    assert refused([{**right, "status": "skipped"}]) == (
        "fixes.jsonl: no corrections (texts without an annotation, left out: 1 (fixes.jsonl:1)); decide sentences in the page"
    )
    both = [saved_row("train-1", words, [[0, 1, "PER"]]), {**right, "annotator": "Bo"}]
    assert refused(both).endswith("; decide by `tagline conflicts FOLDER --output PAGE.html`")
    with Path("data/mine/train").open("a", encoding="utf-8") as file:
        file.write("\nAda O\n")
    assert refused([right]) == "data/raw: not made of data/mine; run `dvc repro download` first"


def test_files_of_several_sources_are_corrected() -> None:
    tags = {split: [["B-PER", "O"], ["O", "O"]] for split in SPLITS}
    datasets = []
    for folder, corpus, repeat in (("tabs", CORPORA["tabs"], 2), ("spaces", CORPORA["spaces"], 1)):
        write_files(f"data/mine/{folder}", corpus, tags)
        paths = {split: f"{folder}/{split}" for split in SPLITS}
        datasets.append({"source": "files", **corpus.keys, **paths, "repeat": repeat})
    encoder = {"source": "hub", "name": "a", "revision": "b"}
    tiny.set_params(download={"folder": "data/mine", "dataset": datasets, "encoder": encoder}, tokenize_align={})
    write_dataset(Path("data/mine"), read_section("download", Download).dataset, Path("data/raw"))
    words = {row["id"]: row["words"] for row in raw_rows("train")}
    rows = [saved_row(id_, words[id_], [[0, 2, "PER"]]) for id_ in ("0/train-1", "1/train-0")]
    lines = corrections.save(write_rows(Path("fixes.jsonl"), rows), Path("data/corrected"))
    assert lines[0] == "train: 2 of 2 sentences changed: 1 entities removed, 2 added"
    changed = {"tabs": [tags["train"][0], ["B-PER", "I-PER"]], "spaces": [["B-PER", "I-PER"], tags["train"][1]]}
    for folder, train in changed.items():
        write_files(f"data/expected/{folder}", CORPORA[folder], tags | {"train": train})
    assert files_of("data/corrected") == files_of("data/expected")


@pytest.mark.parametrize("several", [False, True])
def test_format_in_which_no_tag_can_be_replaced_is_an_error(several: bool) -> None:
    set_params({"format": "json", "words": "words", "tag_columns": {"ner": "ner"}}, several)
    Path("data").mkdir()
    assert refused([]) == (
        "the data set is json; expected conll or conllu, in whose lines tags can be replaced; correct others in "
        "an annotation tool (`tagline audit export --output FOLDER`)"
    )
