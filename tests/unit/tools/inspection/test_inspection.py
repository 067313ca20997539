"""`--inspect`: what it says of a file or folder, and that the section that it prints reads all of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict
from helpers.formats import KEYS, SPANS, to_object, to_spans, write_corpus
from helpers.tiny import PEOPLE, PLACES, write_params
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from tagline.core.errors import UserError
from tagline.sources.files import FileSource
from tagline.sources.formats.inception import CORE, SENTENCE, TOKEN
from tagline.sources.formats.registry import AnyFiles
from tagline.tools.inspection.inspection import describe

# 100 different sentences such as "Ada0 Zoë lives in Oslo".
SENTENCES = [
    [(f"{PEOPLE[i % 6]}{i}", "B-PER"), ("Zoë", "I-PER"), ("lives", "O"), ("in", "O"), (PLACES[i % 5], "B-LOC")]
    for i in range(100)
]
WORDS = [[word for word, _ in rows] for rows in SENTENCES]
TAGS = [[tag for _, tag in rows] for rows in SENTENCES]
JOINED = list(map(" ".join, WORDS))


def lines(between: str = "\n", first: str = "", form: str = "{w}\t{t}\n") -> str:
    """A line per word and something after each sentence."""
    blocks = ("".join(form.format(n=n, w=w, t=t) for n, (w, t) in enumerate(rows, 1)) for rows in SENTENCES)
    return first + between.join(blocks)


def table(columns: list[str], ids: list[list[Any]], delimiter: str = ",") -> str:
    """A row per word, with cells that name its sentence or document before it; those of a sentence or of its words."""
    rows = [
        [*(cell[index] if isinstance(cell, list) else cell for cell in cells), *word]
        for cells, sentence in zip(ids, SENTENCES, strict=True)
        for index, word in enumerate(sentence)
    ]
    return pd.DataFrame(rows, columns=columns).to_csv(sep=delimiter, index=False)


SENTENCE_COLUMNS = ["Sentence #", "Word", "Tag"]
NAMED = [[f"Sentence: {n}"] for n in range(100)]
FIRST_NAMED = [[[f"Sentence: {n}", "", "", "", ""]] for n in range(100)]
OTHER_IDS = [[list(range(5 * n, 5 * n + 5)), n // 10, f"{n // 10}.{n % 10}"] for n in range(100)]
# Sentences that are numbered anew in each document, of one, one and three sentences in turn.
ANEW = [[f"d{group}-{at}", n] for group in range(20) for at, n in [(0, 1), (1, 1), (2, 1), (2, 2), (2, 3)]]


def objects(name: str) -> str:
    return "\n".join(json.dumps(to_object(name, number, each)) for number, each in enumerate(SENTENCES))


def label_studio_min() -> str:
    rows = []
    for number, (text, spans, _) in enumerate(map(to_spans, SENTENCES)):
        labels = [{"start": start, "end": end, "labels": [label]} for start, end, label in spans]
        others = {"annotator": 1, "annotation_id": number, "created_at": "2024-01-01T00:00:00.000000Z and so on" * 3}
        rows.append({"id": number, "comment": text, "label": labels, **others})
    return json.dumps(rows)


GERMEVAL = "".join(
    f"#\thttp://a.de/{i} [2009]\n" + "".join(f"{n}\t{w}\t{t}\tO\n" for n, (w, t) in enumerate(rows, 1)) + "\n"
    for i, rows in enumerate(SENTENCES)
)
CONLLU = "{n}\t{w}\t_\tX\t_\t_\t_\t_\t_\tNER={t}\n"
CP1252 = "conll, cp1252 (a guess: check the words with letters beyond ASCII; {folder}/f:2: not UTF-8 (invalid continua"
OVERLAP = "train: spans that share a word with another one, of which the longest is kept: "
# content, what the description says, keys of the section
FILES: dict[str, tuple[str | bytes, str, dict[str, Any]]] = {
    "tabs": (lines(), "conll, utf-8\nner: IOB2 (O 200, B-PER 100,", {"columns": ["words", "ner"]}),
    "constants": (lines(form="{n} {w} -X- {t}\n"), "ner: IOB2", {"columns": ["-", "words", "-", "ner"]}),
    "ids": (lines(form="s1-{n}.{n}\t{w}\t{t}\n"), "ner: IOB2", {"columns": ["-", "words", "ner"]}),
    "wikiann": (lines(form="zh-min:{w}\t{t}\n"), "Ada0/B-PER Zoë/I-PER", {"strip_pattern": "^zh-min:"}),
    "hipe": (
        lines("\n", "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\n# language = en\n", "{w}\t{t}\tO\n"),
        "ner: IOB2",
        {"header": True, "comments": None},
    ),
    "conllu plus": (
        lines("\n", "# global.columns = ID FORM MISC\n1-2\tx\t_\n", "{n}\t{w}\t{t}\n"),
        "ner: IOB2",
        {"columns": ["-", "words", "ner"], "comments": None},
    ),
    "few documents": (
        lines().replace("Ada0\t", "-DOCSTART-\n\nAda0\t").replace("Ada60\t", "-DOCSTART-\n\nAda60\t"),
        "splits are drawn by sentence, since these documents are too few\n",
        {"documents": "none"},
    ),
    "header": (lines("\n", "token\tlabel\n\n"), "ner: IOB2", {"header": True}),
    "germeval": (GERMEVAL, "ner: IOB2", {"columns": ["-", "words", "ner", "-"], "comments": True}),
    "latin-1": (lines().encode("latin-1"), CP1252, {"encoding": "cp1252"}),
    "utf-16": (lines().encode("utf-16"), "conll, utf-16", {"encoding": "utf-16"}),
    "gzip": (gzip.compress(lines().encode()), "conll, utf-8", {}),
    "empty words": (
        lines() + "\n\u00a0\tO\n",
        "words of white space only, skipped: 1 ({folder}/f:601)",
        {"empty_words": "skip"},
    ),
    "spelling": (lines().replace("-", "_"), "ner: IOB2 in another spelling (O 200, B_PER 100", {}),
    "conllu": (
        lines(form=CONLLU),
        "conllu, utf-8\npos: plain tags (X 500)\nner: IOB2",
        {"tag_columns": {"pos": "upos", "ner": "misc:NER"}, "absent": "O"},
    ),
    "conllu with an empty node": (
        lines("\n", "0.1\tx" + "\t_" * 8 + "\n", CONLLU),
        "conllu, utf-8\n",
        {"format": "conllu"},
    ),
    "csv with several ids": (
        table(["id", "doc_id", "sent_id", "word", "label"], OTHER_IDS),
        "csv, utf-8\nner: IOB2",
        {"sentence": "sent_id", "tag_columns": {"ner": "label"}},
    ),
    "csv with one sentence per document": (
        table(["id", "sent_id", "doc_id", "word", "label"], OTHER_IDS),
        "csv, utf-8\nner: IOB2",
        {"sentence": "doc_id"},
    ),
    "csv with sentences numbered anew": (
        table(["Document", *SENTENCE_COLUMNS], ANEW),
        "ner: IOB2",
        {"document": "Document", "sentence": "Sentence #", "words": "Word"},
    ),
    "csv with tags joined by commas": (
        pd.DataFrame({"sentence": JOINED, "word_labels": map(",".join, TAGS)}).to_csv(index=False),
        "ner: IOB2",
        {"rows": "sentences", "words": "sentence", "tag_columns": {"ner": "word_labels"}},
    ),
    "csv": (table(SENTENCE_COLUMNS, NAMED), "ner: IOB2", {"sentence": "Sentence #", "tag_columns": {"ner": "Tag"}}),
    "semicolons": (table(SENTENCE_COLUMNS, FIRST_NAMED, ";"), "ner: IOB2", {"fill_down": True, "delimiter": ";"}),
    "tsv": (
        table(SENTENCE_COLUMNS, NAMED, "\t").replace("lives", '"lives'),
        "ner: IOB2",
        {"delimiter": "\t", "quote": None},
    ),
    "joined": (
        pd.DataFrame({"text": JOINED, "labels": map(" ".join, TAGS)}).to_csv(index=False),
        "ner: IOB2",
        {"rows": "sentences", "words": "text", "tag_columns": {"ner": "labels"}},
    ),
    "csv of lists": (
        pd.DataFrame({"Sentence #": range(100), "Sentence": JOINED, "Tag": TAGS}).to_csv(index=False),
        "ner: IOB2",
        {"rows": "sentences", "sentence": "Sentence #", "words": "Sentence"},
    ),
    "null words": (
        json.dumps([{"tokens": [*w, None], "tags": [*t, "O"]} for w, t in zip(WORDS, TAGS, strict=True)]),
        "train: words of white space only, skipped: ",
        {"empty_words": "skip"},
    ),
    "label_studio-min": (label_studio_min(), "label_studio, utf-8\nner: IOB2", {"text": "comment"}),
    "doccano 1.0": (objects("doccano").replace('"label"', '"labels"'), "doccano, utf-8\nner: IOB2", SPANS),
    "offsets": (objects("prodigy"), "offsets: code_points\n", SPANS),
    "overlaps": (
        objects("doccano").replace('"label": [', '"label": [[0, 3, "X"], ', 60),
        OVERLAP,
        {"overlaps": "longest"},
    ),
    "parquet of objects": (
        pd.DataFrame({"tokens": [[{"tag": t, "text": w} for w, t in rows] for rows in SENTENCES]}).to_parquet(),
        "parquet, utf-8\nner: IOB2",
        {"words": "tokens.text", "tag_columns": {"ner": "tokens.tag"}},
    ),
    "parquet with ids": (
        pd.DataFrame({"id": range(100), "tokens": WORDS, "ner_tags": TAGS}).to_parquet(),
        "parquet, utf-8\nner: IOB2",
        {"words": "tokens", "id": "id"},
    ),
}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def inspect(path: Path) -> tuple[str, Any]:
    """The description of a file or folder, and the section."""
    description, _, section = describe(path).partition("\n\ndownload:\n")
    return description, YAML(typ="safe").load(section)


def check(path: Path, said: str, keys: dict[str, Any]) -> None:
    """Inspect and compare what the section reads with `SENTENCES`."""
    description, section = inspect(path)
    assert said.format(folder=path.parent) in description
    assert {key: section["dataset"].get(key) for key in keys} == keys
    source = FileSource(Path(section["folder"]), TypeAdapter(AnyFiles).validate_python(section["dataset"]))
    sentences = [sentence for split in source.splits().values() for sentence in split]
    words = [[word.replace('"', "") for word in each.words] for each in sentences]
    tags = [[tag.replace("_", "-") for tag in each.tags["ner"]] for each in sentences]
    assert sorted(zip(words, tags, strict=True)) == sorted(zip(WORDS, TAGS, strict=True))


def test_spans_in_parquet_are_no_lists_of_words(tmp_path: Path) -> None:
    row = {"text": "Ada left", "spans": [{"start": 0, "end": 3, "label": "PER"}]}
    pd.DataFrame([row]).to_parquet(tmp_path / "f")
    with pytest.raises(UserError, match=r"f: no lists of words and tags .*, or JSON of 'text' with 'spans'"):
        describe(tmp_path / "f")


@pytest.mark.parametrize("name", KEYS)
def test_section_reads_every_format(tmp_path: Path, name: str) -> None:
    write_corpus(name, tmp_path / "f", SENTENCES)
    check(tmp_path / "f", f"{{folder}}/f: {name}, utf-8\n", {"format": name, **KEYS[name]})


@pytest.mark.parametrize("name", FILES)
def test_section_reads_the_file(tmp_path: Path, name: str) -> None:
    content, said, keys = FILES[name]
    check(write(tmp_path, {"f": content}) / "f", said, keys)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Just a text.\nOf two whole lines.\n", "f: no format recognised; expected columns of words and tags"),
        ("a O\n" * 99 + "b\n", "f looks like conll, but is malformed:\nf:100: 1 column in 'b'"),
        ("", "f: an empty file; expected a data set"),
        (" \n\n", "f: an empty file; expected a data set"),
        ("a\tO\nb\tB-X\n" * 999, "f looks like conll, but is malformed:\nf: 1,998 words without an empty line"),
        (
            b"Zo\xc3\xab O\n" * 9 + "Zoë\ud800 O\n".encode(errors="surrogatepass"),
            "f:10: not UTF-8 (invalid continuation byte)",
        ),
        ('{"tokens": ["a", "b"], "tags": ["O", null]}\n', "f looks like json, but is malformed:\nf:1: 't"),
        ('{"tokens": ["a", "b"], "tags": \n', "f:1: not JSON (Expecting value); expected JSON objects"),
        (
            "id,word,tag\n1,Ada,B-PER\n2,won,O\n",
            "f: CSV with words in 'word', but no column whose value is the same for all words of a sentence",
        ),
        ('{"text": "a"}\n', "f: no lists of words and tags (keys: none); expected two lists of strings"),
        ('<?xml version="1.0"?>\n<root><a/></root>\n', "f: a web page or XML; expected a file of a data set"),
        ("a\0b\tO\n", "f:1: NUL byte; expected a text file"),
    ],
)
def test_unreadable_file_is_an_error(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UserError) as raised:
        describe(write(tmp_path, {"f": content}) / "f")
    assert str(raised.value).replace(f"{tmp_path}/", "").startswith(message)


def brat(*numbers: int) -> dict[str, str | bytes]:
    """Files of brat by their names."""
    files: dict[str, str | bytes] = {}
    for number in numbers:
        text, spans, _ = to_spans(SENTENCES[number])
        files[f"{number}.txt"] = text
        files[f"{number}.ann"] = "".join(
            f"T{i}\t{label} {a} {b}\t{text[a:b]}\n" for i, (a, b, label) in enumerate(spans)
        )
    return files


def part(begin: int, end: int) -> str:
    return "\n".join("".join(f"{w}\t{t}\n" for w, t in rows) for rows in SENTENCES[begin:end])


def jsonl(begin: int, end: int) -> str:
    return "\n".join(json.dumps(to_object("json", 0, each)) for each in SENTENCES[begin:end])


DOCCANO = "\n".join(json.dumps({"id": i, **to_object("doccano", 0, each)}) for i, each in enumerate(SENTENCES))
SPLITS = {"train": range(80), "dev": range(80, 90), "test": range(90, 100)}
# name: the files, what is said, keys of the section
FOLDERS: dict[str, tuple[dict[str, str | bytes], str, dict[str, Any]]] = {
    "splits": (
        {"eng.train": part(0, 80), "eng.testa": part(80, 90), "eng.testb": part(90, 100), "README.md": "a", "x": "b"},
        "mine: conll, utf-8\nnot read: x\nner: IOB2",
        {"train": "eng.train", "validation": "eng.testa", "test": "eng.testb"},
    ),
    "two splits": (
        {"train.jsonl": jsonl(0, 90), "valid.jsonl": jsonl(90, 100)},
        "json, utf-8",
        {"validation": "valid.jsonl", "split": {"seed": 42, "test": 0.1}},
    ),
    "shards": (
        {"train-00-of-2.jsonl": jsonl(0, 40), "train-01-of-2.jsonl": jsonl(40, 90), "[test].jsonl": jsonl(90, 100)},
        "json, utf-8",
        {"train": "train-0*.jsonl", "test": "[[]test].jsonl", "split": {"seed": 42, "validation": 0.1}},
    ),
    "one file": ({"[x].conll": part(0, 100), "LICENSE": "a"}, "mine: conll", {"train": "[[]x].conll"}),
    "brat": ({**brat(*range(100)), "annotation.conf": "[entities]"}, "brat, utf-8\nner: IOB2", {"train": "*.txt"}),
    "brat in folders": (
        {f"{split}/{name}": content for split, numbers in SPLITS.items() for name, content in brat(*numbers).items()},
        "brat, utf-8\nner: IOB2",
        {"train": "train/*.txt", "validation": "dev/*.txt", "test": "test/*.txt"},
    ),
    "doccano by annotator": (
        {"ada.jsonl": DOCCANO, "bo.jsonl": DOCCANO},
        "mine: doccano, utf-8",
        {"train": ".", "annotators": "majority"},
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_section_reads_the_folder(tmp_path: Path, name: str) -> None:
    files, said, keys = FOLDERS[name]
    check(write(tmp_path / "mine", files), said, keys)


def test_section_reads_the_splits_of_save_to_disk(tmp_path: Path) -> None:
    saved = Dataset.from_dict({"tokens": WORDS, "tags": TAGS})
    DatasetDict({split: saved.select(rows) for split, rows in SPLITS.items()}).save_to_disk(tmp_path / "mine")
    keys = {"format": "save_to_disk", "train": "train", "test": "test"}
    check(tmp_path / "mine", "mine: save_to_disk, utf-8\nner: IOB2", keys)


@pytest.mark.parametrize(("name", "pattern"), [("text.xmi", "*.xmi"), ("text.json", "text.json")])
def test_section_reads_uima_cas(tmp_path: Path, name: str, pattern: str) -> None:
    cassis = pytest.importorskip("cassis")
    types = cassis.TypeSystem()
    names = (SENTENCE, TOKEN, f"{CORE}.segmentation.type.Lemma", "custom.Span")
    sentence, token, lemma, entity = map(types.create_type, names)
    types.create_feature(lemma, "value", "uima.cas.String")
    types.create_feature(entity, "label", "uima.cas.String")
    cas = cassis.Cas(types)
    cas.sofa_string = "\n".join(JOINED)
    start = 0
    for words, (text, spans, _) in zip(WORDS, map(to_spans, SENTENCES), strict=True):
        cas.add(sentence(begin=start, end=start + len(text)))
        for first, last, label in spans:
            cas.add(entity(begin=start + first, end=start + last, label=label))
        for word in words:
            for added in (token(begin=start, end=start + len(word)), lemma(begin=start, end=start + 1, value="a")):
                cas.add(added)
            start += len(word) + 1
    path = tmp_path / "mine" / name
    path.parent.mkdir()
    cas.to_xmi(path) if path.suffix == ".xmi" else cas.to_json(path)
    types.to_xml(path.with_name("TypeSystem.xml"))
    keys = {"format": "inception", "span_layer": "custom.Span", "feature": "label", "train": pattern}
    check(path.parent, "mine: inception, utf-8\nner: IOB2", keys)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "(none)"),
        ({"a.conll": part(0, 9), "b.conll": part(9, 18)}, "(a.conll, b.conll)"),
        ({"train.conll": part(0, 9), "train.jsonl": jsonl(0, 9)}, "(train.conll, train.jsonl)"),
        ({"dev.conll": part(0, 9)}, "(dev.conll)"),
        ({"train/a.conll": part(0, 9), "train/b/c.conll": part(9, 18)}, "(train/a.conll, train/b)"),
        ({"train_test.conll": part(0, 9), "all.conll": part(0, 9)}, "(all.conll, train_test.conll)"),
    ],
)
def test_folder_with_unclear_splits_is_an_error(tmp_path: Path, files: dict[str, str | bytes], message: str) -> None:
    with pytest.raises(UserError) as raised:
        describe(write(tmp_path, files))
    assert str(raised.value) == (
        f"{tmp_path}: which files are train, validation and test is not clear {message}; expected one file or "
        "folder each, named train, dev (or valid) and test; inspect one file, and name the others in the section"
    )


@pytest.mark.parametrize("as_parquet", [False, True])
def test_numbers_as_tags_get_names_to_replace(tmp_path: Path, as_parquet: bool) -> None:
    tags = [[0, 1, 2]] * 250 + [[3, 0, 0]]
    rows = pd.DataFrame({"tokens": [[f"a{n}", "b", "c"] for n in range(251)], "ids": [[1, 500, 2]] * 251, "ner": tags})
    content = rows.to_parquet() if as_parquet else rows.to_json(orient="records", lines=True)
    description, section = inspect(write(tmp_path, {"f": content}) / "f")
    assert "\nnumbers: replace the names below by those of 0, 1, ...\n" in description
    assert section["dataset"]["names"] == {"ner": ["name of 0", "name of 1", "name of 2", "name of 3"]}


def test_columns_of_many_values_are_skipped_unless_all_mark_spans(tmp_path: Path) -> None:
    rows = [f"{n}\tw{n}a\tx{n}a\t{'BI'[n % 2]}-X{n // 2}\n" for n in range(120)]
    description, section = inspect(write(tmp_path, {"f": "\n".join(rows)}) / "f")
    assert "not read: column 1, column 3\nner: IOB2 (" in description
    assert section["dataset"]["columns"] == ["-", "words", "-", "ner"]


def test_prefix_that_not_all_words_have_stays(tmp_path: Path) -> None:
    content = lines(form="en:{w}\t{t}\n") + "\n" * 5000 + "de:Bo\tO\n"  # beyond the lines that are looked at
    assert "strip_pattern" not in inspect(write(tmp_path, {"f": content}) / "f")[1]["dataset"]


def test_all_files_are_read_for_policies_and_counts(tmp_path: Path) -> None:
    train = part(0, 80) + ("\n" + part(0, 80)) * 14
    files = {"train.conll": train, "train2.conll": f"{train}\n\u00a0\tO\n"}
    description, section = inspect(write(tmp_path, {**files, "dev.conll": part(80, 90), "test.conll": part(90, 100)}))
    assert "the first of 2,420 sentences that were read:\n" in description
    assert "train: 2 files, train.conll, train2.conll\n" in description
    assert section["dataset"]["empty_words"] == "skip"


def test_file_where_no_data_set_can_be_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_params(tmp_path)
    monkeypatch.chdir(write(tmp_path, {"file.conll": lines()}))
    with pytest.raises(
        UserError, match="^file.conll: move it into a folder of its own, such as data/mine; download.fo"
    ):
        describe(Path("file.conll"))
