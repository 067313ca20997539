"""download.py --inspect: what a file looks like, and a section that reads it as it is when pasted into params.yaml."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.annotated import exported, webanno_tsv, write_brat
from helpers.project import run_stage
from helpers.tiny import PEOPLE, PLACES, raw_rows, write_params
from ruamel.yaml import YAML

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
    "wikiann": (lines("\n", form="zh-min:{w}\t{t}\n"), "Ada0/B-PER Zoë/I-PER", {"strip_pattern": "^zh-min:"}),
    "hipe": (
        lines("\n", "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\n# language = en\n", form="{w}\t{t}\tO\n"),
        "ner: IOB2",
        {"header": True, "comments": True},
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
        "words of white space only, skipped: 100",
        {"empty_words": "skip"},
    ),
    "spans": (export("spans"), "ner: IOB2 (O 200,", {"tag_column": "ner", "misaligned_spans": "expand"}),
    "label_studio": (export("label_studio"), "label_studio, utf-8\nner: IOB2", {"tag_column": "ner"}),
    "label_studio-min": (label_studio_min(), "label_studio, utf-8\nner: IOB2", {"text": "comment"}),
    "doccano": (export("doccano"), "doccano, utf-8\nner: IOB2", {"tag_column": "ner"}),
    "prodigy": (export("prodigy"), "offsets: code_points, the end is exclusive", {"format": "prodigy"}),
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
        export("doccano").replace('"label": [', '"label": [[0, 3, "X"], '),
        "spans that share a word with another one, of which the longest is kept: 100",
        {"overlaps": "longest"},
    ),
    "parquet": (parquet(), "parquet, utf-8\nner: IOB2", {"words": "tokens", "id": "id"}),
}


def inspect(content: str | bytes, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Inspect a file and return the description and the section."""
    path = Path("data/tiny/file")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    capsys.readouterr()
    run_stage("download", "--inspect", str(path))
    description, section = capsys.readouterr().out.split("\n\ndownload:\n")
    return description, f"download:\n{section}"


@pytest.mark.parametrize("name", FILES)
def test_the_pasted_section_reads_the_file(workspace: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    content, said, keys = FILES[name]
    description, section = inspect(content, capsys)
    assert said in description
    rest = Path("params.yaml").read_text()
    Path("params.yaml").write_text(section + rest[rest.index("tokenize_align:") :])
    dataset = YAML(typ="safe").load(section)["download"]["dataset"]
    assert {key: dataset.get(key) for key in keys} == keys
    for stage in ("check", "download"):
        run_stage(stage)
    rows = [row for split in ("train", "validation", "test") for row in raw_rows(split)]
    tags = [[tag.replace("_", "-") for tag in row["ner"]] for row in rows]
    words = [[word.replace('"', "") for word in row["words"]] for row in rows]
    found = sorted(zip(words, tags, strict=True))
    assert found == sorted(zip(WORDS, TAGS, strict=True))


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
        ("", "data/tiny/file: no format recognised; expected columns of words and tags"),
        (
            "a\tO\nb\tB-X\n" * 999,
            "data/tiny/file looks like conll, but is malformed:\ndata/tiny/file: 1,998 words with",
        ),
        (
            '{"tokens": ["a", "b"], "tags": [0, 1]}\n',
            "data/tiny/file: 'tags' contains numbers; list the names of 0, 1,",
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
        ("a\0b\tO\n", "data/tiny/file:1: NUL byte; expected a text file"),
    ],
)
def test_what_is_not_recognised(
    workspace: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(workspace)
    with pytest.raises(SystemExit) as raised:
        inspect(content, capsys)
    assert str(raised.value.code).startswith(f"download: {message}")


def test_texts_of_brat_are_read_together(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(workspace)
    folder = Path("data/brat")
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        write_brat(folder / f"{number}.txt", text)
    run_stage("download", "--inspect", "data/brat/0.txt")
    printed = capsys.readouterr().out
    assert "data/brat/0.txt: brat, utf-8\nner: IOB2 (O 2, B-PER 1, I-PER 1, B-LOC 1)" in printed
    section = YAML(typ="safe").load(printed[printed.index("download:\n") :])
    assert section["download"]["dataset"]["train"] == "*.txt"


def test_a_file_where_no_data_set_can_be(workspace: Path) -> None:
    write_params(workspace)
    Path("file.conll").write_text(lines("\n"))
    with pytest.raises(
        SystemExit,
        match="download: file.conll: move it into a folder of its own, such as data/mine; download.folder must",
    ):
        run_stage("download", "--inspect", "file.conll")
    with pytest.raises(SystemExit, match="download: no.conll: no such file; expected a file of a data set"):
        run_stage("download", "--inspect", "no.conll")
    with pytest.raises(SystemExit, match="download: data: a folder; expected a file of a data set"):
        run_stage("download", "--inspect", "data")
