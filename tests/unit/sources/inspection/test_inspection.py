"""`tagline inspect`: what it says of a file or folder, and that the section that it prints reads all of it.

A row of a guess names corpora that need it, where they are known.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.formats import KEYS, by_split, saved_row, to_objects, to_spans, write_corpus
from helpers.messages import message_of, refused
from helpers.tiny import PEOPLE, PLACES, write_params
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from tagline.sources.download_params import Download
from tagline.sources.files import FileSource
from tagline.sources.formats.registry import AnyFiles
from tagline.sources.inspection.inspection import describe

# 60 different sentences such as "Ada0 Zoë lives in Oslo".
SENTENCES = [
    [(f"{PEOPLE[i % 6]}{i}", "B-PER"), ("Zoë", "I-PER"), ("lives", "O"), ("in", "O"), (PLACES[i % 5], "B-LOC")]
    for i in range(60)
]
WORDS = [[word for word, _ in rows] for rows in SENTENCES]
TAGS = [[tag for _, tag in rows] for rows in SENTENCES]
JOINED = list(map(" ".join, WORDS))
TEXTS = list(map(to_spans, SENTENCES))


def lines(form: str = "{w}\t{t}\n", first: str = "", begin: int = 0, end: int = 60):
    """A line per word and an empty one between sentences."""
    blocks = ("".join(form.format(n=n, w=w, t=t) for n, (w, t) in enumerate(rows, 1)) for rows in SENTENCES[begin:end])
    return first + "\n".join(blocks)


def table(columns: list[str], ids: list[list[Any]], delimiter: str = ","):
    """A row per word, with cells that name its sentence or document before it; those of a sentence or of its words."""
    rows = [
        [*(cell[index] if isinstance(cell, list) else cell for cell in cells), *word]
        for cells, sentence in zip(ids, SENTENCES, strict=True)
        for index, word in enumerate(sentence)
    ]
    return pd.DataFrame(rows, columns=columns).to_csv(sep=delimiter, index=False)


def csv(**columns: Any):
    return pd.DataFrame(columns).to_csv(index=False)


SENTENCE_COLUMNS = ["Sentence #", "Word", "Tag"]
NAMED = [[f"Sentence: {n}"] for n in range(60)]
FIRST_NAMED = [[[f"Sentence: {n}", "", "", "", ""]] for n in range(60)]
OTHER_IDS = [[list(range(5 * n, 5 * n + 5)), f"{n // 10}.{n % 10}"] for n in range(60)]
# Sentences that are numbered anew in each document, of one, one and three sentences in turn.
ANEW = [[f"d{group}-{at}", n] for group in range(12) for at, n in [(0, 1), (1, 1), (2, 1), (2, 2), (2, 3)]]


def objects(name: str, begin: int = 0, end: int = 60):
    return "\n".join(json.dumps({"id": i, **to_objects(i, SENTENCES[i])[name]}) for i in range(begin, end))


ANSWERS = [(text, {type_: [text[start:end]] for start, end, type_ in spans}) for text, spans, _ in TEXTS]
GLINER2 = [{"input": text, "output": {"entities": found, "relations": []}} for text, found in ANSWERS]
LANGEXTRACT = [
    {"text": text, "extractions": [{"extraction_class": a, "extraction_text": b[0]} for a, b in found.items()]}
    for text, found in ANSWERS
]
ROW = "{n}\t{w}\t_\tX\t_\t_\t_\t_\t_\tNER={t}\n"
IN_DOCUMENTS = lines().replace("Ada0\t", "-DOCSTART-\n\nAda0\t").replace("Ada30\t", "-DOCSTART-\n\nAda30\t")
HIPE = "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\n# language = en\n"
GERMEVAL = "\n".join(lines("{n}\t{w}\t{t}\tO\n", f"#\thttp://a.de/{i} [2009]\n", i, i + 1) for i in range(60))
KLUE = "\n".join(lines(first=f"## klue-{i}\t{text}\n", begin=i, end=i + 1) for i, text in enumerate(JOINED))
WITH_NULL = [{"tokens": [*w, None], "tags": [*t, "O"]} for w, t in zip(WORDS, TAGS, strict=True)]
BESIDE_TEXT = [
    {"tokens": w, "ner_tags": t, "text": text, "entities": [{"text": w[-1], "type": "LOC"}], "numbers": ["1"] * len(w)}
    for w, t, text in zip(WORDS, TAGS, JOINED, strict=True)
]
AS_OBJECTS = [[{"tag": t, "text": w} for w, t in rows] for rows in SENTENCES]
# content, keys of the section, what is said
FILES: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "constants (MultiCoNER, Label Studio)": (
        lines("{n} {w} -X- {t}\n"),
        {"columns": ["-", "words", "-", "ner"]},
        "not read: column 1, column 3\nner: IOB2",
    ),
    "plain tags as spans": (lines("{w}\tI-X{n}\t{t}\n"), {"columns": ["words", "pos", "ner"]}, "pos: IO (I-X1"),
    "chunks of few O (German CoNLL-2003)": (
        lines("{w}\tI-NC\t{t}\n").replace("lives\tI-NC", "lives\tO", 40),
        {"columns": ["words", "chunk", "ner"]},
        "ner: IOB2",
    ),
    "ids": (
        gzip.compress(lines("s1-{n}.{n}\t{w}\t{t}\n").encode()),
        {"columns": ["-", "words", "ner"]},
        "ner: IOB2",
    ),
    "language (WikiANN)": (lines("zh-min:{w}\t{t}\n"), {"strip_pattern": "^zh-min:"}, "Ada0/B-PER Zoë/I-PER"),
    "header (HIPE-2020, AJMC)": (lines("{w}\t{t}\tO\n", HIPE), {"header": True, "comments": None}, "ner: IOB2"),
    "few documents": (
        IN_DOCUMENTS,
        {"documents": "none"},
        "splits are drawn by sentence, since these documents are too few\n",
    ),
    "comments (GermEval)": (
        GERMEVAL,
        {"columns": ["-", "words", "ner", "-"], "comments": True},
        "ner: IOB2",
    ),
    "prefix of comments (KLUE, Twitter-2017)": (KLUE, {"comments": "##"}, "ner: IOB2"),
    "cp1252 (CoNLL-2002)": (
        lines().encode("latin-1"),
        {"encoding": "cp1252"},
        "conll, cp1252 (a guess: check the words with letters beyond ASCII)\n",
    ),
    "utf-16": (lines().encode("utf-16"), {"encoding": "utf-16"}, "conll, utf-16\n"),
    "empty words (BTC)": (
        lines() + "\n\u00a0\tO\n",
        {"empty_words": "skip"},
        "words of white space only, skipped: 1 ({folder}/f:361)",
    ),
    "spelling": (lines().replace("-", "_"), {}, "ner: IOB2 in another spelling (O 120, B_PER 60"),
    "conllu": (
        lines(ROW, "0.1\tx" + "\t_" * 8 + "\n"),
        {"format": "conllu", "tag_columns": {"pos": "upos", "ner": "misc:NER"}, "absent": "O"},
        "conllu, utf-8\npos: plain tags (X 300)\nner: IOB2",
    ),
    "ten other columns": (
        lines("{n}\t{w}\t_\tX\tX\t_\t{t}\t_\t_\t_\n"),
        {"format": "conll", "columns": ["-", "words", "-", "-", "-", "-", "ner", "-", "-", "-"]},
        "ner: IOB2",
    ),
    "filled down (GMB)": (table(SENTENCE_COLUMNS, FIRST_NAMED), {"fill_down": True}, "ner: IOB2"),
    "several ids": (table(["id", "sent_id", "word", "label"], OTHER_IDS), {"sentence": "sent_id"}, "ner: IOB2"),
    "sentences numbered anew": (
        table(["Document", *SENTENCE_COLUMNS], ANEW),
        {"document": "Document", "sentence": "Sentence #", "words": "Word"},
        "ner: IOB2",
    ),
    "sentences in rows (copies of GMB)": (
        csv(sentence=JOINED, word_labels=map(",".join, TAGS)),
        {"rows": "sentences", "words": "sentence", "tag_columns": {"ner": "word_labels"}},
        "ner: IOB2",
    ),
    "lists in cells (by pandas)": (
        csv(**{"Sentence #": range(60), "Sentence": JOINED, "Tag": TAGS}),
        {"rows": "sentences", "sentence": "Sentence #", "words": "Sentence"},
        "ner: IOB2",
    ),
    "tabs and quotes": (
        table(SENTENCE_COLUMNS, NAMED, "\t").replace("lives", '"lives'),
        {"delimiter": "\t", "quote": None, "sentence": "Sentence #"},
        "ner: IOB2",
    ),
    "null words": (
        json.dumps([*WITH_NULL, {"tokens": [], "tags": []}]),
        {"empty_words": "skip"},
        "train: rows without words, left out: 1 ({folder}/f: row 61)",
    ),
    "words beside texts and numbers": (
        json.dumps(BESIDE_TEXT),
        {"words": "tokens", "tag_columns": {"ner": "ner_tags"}},
        "not read: entities, numbers\nner: IOB2",
    ),
    "GLiNER2": (json.dumps(GLINER2), {"text": "input", "entities": "output.entities"}, "mentions, utf-8\n"),
    "LangExtract": (json.dumps(LANGEXTRACT), {"type": "extraction_class"}, "mentions, utf-8\n"),
    "overlaps": (
        objects("doccano").replace('"label": [', '"label": [[0, 3, "X"], ', 10),
        {"overlaps": "longest"},
        "train: spans that share a word with another one (overlaps: longest): ",
    ),
    "objects in lists": (
        pd.DataFrame({"id": range(60), "tokens": AS_OBJECTS}).to_parquet(),
        {"words": "tokens.text", "tag_columns": {"ner": "tokens.tag"}, "id": "id"},
        "ner: IOB2",
    ),
}


def write(folder: Path, files: dict[str, str | bytes]):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def inspect(path: Path):
    """The description of a file or folder, and the section, below which the card has no facts of other data."""
    description = describe(path, ["language", "data_license"])
    assert YAML(typ="safe").load(description.sections) == description.params
    assert description.params["export"] == {"card": {"language": None, "data_license": None}}
    return "\n".join(description.lines), description.params["download"]


def check(path: Path, said: str, keys: dict[str, Any]):
    """Inspect and compare what the section reads with `SENTENCES`."""
    description, section = inspect(path)
    assert said.format(folder=path.parent) in description
    assert {key: section["dataset"].get(key) for key in keys} == keys
    source = FileSource(Path(section["folder"]), TypeAdapter(AnyFiles).validate_python(section["dataset"]))
    sentences = [sentence for _, sentence in source.sentences()]
    words = [[word.replace('"', "") for word in each.words] for each in sentences]
    tags = [[tag.replace("_", "-") for tag in each.tags["ner"]] for each in sentences]
    assert sorted(zip(words, tags, strict=True)) == sorted(zip(WORDS, TAGS, strict=True))


@pytest.mark.parametrize("name", KEYS)
def test_section_reads_every_format(tmp_path, name):
    path = tmp_path / ("f.spacy" if name == "spacy" else "f")
    write_corpus(name, path, SENTENCES)
    check(path, f"{{folder}}/{path.name}: {name}, utf-8\n", {"format": name, **KEYS[name]})


# The names of keys in Presidio and Rasa.
NAMES_OF_KEYS = [
    ("full_text", "spans", "start_position", "end_position", "entity_type"),
    ("text", "entities", "start", "end", "entity"),
]


@pytest.mark.parametrize("names", NAMES_OF_KEYS)
def test_section_has_the_names_of_the_keys(tmp_path, names):
    text, spans, *of_span = names
    rows = []
    for content, found, _ in TEXTS:
        rows.append({text: content, spans: [dict(zip(of_span, span, strict=True)) for span in found]})
    keys = dict(zip(("text", "spans", "start", "end", "label"), names, strict=True))
    other = {key: name for key, name in keys.items() if key != name}
    content = json.dumps({"version": {"examples": rows}}, indent=2)
    check(write(tmp_path, {"f": content}) / "f", "f: spans, utf-8\n", {"format": "spans", **other})


@pytest.mark.parametrize("name", FILES)
def test_section_reads_the_file(tmp_path, name):
    content, keys, said = FILES[name]
    check(write(tmp_path, {"f": content}) / "f", said, keys)


def describe_file(folder: Path, content: str | bytes):
    describe(write(folder, {"f": content}) / "f", [])


UNKNOWN = ": no format recognised in "
test_unreadable_file_is_an_error = refused(
    describe_file,
    ("Just a text.\nOf two whole lines.\n", f"{UNKNOWN}utf-8 text that begins with 'Just a text.' and"),
    ("satz;wort\n1;Ada\n", f"{UNKNOWN}CSV with the columns satz, wort; expected names such as sentence_id, word"),
    (" \n\n", ": an empty file; expected a data set"),
    ("id,word,tag\n1,Ada,B-PER\n2,won,O\n", f"{UNKNOWN}CSV with the columns id, word, tag; expected names"),
    ('text,entities\n"Ada is",[]\n"In Oslo",[3]\n', f"{UNKNOWN}CSV with the columns text, entities; expected names"),
    ('{"messages": []}', f"{UNKNOWN}JSON objects with the keys messages (list); expected two lists of strings"),
    (
        json.dumps([{"text": "Ada left", "entities": ["Ada"], "types": ["PER"]}]),
        f"{UNKNOWN}JSON objects with the keys text (str), entities (list), types (list); expected two",
    ),
    ("21645374|t|Binding of Zn\n21645374|a|We ...\n", ": PubTator, which no format reads; convert it to texts with sp"),
    ("#begin document (bc/cctv); part 000\nbc 0 0 Ada NNP\n", ": CoNLL-2012, which no format reads; convert it to a"),
    ("The food was good####[['food', 'O']]\n", ": a sentence and its labels with #### between, which no format"),
    ("Ada<=>B-PER\nleft<=>O\n", ": words and tags with <=> between, which no format reads; convert it to a word"),
    ("So [[PER|Ada Lind]] left.\n", ": tags inside the text ([[TYPE|name]]), which no format reads; convert it"),
    ('{"date": "x", "documents": [{"id": "1", "passages": []}]}', ": BioC, which no format reads; convert it to"),
    (
        '{"classes": ["PER"], "annotations": [["Ada", {"entities": [[0, 3, "PER"]]}]]}',
        ": tuples of spaCy, as NER Annotator writes them, which no format reads; convert it to a DocBin of spaCy",
    ),
    ('<?xml version="1.0"?>\n<root><a/></root>\n', ": a web page or XML, which no format reads"),
    ("T1\tProtein 19 49\tinterferon\n", ": the spans of BioNLP or brat, which no format reads; convert it to pairs of"),
    ("a O\n\u00a0 O\n\nb\n" + "\nb O\n" * 30, " looks like conll, but cannot be read:\nf:4: 1 columns in 'b'"),
    (
        "doc\tsent\tform\tentity_type\n" + "d\t1\tAda\tPER\nd\t1\tlives\t\n" * 9,
        f"{UNKNOWN}CSV with the columns doc, sent, form",
    ),
    (b"%PDF-1.4\n\xe6\n", ": a PDF, an archive, an Office file, Arrow or a pickle; expected text"),
    (b"\x89PNG\r\n\0", ": not a text file, since it has NUL bytes; expected columns of words and tags, CoNLL-U"),
    (
        objects("spans") + '\n{"text": "a", "spans": [{"start": 0}]}',
        " looks like spans, but cannot be read:\nf:61: a span must",
    ),
    (lines("{w}\tO\n"), ": all tags are O, as where"),
    at="f",
)
SHORT = [{"text": "Ada0 lives in Oslo. " * 60, "spans": [{"start": 0, "end": 4, "label": "PER"}]}] * 30
NUMBERS = {"tokens": [["a", "b", "c"]] * 251, "ids": [[1, 500, 2]] * 251, "ner": [[0, 1, 2]] * 250 + [[3, 0, 0]]}
# content, what is said, keys of the section
SAID: dict[str, tuple[str | bytes, str, dict[str, Any]]] = {
    "rows of words with offsets are not entities": (
        "sent_id,word,start,end,pos\n" + "".join(f"{n},w{n},0,2,X\n{n},b,3,4,Y\n" for n in range(60)),
        "\npos: plain tags (X 60, Y 60)\n",
        {"sentence": "sent_id", "words": "word"},
    ),
    "misaligned spans are expanded if there are some": (
        objects("spans") + '\n{"text": "Osloer", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}',
        " inside a word (misaligned_spans: expand): 1 of ",
        {"misaligned_spans": "expand"},
    ),
    "no span is misaligned": (objects("spans"), "f: spans", {"misaligned_spans": None}),
    "a word that begins as JSON": ("{\tO\n" + lines(), "f: conll, utf-8\n", {}),
    "sentences of one word": (
        lines("{w}\t{t}\n\n"),
        "\nall sentences have one word: expected an empty line after each sentence only\n",
        {},
    ),
    "layers": (
        lines("{w}\t{t}\t{t}\n").replace("Zoë\tI-PER\tI-PER", "Zoë\tI-PER\tO"),
        "\ntask: choose one of ner, ner2 as tokenize_align.tag_column in params.yaml\n",
        {},
    ),
    "no entities": (lines("{w}\tX\n"), "\ntask: set tokenize_align.tag_column to pos\n", {"columns": ["words", "pos"]}),
    "long texts": (
        "\n".join(json.dumps({**row, "text": f"{row['text']}Bo{n}."}) for n, row in enumerate(SHORT)),
        "\ntexts are long, so that they are split into sentences; each text is a document\n",
        {"sentences": "split"},
    ),
    "few entities": (
        lines(),
        " in ner); for a score of all sentences, run `tagline crossval`, then `dvc repro crossval/dvc.yaml`\n",
        {"split": {"seed": 42, "validation": 0.1}},
    ),
    "many entities": (15 * lines(), "ner: IOB2", {"split": {"seed": 42, "validation": 0.1, "test": 0.1}}),
    "few entities in one of two columns": (
        "\n".join(f"Ada{n} X S-NP S-PER\nand X S-NP O\nme{n} X S-NP O\n" for n in range(450)),
        "\nno share for test, which would have few entities (4",
        {},
    ),
    "numbers as tags": (
        pd.DataFrame({**NUMBERS, "tokens": [[f"a{n}", "b", "c"] for n in range(251)]}).to_parquet(),
        "\nnumbers: replace the names below by those of 0, 1, ...\n",
        {"names": {"ner": ["name of 0", "name of 1", "name of 2", "name of 3"]}},
    ),
    "words that end in digits (Weibo)": (
        "\n".join(f"\u53e3{n % 3}\tO\n\u7661{n % 4}\tB-PER\n" for n in range(60)),
        "ner: ",
        {"columns": ["words", "ner"]},
    ),
    "columns of many values": (
        "\n".join([f"{n}\tw{n}a\tx{n}a\t{'BI'[n % 2]}-X{n // 2}\n" for n in range(120)] + ["1\ta\tx\tO\n"]),
        "not read: column 1, column 3\nner: IOB2 (",
        {"columns": ["-", "words", "-", "ner"]},
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_file_is_described(tmp_path, name):
    content, said, keys = SAID[name]
    description, section = inspect(write(tmp_path, {"f": content}) / "f")
    assert said in description
    assert {key: section["dataset"].get(key) for key in keys} == keys


def test_random_texts_of_a_page_become_test(tmp_path):
    rows = []
    for number, (text, spans, _) in enumerate(TEXTS):
        rows.append(json.dumps(saved_row(str(number), text, spans, selection="chosen" if number % 5 else "random")))
    description, section = inspect(write(tmp_path, {"saved/tasks.ada.jsonl": "\n".join(rows)}))
    assert "test has few entities (24 in ner)" in description
    train, test = section["dataset"]
    assert (train["selection"], test["selection"], train["train"]) == ("chosen", "random", test["test"])
    assert train["split"] == {"seed": 42, "validation": 0.1} and "split" not in test
    Download.model_validate({**section, "encoder": {"source": "path", "path": "encoder"}})
    numbers = []
    for keys in (train, test):
        source = FileSource(Path(section["folder"]), TypeAdapter(AnyFiles).validate_python(keys))
        numbers += map(len, by_split(source).values())
    assert (sum(numbers), numbers[-1]) == (60, 12)


SPLITS = {"train": range(40), "dev": range(40, 50), "test": range(50, 60)}
TRAIN, DEV, TEST = (lines(begin=numbers.start, end=numbers.stop) for numbers in SPLITS.values())
ROWS, MORE_ROWS, LAST_ROWS = objects("json", 0, 20), objects("json", 20, 50), objects("json", 50)
PAGE = "\n".join(json.dumps(saved_row(str(number), *each[:2])) for number, each in enumerate(TEXTS))
# name: the files, what is said, keys of the section
FOLDERS: dict[str, tuple[dict[str, str | bytes], str, dict[str, Any]]] = {
    "splits": (
        {"eng.train": TRAIN, "eng.testa": DEV, "eng.testb": TEST, "README.md": "a", "x": "b", "me/ada.jsonl": PAGE},
        "mine: conll, utf-8\nnot read: me, x\nner: IOB2",
        {"train": "eng.train", "validation": "eng.testa", "test": "eng.testb"},
    ),
    "shards": (
        {"train-00-of-2.jsonl": ROWS, "train-01-of-2.jsonl": MORE_ROWS, "[test].jsonl": LAST_ROWS},
        "json, utf-8",
        {"train": "train-0*.jsonl", "test": "[[]test].jsonl", "split": {"seed": 42, "validation": 0.1}},
    ),
    "further tests": (
        {"train.conll": TRAIN, "test.conll": DEV, "test_social-1.conll": TEST},
        "conll, utf-8",
        {"train": "train.conll", "test": "test.conll", "tests": {"social-1": "test_social-1.conll"}},
    ),
    "eval is validation": (
        {"train.conll": TRAIN, "eval.conll": DEV, "test.conll": TEST},
        "conll, utf-8",
        {"validation": "eval.conll", "test": "test.conll"},
    ),
    "eval is test": (
        {"train.conll": TRAIN, "dev.conll": DEV, "evaluation.conll": TEST},
        "conll, utf-8",
        {"validation": "dev.conll", "test": "evaluation.conll"},
    ),
    "glued names": (
        {"APTNERtrain.txt": TRAIN, "APTNERdev.txt": DEV, "APTNERtest.txt": TEST},
        "conll, utf-8",
        {"train": "APTNERtrain.txt", "validation": "APTNERdev.txt", "test": "APTNERtest.txt"},
    ),
    "one file": ({"[x].conll": lines(), "LICENSE": "a"}, "mine: conll", {"train": "[[]x].conll"}),
    "a document each": (
        {f"{at}.tsv": lines(begin=10 * at, end=10 * at + 10) for at in range(6)},
        "\nno name tells a split, so that all files are train, each a document\n",
        {"train": "*.tsv", "documents": "file", "columns": ["words", "ner"]},
    ),
    "data with the ending of a document": (
        {"train.md": TRAIN, "dev.md": DEV, "test.md": TEST, "README.md": "a b\n", "notes.md": "Of whole lines.\n"},
        "mine: conll, utf-8\nnot read: notes.md\nner",
        {"train": "train.md", "validation": "dev.md", "test": "test.md"},
    ),
    "statistics and tests without labels beside data": (
        {
            "a-train.iob2": TRAIN,
            "a-train.stats": "<x/>",
            "a-dev.iob2": DEV,
            "a-test.iob2": TEST,
            **dict.fromkeys(["a-test_ELmasked.iob2", "a-test-blind.iob2", "a_test_nolabel.iob2"], lines("{w}\tO\n")),
        },
        "\nnot read: a-test-blind.iob2, a-test_ELmasked.iob2, a-train.stats, a_test_nolabel.iob2\n",
        {"train": "a-train.iob2", "validation": "a-dev.iob2", "test": "a-test.iob2"},
    ),
    "doccano by annotator": (
        {"ada.jsonl": objects("doccano"), "bo.jsonl": objects("doccano")},
        "mine: doccano, utf-8",
        {"train": "."},
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_section_reads_the_folder(tmp_path, name):
    files, said, keys = FOLDERS[name]
    check(write(tmp_path / "mine", files), said, keys)


def test_section_reads_a_folder_per_split(tmp_path):
    for split, numbers in SPLITS.items():
        (tmp_path / "mine").mkdir(exist_ok=True)
        write_corpus("brat", tmp_path / "mine" / split, [SENTENCES[number] for number in numbers])
    keys = {"train": "train/*.txt", "validation": "dev/*.txt", "test": "test/*.txt"}
    check(tmp_path / "mine", "mine: brat, utf-8\nner: IOB2", keys)


def test_types_that_test_is_not_annotated_for_are_named(tmp_path):
    of_places = 4 * TEST.replace("B-PER", "O").replace("I-PER", "O")
    files = {"mine/train.tsv": TRAIN, "mine/dev.tsv": DEV, "mine/test.tsv": of_places}
    description, _ = inspect(write(tmp_path, files) / "mine")
    assert (
        "\nner: test has no PER, of which train has many, so that each that a model finds counts as an" in description
    )


def describe_folder(folder: Path, files: dict[str, str | bytes]):
    (folder / "mine").mkdir()
    describe(write(folder / "mine", files), [])


EXPECTED = "expected one file or folder each, named train, dev (or valid) and test"
test_folder_without_clear_splits_is_an_error = refused(
    describe_folder,
    (
        {"a.conll": DEV, "b.conll": TEST},
        "mine: which files are train, validation and test is not clear (a.conll, b.conll); "
        f"{EXPECTED}; inspect one file, and name the others in the section",
    ),
    (
        {"train_test.conll": DEV, "all.conll": TEST},
        "mine: which files are train, validation and test is not clear (all.conll, train_test.conll)",
    ),
    (
        {"train.conll": TRAIN, "dev.conll": DEV, "test-a.jsonl": LAST_ROWS},
        "mine: files of several formats (conll, json); expected one; move the others",
    ),
    (
        {"dev.conll": DEV, "test.conll": TEST},
        "mine: which files are train, validation and test is not clear (dev.conll",
    ),
    ({}, f"mine: no files of data; {EXPECTED}"),
    ({"b.bin": "Words.\n", "README": ""}, "mine/b.bin: no format recognised in utf-8 text that begins with 'Words.'"),
)


def test_all_files_are_read_for_policies_and_counts(tmp_path):
    train = "\n".join([TRAIN] * 15)  # 600 sentences, of which 1000 are shown
    files = {"train.conll": train, "train2.conll": train.replace("lives", "stays") + "\n\u00a0\tO\n"}
    description, section = inspect(write(tmp_path, {**files, "dev.conll": DEV, "test.conll": TEST}))
    assert "the first of 1,220 sentences that were read:\n" in description
    assert "train: 2 files, train.conll, train2.conll\n" in description
    assert section["dataset"]["empty_words"] == "skip"


def test_file_where_no_data_set_can_be_is_an_error(tmp_path, monkeypatch):
    write_params(tmp_path)
    monkeypatch.chdir(write(tmp_path, {"file.conll": lines()}))
    message = "file.conll: move it into a folder of its own, such as data/mine; download.fo"
    assert message_of(describe, Path("file.conll"), []).startswith(message)
