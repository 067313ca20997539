"""download.py --inspect: what a file looks like, and a section that reads it as it is when pasted into params.yaml."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict
from helpers.annotated import exported, webanno_tsv
from helpers.project import run_stage
from helpers.tiny import PEOPLE, PLACES, raw_rows, write_params
from ruamel.yaml import YAML

from tagline.sources.formats.inception import CORE, SENTENCE, TOKEN
from tagline.text.words import split_words
from tagline.tools.inspection.guessing import guess

# 100 different sentences such as "Ada0 Zoë lives in Oslo".
SENTENCES = [
    [(f"{PEOPLE[i % 6]}{i}", "B-PER"), ("Zoë", "I-PER"), ("lives", "O"), ("in", "O"), (PLACES[i % 5], "B-LOC")]
    for i in range(100)
]
WORDS = [[word for word, _ in rows] for rows in SENTENCES]
TAGS = [[tag for _, tag in rows] for rows in SENTENCES]


def lines(between: str, first: str = "", form: str = "{w}\t{t}\n") -> str:
    """A line per word and something after each sentence."""
    blocks = ("".join(form.format(n=n, w=w, t=t) for n, (w, t) in enumerate(rows, 1)) for rows in SENTENCES)
    return first + between.join(blocks)


def long_csv(fill_down: bool, delimiter: str) -> str:
    rows = [
        ("" if fill_down and index else f"Sentence: {number}", word, tag)
        for number, sentence in enumerate(SENTENCES)
        for index, (word, tag) in enumerate(sentence)
    ]
    return pd.DataFrame(rows, columns=["Sentence #", "Word", "Tag"]).to_csv(sep=delimiter, index=False)


def long_ids() -> str:
    rows = [
        (index, number // 10, f"{number // 10}.{number % 10}", word, tag)
        for number, sentence in enumerate(SENTENCES)
        for index, (word, tag) in enumerate(sentence, 5 * number)
    ]
    return pd.DataFrame(rows, columns=["id", "doc_id", "sent_id", "word", "label"]).to_csv(index=False)


def numbered_in_documents() -> str:
    """Sentences that are numbered anew in each document, of one, one and three sentences in turn."""
    numbers = [(f"d{group}-{place}", n) for group in range(20) for place, n in [(0, 1), (1, 1), (2, 1), (2, 2), (2, 3)]]
    rows = [(*ids, *word) for ids, sentence in zip(numbers, SENTENCES, strict=True) for word in sentence]
    return pd.DataFrame(rows, columns=["Document", "Sentence #", "Word", "Tag"]).to_csv(index=False)


TEXTS: list[dict[str, Any]] = [
    {
        "text": " ".join(words),
        "spans": [
            (0, len(" ".join(words[:2])), "PER"),
            (len(" ".join(words[:-1])) + 1, len(" ".join(words)), "LOC"),
        ],
    }
    for words in WORDS
]


def export(dataset_format: str) -> str:
    """The texts as an annotation tool exports them."""
    return "\n".join(json.dumps(exported(dataset_format, text)) for text in TEXTS)


def label_studio_min() -> str:
    rows = [
        {
            "id": number,
            "comment": text["text"],
            "label": [{"start": start, "end": end, "labels": [label]} for start, end, label in text["spans"]],
            "annotator": 1,
            "annotation_id": number,
            "created_at": "2024-01-01T00:00:00.000000Z and so on for longer than a text",
        }
        for number, text in enumerate(TEXTS)
    ]
    return json.dumps(rows)


def parquet() -> bytes:
    return pd.DataFrame({"id": range(100), "tokens": WORDS, "ner_tags": TAGS}).to_parquet()


GERMEVAL = "".join(
    f"#\thttp://a.de/{i} [2009]\n" + "".join(f"{n}\t{w}\t{t}\tO\n" for n, (w, t) in enumerate(rows, 1)) + "\n"
    for i, rows in enumerate(SENTENCES)
)
JOINED = pd.DataFrame({"text": map(" ".join, WORDS), "labels": map(" ".join, TAGS)}).to_csv(index=False)
CP1252 = "conll, cp1252 (a guess: check the words with letters beyond ASCII; data/tiny/file:2: not UTF-8 (invalid continuation "
# name: content, what the description says, keys of the section
FILES: dict[str, tuple[str | bytes, str, dict[str, object]]] = {
    "conll": (lines("\n"), "conll, utf-8\nner: IOB2 (O 200, B-PER 100,", {"columns": ["words", "ner"]}),
    "spaces": (lines("\n", form="{n} {w} -X- {t}\n"), "ner: IOB2", {"columns": ["-", "words", "-", "ner"]}),
    "ids": (lines("\n", form="s1-{n}.{n}\t{w}\t{t}\n"), "ner: IOB2", {"columns": ["-", "words", "ner"]}),
    "wikiann": (lines("\n", form="zh-min:{w}\t{t}\n"), "Ada0/B-PER Zoë/I-PER", {"strip_pattern": "^zh-min:"}),
    "hipe": (
        lines("\n", "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\n# language = en\n", form="{w}\t{t}\tO\n"),
        "ner: IOB2",
        {"header": True, "comments": None},
    ),
    "conllu plus": (
        "# global.columns = ID FORM MISC\n1-2\tx\t_\n" + lines("\n", form="{n}\t{w}\t{t}\n"),
        "ner: IOB2",
        {"columns": ["-", "words", "ner"], "comments": None},
    ),
    "few documents": (
        lines("\n").replace("Ada0\t", "-DOCSTART-\n\nAda0\t").replace("Ada60\t", "-DOCSTART-\n\nAda60\t"),
        "splits are drawn by sentence, since these documents are too few\n",
        {"documents": "none"},
    ),
    "header": (lines("\n", "token\tlabel\n\n"), "ner: IOB2", {"header": True}),
    "germeval": (GERMEVAL, "ner: IOB2", {"columns": ["-", "words", "ner", "-"], "comments": True}),
    "latin-1": (lines("\n").encode("latin-1"), CP1252, {"encoding": "cp1252"}),
    "utf-16": (lines("\n").encode("utf-16"), "conll, utf-16", {"encoding": "utf-16"}),
    "gzip": (gzip.compress(lines("\n").encode()), "conll, utf-8", {}),
    "empty words": (
        lines("\n") + "\n\u00a0\tO\n",
        "words of white space only, skipped: 1 (data/tiny/file:601)",
        {"empty_words": "skip"},
    ),
    "spelling": (lines("\n").replace("-", "_"), "ner: IOB2 in another spelling (O 200, B_PER 100", {}),
    "conllu": (
        lines("\n", form="{n}\t{w}\t_\tX\t_\t_\t_\t_\t_\tNER={t}\n"),
        "conllu, utf-8\npos: plain tags (X 500)\nner: IOB2",
        {"tag_columns": {"pos": "upos", "ner": "misc:NER"}, "absent": "O"},
    ),
    "conllu with an empty node": (
        "0.1\tx" + "\t_" * 8 + "\n" + lines("\n", form="{n}\t{w}\t_\tX\t_\t_\t_\t_\t_\tNER={t}\n"),
        "conllu, utf-8\n",
        {"format": "conllu"},
    ),
    "csv with other ids": (
        long_ids(),
        "csv, utf-8\nner: IOB2",
        {"sentence": "sent_id", "tag_columns": {"ner": "label"}},
    ),
    "csv with one sentence per document": (
        long_ids().replace("doc_id,sent_id", "sent_id,doc_id"),
        "csv, utf-8\nner: IOB2",
        {"sentence": "doc_id"},
    ),
    "csv with sentences numbered anew": (
        numbered_in_documents(),
        "ner: IOB2",
        {"document": "Document", "sentence": "Sentence #", "words": "Word"},
    ),
    "commas": (
        pd.DataFrame({"sentence": map(" ".join, WORDS), "word_labels": map(",".join, TAGS)}).to_csv(index=False),
        "ner: IOB2",
        {"rows": "sentences", "words": "sentence", "tag_columns": {"ner": "word_labels"}},
    ),
    "csv": (long_csv(False, ","), "csv, utf-8\nner: IOB2", {"sentence": "Sentence #", "tag_columns": {"ner": "Tag"}}),
    "semicolons": (long_csv(True, ";"), "ner: IOB2", {"fill_down": True, "delimiter": ";"}),
    "tsv": (long_csv(False, "\t").replace("lives", '"lives'), "ner: IOB2", {"delimiter": "\t", "quote": None}),
    "joined": (JOINED, "ner: IOB2", {"rows": "sentences", "words": "text", "tag_columns": {"ner": "labels"}}),
    "lists": (
        pd.DataFrame({"Sentence #": range(100), "Sentence": map(" ".join, WORDS), "Tag": TAGS}).to_csv(index=False),
        "ner: IOB2",
        {"rows": "sentences", "sentence": "Sentence #", "words": "Sentence"},
    ),
    "json": (
        json.dumps([{"tokens": w, "ner_tags": t} for w, t in zip(WORDS, TAGS, strict=True)]),
        "json, utf-8\nner: IOB2",
        {"words": "tokens", "tag_columns": {"ner": "ner_tags"}},
    ),
    "null words": (
        json.dumps([{"tokens": [*w, None], "tags": [*t, "O"]} for w, t in zip(WORDS, TAGS, strict=True)]),
        "train: words of white space only, skipped: ",
        {"empty_words": "skip"},
    ),
    "spans": (export("spans"), "ner: IOB2 (O 200,", {"tag_column": "ner", "misaligned_spans": "expand"}),
    "label_studio": (export("label_studio"), "label_studio, utf-8\nner: IOB2", {"tag_column": "ner"}),
    "label_studio-min": (label_studio_min(), "label_studio, utf-8\nner: IOB2", {"text": "comment"}),
    "doccano": (export("doccano"), "doccano, utf-8\nner: IOB2", {"tag_column": "ner"}),
    "doccano 1.0": (
        export("doccano").replace('"label"', '"labels"'),
        "doccano, utf-8\nner: IOB2",
        {"tag_column": "ner"},
    ),
    "prodigy": (export("prodigy"), "offsets: code_points\n", {"format": "prodigy"}),
    "argilla": (export("argilla"), "argilla, utf-8\nner: IOB2", {"question": "q"}),
    "gliner": (
        "\n".join(json.dumps({"tokenized_text": w, "ner": [[0, 1, "PER"], [4, 4, "LOC"]]}) for w in WORDS),
        "gliner, utf-8\nner: IOB2",
        {"format": "gliner"},
    ),
    "spacy": (
        json.dumps([[text["text"], {"entities": text["spans"]}] for text in TEXTS]),
        "spacy, utf-8\nner: IOB2",
        {"format": "spacy"},
    ),
    "inception": (webanno_tsv(TEXTS), "inception, utf-8\nner: IOB2", {"span_layer": "custom.Span", "feature": "label"}),
    "overlaps": (
        export("doccano").replace('"label": [', '"label": [[0, 3, "X"], ', 60),
        "train: spans that share a word with another one, of which the longest is kept: ",
        {"overlaps": "longest"},
    ),
    "parquet": (parquet(), "parquet, utf-8\nner: IOB2", {"words": "tokens", "id": "id"}),
    "parquet of objects": (
        pd.DataFrame({"tokens": [[{"tag": t, "text": w} for w, t in rows] for rows in SENTENCES]}).to_parquet(),
        "parquet, utf-8\nner: IOB2",
        {"words": "tokens.text", "tag_columns": {"ner": "tokens.tag"}},
    ),
}


def test_a_prefix_that_not_all_words_have_stays(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("\n".join("en:Ada\tO\nen:won\tB-X\n" for _ in range(2000)) + "\nde:Bo\tO\n")
    assert guess(tmp_path / "f") == {"format": "conll", "columns": ["words", "ner"]}


def inspect(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Inspect a file or folder and return the description and the section."""
    capsys.readouterr()
    run_stage("download", "--inspect", str(path))
    description, section = capsys.readouterr().out.split("\n\ndownload:\n")
    return description, f"download:\n{section}"


def inspect_content(content: str | bytes, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    path = Path("data/tiny/file")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return inspect(path, capsys)


def check_pasted(path: Path, said: str, keys: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Inspect, paste the section and compare what it reads with `SENTENCES`."""
    description, section = inspect(path, capsys)
    assert said in description
    rest = Path("params.yaml").read_text()
    Path("params.yaml").write_text(section + rest[rest.index("tokenize_align:") :])
    download = YAML(typ="safe").load(section)["download"]
    assert {key: download["dataset"].get(key) for key in keys} == keys
    encoder = Path(download["folder"]) / "encoder"
    if not encoder.is_dir():
        shutil.copytree("data/tiny/encoder", encoder)
    for stage in ("check", "download"):
        run_stage(stage)
    rows = [row for split in ("train", "validation", "test") for row in raw_rows(split)]
    tags = [[tag.replace("_", "-") for tag in row["ner"]] for row in rows]
    words = [[word.replace('"', "") for word in row["words"]] for row in rows]
    found = sorted(zip(words, tags, strict=True))
    assert found == sorted(zip(WORDS, TAGS, strict=True))


@pytest.mark.parametrize("name", FILES)
def test_the_pasted_section_reads_the_file(workspace: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    content, said, keys = FILES[name]
    path = Path("data/tiny/file")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    check_pasted(path, said, keys, capsys)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "Just a text.\nOf two whole lines.\n",
            "data/tiny/file: no format recognised; expected columns of words and tags",
        ),
        (
            "a O\n" * 99 + "b\n",
            "data/tiny/file looks like conll, but is malformed:\ndata/tiny/file:100: 1 column in 'b'",
        ),
        ("", "data/tiny/file: an empty file; expected a data set"),
        (" \n\n", "data/tiny/file: an empty file; expected a data set"),
        (
            "a\tO\nb\tB-X\n" * 999,
            "data/tiny/file looks like conll, but is malformed:\ndata/tiny/file: 1,998 words with",
        ),
        (
            b"Zo\xc3\xab O\n" * 9 + "Zoë\ud800 O\n".encode(errors="surrogatepass"),
            "data/tiny/file:10: not UTF-8 (invalid continuation byte)",
        ),
        (
            '{"tokens": ["a", "b"], "tags": ["O", null]}\n',
            "data/tiny/file looks like json, but is malformed:\ndata/tiny/fi",
        ),
        (
            "id,word,tag\n1,Ada,B-PER\n2,won,O\n",
            "data/tiny/file: CSV with words in 'word', but no column whose value is the same for all words of a sentence",
        ),
        ('{"text": "a"}\n', "data/tiny/file: no lists of words and tags (keys: none); expected two lists of strings"),
        (
            '<?xml version="1.0"?>\n<root><a/></root>\n',
            "data/tiny/file: a web page or XML; expected a file of a data set",
        ),
        ("a\0b\tO\n", "data/tiny/file:1: NUL byte; expected a text file"),
    ],
)
def test_what_is_not_recognised(
    workspace: Path, content: str | bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(workspace)
    with pytest.raises(SystemExit) as raised:
        inspect_content(content, capsys)
    assert str(raised.value.code).startswith(f"download: {message}")


def write_folder(files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = Path("data/mine") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def brat(*numbers: int) -> dict[str, str]:
    """Files of brat by their names."""
    files = {}
    for number in numbers:
        text, spans = TEXTS[number]["text"], TEXTS[number]["spans"]
        files[f"{number}.txt"] = text
        files[f"{number}.ann"] = "".join(
            f"T{i}\t{label} {a} {b}\t{text[a:b]}\n" for i, (a, b, label) in enumerate(spans)
        )
    return files


def part(begin: int, end: int) -> str:
    return "\n".join("".join(f"{w}\t{t}\n" for w, t in rows) for rows in SENTENCES[begin:end])


def jsonl(begin: int, end: int) -> str:
    return "\n".join(
        json.dumps({"tokens": w, "tags": t}) for w, t in zip(WORDS[begin:end], TAGS[begin:end], strict=True)
    )


def doccano(numbers: range) -> str:
    return "\n".join(json.dumps({"id": i, "text": TEXTS[i]["text"], "label": TEXTS[i]["spans"]}) for i in numbers)


CONLL = {"eng.train": part(0, 80), "eng.testa": part(80, 90), "eng.testb": part(90, 100)}
# name: the files, what is said, keys of the section
FOLDERS: dict[str, tuple[dict[str, str | bytes], str, dict[str, Any]]] = {
    "splits": (
        {**CONLL, "README.md": "a", "labels.x": "b"},
        "data/mine: conll, utf-8\nnot read: labels.x\nner: IOB2",
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
    "one file": ({"[x].conll": part(0, 100), "LICENSE": "a"}, "data/mine: conll", {"train": "[[]x].conll"}),
    "brat": ({**brat(*range(100)), "annotation.conf": "[entities]"}, "brat, utf-8\nner: IOB2", {"train": "*.txt"}),
    "brat in folders": (
        {
            f"{split}/{name}": content
            for split, numbers in (("train", range(80)), ("dev", range(80, 90)), ("test", range(90, 100)))
            for name, content in brat(*numbers).items()
        },
        "brat, utf-8\nner: IOB2",
        {"train": "train/*.txt", "validation": "dev/*.txt", "test": "test/*.txt"},
    ),
    "doccano by annotator": (
        {"ada.jsonl": doccano(range(100)), "bo.jsonl": doccano(range(100))},
        "data/mine: doccano, utf-8",
        {"train": ".", "annotators": "majority"},
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_pasted_section_reads_the_folder(workspace: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    files, said, keys = FOLDERS[name]
    write_folder(files)
    check_pasted(Path("data/mine"), said, keys, capsys)


@pytest.mark.parametrize("as_parquet", [False, True])
def test_numbers_get_names_to_replace(workspace: Path, as_parquet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    tags = [[0, 1, 2]] * 250 + [[3, 0, 0]]
    rows = pd.DataFrame({"tokens": [[f"a{n}", "b", "c"] for n in range(251)], "ids": [[1, 500, 2]] * 251, "ner": tags})
    content = rows.to_parquet() if as_parquet else rows.to_json(orient="records", lines=True)
    description, section = inspect_content(content, capsys)
    assert "\nnumbers: replace the names below by those of 0, 1, ...\n" in description
    dataset = YAML(typ="safe").load(section)["download"]["dataset"]
    assert dataset["names"] == {"ner": ["name of 0", "name of 1", "name of 2", "name of 3"]}


def test_many_different_values_in_a_column(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    rows = [f"{n}\tw{n}a\tx{n}a\t{'BI'[n % 2]}-X{n // 2}\n" for n in range(120)]
    description, section = inspect_content("\n".join(rows), capsys)
    assert "not read: column 1, column 3\nner: IOB2 (" in description
    assert YAML(typ="safe").load(section)["download"]["dataset"]["columns"] == ["-", "words", "-", "ner"]


def test_all_files_are_read(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    train = part(0, 80) + ("\n" + part(0, 80)) * 14
    files = {"train.conll": train, "train2.conll": f"{train}\n\u00a0\tO\n"}
    write_folder({**files, "dev.conll": part(80, 90), "test.conll": part(90, 100)})
    description, section = inspect(Path("data/mine"), capsys)
    assert "the first of 2,420 sentences that were read:\n" in description
    assert "train: 2 files, train.conll, train2.conll\n" in description
    assert "empty_words: skip" in section


@pytest.mark.parametrize("splits", [False, True])
def test_folders_of_save_to_disk(workspace: Path, splits: bool, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    saved = Dataset.from_dict({"tokens": WORDS, "tags": TAGS})
    if splits:
        names = {"train": range(80), "validation": range(80, 90), "test": range(90, 100)}
        DatasetDict({split: saved.select(rows) for split, rows in names.items()}).save_to_disk("data/mine")
    else:
        saved.save_to_disk("data/mine")
    keys = {"format": "save_to_disk", "train": "train" if splits else ".", "test": "test" if splits else None}
    check_pasted(Path("data/mine"), "data/mine: save_to_disk, utf-8\nner: IOB2", keys, capsys)


@pytest.mark.parametrize("suffix", ["xmi", "json"])
def test_uima_cas(workspace: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    cassis = pytest.importorskip("cassis")
    write_params(workspace)
    types = cassis.TypeSystem()
    sentence, token, lemma, entity = (
        types.create_type(name) for name in (SENTENCE, TOKEN, f"{CORE}.segmentation.type.Lemma", "custom.Span")
    )
    types.create_feature(lemma, "value", "uima.cas.String")
    types.create_feature(entity, "label", "uima.cas.String")
    cas = cassis.Cas(types)
    cas.sofa_string = "\n".join(text["text"] for text in TEXTS)
    start = 0
    for text in TEXTS:
        cas.add(sentence(begin=start, end=start + len(text["text"])))
        for first, last in split_words(text["text"]):
            cas.add(token(begin=start + first, end=start + last))
            cas.add(lemma(begin=start + first, end=start + last, value="a"))
        for first, last, label in text["spans"]:
            cas.add(entity(begin=start + first, end=start + last, label=label))
        start += len(text["text"]) + 1
    path = Path(f"data/mine/text.{suffix}")
    path.parent.mkdir()
    cas.to_xmi(path) if suffix == "xmi" else cas.to_json(path)
    types.to_xml(path.with_name("TypeSystem.xml"))
    keys = {"format": "inception", "span_layer": "custom.Span", "feature": "label"}
    keys["train"] = {"xmi": "*.xmi", "json": "text.json"}[suffix]
    check_pasted(path.parent, "data/mine: inception, utf-8\nner: IOB2", keys, capsys)


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
def test_folders_that_do_not_show_the_splits(workspace: Path, files: dict[str, str | bytes], message: str) -> None:
    write_params(workspace)
    Path("data/mine").mkdir()
    write_folder(files)
    with pytest.raises(SystemExit) as raised:
        run_stage("download", "--inspect", "data/mine")
    assert str(raised.value.code) == (
        f"download: data/mine: which files are train, validation and test is not clear {message}; expected one file or "
        "folder each, named train, dev (or valid) and test; inspect one file, and name the others in the section"
    )


def test_a_file_where_no_data_set_can_be(workspace: Path) -> None:
    write_params(workspace)
    Path("file.conll").write_text(lines("\n"))
    with pytest.raises(
        SystemExit,
        match="download: file.conll: move it into a folder of its own, such as data/mine; download.folder must",
    ):
        run_stage("download", "--inspect", "file.conll")
    with pytest.raises(SystemExit, match="download: no.conll: no such file; expected a file or folder of a data set"):
        run_stage("download", "--inspect", "no.conll")
