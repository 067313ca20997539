"""`tagline inspect`: what it says of a file or folder, and that the section that it prints reads all of it."""

import gzip
import json
import re
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
OTHER_IDS = [[list(range(5 * n, 5 * n + 5)), n // 10, f"{n // 10}.{n % 10}"] for n in range(60)]
# Sentences that are numbered anew in each document, of one, one and three sentences in turn.
ANEW = [[f"d{group}-{at}", n] for group in range(12) for at, n in [(0, 1), (1, 1), (2, 1), (2, 2), (2, 3)]]


def objects(name: str, begin: int = 0, end: int = 60):
    return "\n".join(json.dumps({"id": i, **to_objects(i, SENTENCES[i])[name]}) for i in range(begin, end))


ANSWERS = [(text, {type_: text[start:end] for start, end, type_ in spans}) for text, spans, _ in TEXTS]
GLINER2 = [{"text": text, "entities": {type_: [each] for type_, each in found.items()}} for text, found in ANSWERS]
# Entities in the layouts of real files: a text, and its entities as pairs of type and mention.
FOUND = [(text, list(found.items())) for text, found in ANSWERS]
ONE_ENTITY = [
    {"prompt": f"Find: {text}", "input": text, "entities": [{"entity": b, "types": [a]} for a, b in found]}
    for text, found in FOUND
]
IN_OUTPUT = [
    {"input": text, "output": {"entities": {type_: [each] for type_, each in found}, "relations": []}}
    for text, found in FOUND
]
ROW = "{n}\t{w}\t_\tX\t_\t_\t_\t_\t_\tNER={t}\n"
IN_DOCUMENTS = lines().replace("Ada0\t", "-DOCSTART-\n\nAda0\t").replace("Ada30\t", "-DOCSTART-\n\nAda30\t")
HIPE = "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\n# language = en\n"
GERMEVAL = "\n".join(lines("{n}\t{w}\t{t}\tO\n", f"#\thttp://a.de/{i} [2009]\n", i, i + 1) for i in range(60))
KLUE = "\n".join(lines(first=f"## klue-{i}\t{text}\n", begin=i, end=i + 1) for i, text in enumerate(JOINED))
FEW_OVERLAPS, OVERLAPS = (objects("doccano").replace('"label": [', '"label": [[0, 3, "X"], ', n) for n in (10, 40))
WITH_NULL = [{"tokens": [*w, None], "tags": [*t, "O"]} for w, t in zip(WORDS, TAGS, strict=True)]
BESIDE = {"tags": "a b", "doc": " ".join(JOINED)}
BESIDE_TEXT = [
    {"tokens": w, "ner_tags": t, "text": text, "entities": [{"text": w[-1], "type": "LOC"}], **BESIDE}
    for w, t, text in zip(WORDS, TAGS, JOINED, strict=True)
]
AS_OBJECTS = [[{"tag": t, "text": w} for w, t in rows] for rows in SENTENCES]
WORDS_BESIDE_TEXT = [{"sentence": a, "parts": b} for a, b in zip(JOINED, AS_OBJECTS, strict=True)]
NUMBERED = {"columns": ["-", "words", "ner"]}
# content, keys of the section
FILES: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "constants": (lines("{n} {w} -X- {t}\n"), {"columns": ["-", "words", "-", "ner"]}),
    "parts of speech as spans": (lines("{w}\tI-X{n}\t{t}\n"), {"columns": ["words", "pos", "ner"]}),
    "chunks of few O": (
        lines("{w}\tI-NC\t{t}\n").replace("lives\tI-NC", "lives\tO", 40),
        {"columns": ["words", "chunk", "ner"]},
    ),
    "ids": (gzip.compress(lines("s1-{n}.{n}\t{w}\t{t}\n").encode()), NUMBERED),
    "wikiann": (lines("zh-min:{w}\t{t}\n"), {"strip_pattern": "^zh-min:"}),
    "hipe": (lines("{w}\t{t}\tO\n", HIPE), {"header": True, "comments": None}),
    "conllu plus": (lines("{n}\t{w}\t{t}\n", "# global.columns = ID FORM MISC\n1-2\tx\t_\n"), NUMBERED),
    "few documents": (IN_DOCUMENTS, {"documents": "none"}),
    "germeval": (GERMEVAL, {"columns": ["-", "words", "ner", "-"], "comments": True}),
    "klue": (KLUE, {"comments": "##"}),
    "images": ("\n".join(lines(first=f"IMGID:{i}\n", begin=i, end=i + 1) for i in range(60)), {"comments": "IMGID:"}),
    "words as objects beside a text": (
        json.dumps(WORDS_BESIDE_TEXT),
        {"words": "parts.text", "tag_columns": {"ner": "parts.tag"}},
    ),
    "cp1252": (lines().encode("latin-1"), {"encoding": "cp1252"}),
    "utf-16": (lines().encode("utf-16"), {"encoding": "utf-16"}),
    "empty words": (lines() + "\n\u00a0\tO\n", {"empty_words": "skip"}),
    "spelling": (lines().replace("-", "_"), {}),
    "conllu": (
        lines(ROW, "0.1\tx" + "\t_" * 8 + "\n"),
        {"format": "conllu", "tag_columns": {"pos": "upos", "ner": "misc:NER"}, "absent": "O"},
    ),
    "head of entities": (
        lines("{n}\t{w}\t_\tX\tX\t_\t{t}\t_\t_\t_\n"),
        {"format": "conll", "columns": ["-", "words", "-", "-", "-", "-", "ner", "-", "-", "-"]},
    ),
    "filled down": (table(SENTENCE_COLUMNS, FIRST_NAMED), {"fill_down": True}),
    "several ids": (table(["id", "doc_id", "sent_id", "word", "label"], OTHER_IDS), {"sentence": "sent_id"}),
    "sentences numbered anew": (
        table(["Document", *SENTENCE_COLUMNS], ANEW),
        {"document": "Document", "sentence": "Sentence #", "words": "Word"},
    ),
    "tags joined by commas": (
        csv(sentence=JOINED, word_labels=map(",".join, TAGS)),
        {"rows": "sentences", "words": "sentence", "tag_columns": {"ner": "word_labels"}},
    ),
    "lists in cells": (
        csv(**{"Sentence #": range(60), "Sentence": JOINED, "Tag": TAGS}),
        {"rows": "sentences", "sentence": "Sentence #", "words": "Sentence"},
    ),
    "tsv": (
        table(SENTENCE_COLUMNS, NAMED, "\t").replace("lives", '"lives'),
        {"delimiter": "\t", "quote": None, "sentence": "Sentence #"},
    ),
    "null words": (json.dumps([*WITH_NULL, {"tokens": [], "tags": []}]), {"empty_words": "skip"}),
    "words beside texts": (json.dumps(BESIDE_TEXT), {"words": "tokens", "tag_columns": {"ner": "ner_tags"}}),
    "gliner2": (json.dumps(GLINER2), {"format": "mentions", "entities": None}),
    "mentions with lists of types": (
        json.dumps(ONE_ENTITY),
        {"format": "mentions", "text": "input", "type": "types", "mention": "entity"},
    ),
    "mentions in an object": (
        json.dumps(IN_OUTPUT),
        {"format": "mentions", "text": "input", "entities": "output.entities"},
    ),
    "overlaps": (FEW_OVERLAPS, {"overlaps": "longest"}),
    "parquet of objects": (
        pd.DataFrame({"id": range(60), "tokens": AS_OBJECTS}).to_parquet(),
        {"words": "tokens.text", "tag_columns": {"ner": "tokens.tag"}, "id": "id"},
    ),
}
# What is said of some of them.
SAID = {
    "wikiann": "Ada0/B-PER Zoë/I-PER",
    "few documents": "splits are drawn by sentence, since these documents are too few\n",
    "cp1252": "conll, cp1252 (a guess: check the words with letters beyond ASCII; {folder}/f:2: not UTF-8 (invalid",
    "empty words": "words of white space only, skipped: 1 ({folder}/f:361)",
    "null words": "train: rows without words, left out: 1 ({folder}/f: row 61)",
    "parts of speech as spans": "pos: IO (I-X1",
    "spelling": "ner: IOB2 in another spelling (O 120, B_PER 60",
    "conllu": "conllu, utf-8\npos: plain tags (X 300)\nner: IOB2",
    "overlaps": "train: spans that share a word with another one, of which the longest is kept: ",
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
    content, keys = FILES[name]
    check(write(tmp_path, {"f": content}) / "f", SAID.get(name, "ner: IOB2"), keys)


ARGILLA = {
    "text": "Ada left",
    "spans.responses": [[{"start": 0, "end": 3, "label": "PER"}]],
    "spans.responses.users": ["7"],
    "spans.responses.status": ["submitted"],
}


def describe_file(folder: Path, content: str | bytes):
    describe(write(folder, {"f": content}) / "f", [])


test_unreadable_file_is_an_error = refused(
    describe_file,
    ("Just a text.\nOf two whole lines.\n", ": no format recognised in utf-8 text that begins with 'Just a text.' and"),
    (
        "satz;wort;entitaet\n1;Ada;B-PER\n",
        ": no format recognised in CSV with the columns satz, wort, entitaet; expected names such as sentence_id, word",
    ),
    (" \n\n", ": an empty file; expected a data set"),
    (
        "id,word,tag\n1,Ada,B-PER\n2,won,O\n",
        ": no format recognised in CSV with the columns id, word, tag; expected nam",
    ),
    (
        "id,text,start,end,label\n1,Ada won,0,3,PER\n1,In Oslo,3,7,LOC\n",
        ": no format recognised in CSV with the columns id, text, start, end, label; expected names",
    ),
    (
        'text,entities\n"Ada is",[]\n"In Oslo","[{""start"": 3, ""end"": 7}]"\n',
        ": no format recognised in CSV with the columns text, entities; expected names",
    ),
    (json.dumps([ARGILLA]), ": no format recognised in records of Argilla in 'spans.responses'; expected texts"),
    (
        '{"messages": [{"from": "human", "value": "Where is she?"}]}',
        ": no format recognised in a chat in 'messages'; expected texts with their entities",
    ),
    (
        '{"content": "Ada left", "result_list": [], "prompt": "PER"}',
        ": no format recognised in UIE in 'result_list'; e",
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
    ('{"input": "<PER>Ada</PER> left"}', ": no format recognised in tags inside the text in 'input'; expected texts"),
    ("a O\n\u00a0 O\n\nb\n" + "\nb O\n" * 30, " looks like conll, but is malformed:\nf:4: 1 column in 'b'"),
    (
        b"PK\x03\x04\0",
        ": a PDF, an archive, an Office file, Arrow or a pickle; expected text; extract it, or export it as CSV",
    ),
    (b"%PDF-1.4\n\xe6\n", ": a PDF, an archive"),
    (b"\x89PNG\r\n\0", ": not a text file, since it has NUL bytes; expected columns of words and tags, CoNLL-U"),
    (
        objects("spans") + '\n{"text": "a", "spans": [{"start": 0}]}',
        " looks like spans, but is malformed:\nf:61: a span must",
    ),
    (
        json.dumps([{"text": "Ada left", "entities": ["Ada"], "types": ["PER"]}]),
        # A type for each entity is no tag for each word.
        ": no format recognised in JSON objects with the keys text (str), entities (list), types (list); expected two",
    ),
    ('<?xml version="1.0"?>\n<root><a/></root>\n', ": a web page or XML, which no format reads"),
    ("T1\tProtein 19 49\tinterferon\n", ": the spans of BioNLP or brat, which no format reads; convert it to pairs of"),
    (
        lines().translate({ord("B"): "O"}).replace("O-PER", "O").replace("I-PER", "O").replace("O-LOC", "O"),
        ": all tags are O, as where",
    ),
    at="f",
)


def test_offsets_without_a_type_are_named(tmp_path):
    targets = [{"from": 0, "to": 3, "mention": "Ada", "polarity": "-1"}]
    content = json.dumps([{"text": f"Ada left {number}", "targets": targets} for number in range(20)])
    found = message_of(describe, write(tmp_path, {"f": content}) / "f", [])
    assert "'targets' with the offsets 'from' and 'to', but no type among mention, polarity; expected the key" in found


def test_entities_beside_words_are_named(tmp_path):
    entities = [{"type": "PER", "start": 0, "end": 1}]
    rows = [{"tokens": words, "entities": entities, "text": text} for words, text in zip(WORDS, JOINED, strict=True)]
    tagged = [{**row, "pos": ["X"] * len(row["tokens"])} for row in rows]
    description, section = inspect(write(tmp_path, {"f": json.dumps(tagged)}) / "f")
    assert "\nnot read: entities\n" in description
    assert section["dataset"]["tag_columns"] == {"pos": "pos"}


def test_rows_of_words_with_offsets_are_not_entities(tmp_path):
    rows = "".join(f"{number},w{number},0,2,X\n{number},b,3,4,Y\n" for number in range(60))
    description, section = inspect(write(tmp_path, {"f": f"sent_id,word,start,end,pos\n{rows}"}) / "f")
    assert "pos: plain tags (X 60, Y 60)\n" in description
    assert (section["dataset"]["sentence"], section["dataset"]["words"]) == ("sent_id", "word")


def test_policy_that_loses_much_of_a_type_is_left_to_the_user(tmp_path):
    description, section = inspect(write(tmp_path, {"f": OVERLAPS}) / "f")
    assert "%: X 100%) (" in description
    assert "\noverlaps: longest loses more than a quarter of the spans of a type, so the section below" in description
    assert "overlaps" not in section["dataset"]


def test_spans_are_expanded_only_if_some_end_inside_a_word(tmp_path):
    assert "misaligned_spans" not in inspect(write(tmp_path, {"f": objects("spans")}) / "f")[1]["dataset"]
    inside = '\n{"text": "Osloer", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}'
    description, section = inspect(write(tmp_path, {"g": objects("spans") + inside}) / "g")
    assert " inside a word, expanded to whole words: 1 of " in description
    assert section["dataset"]["misaligned_spans"] == "expand"


def test_word_that_begins_as_json_is_a_word(tmp_path):
    assert "f: conll, utf-8\n" in inspect(write(tmp_path, {"f": "{\tO\n" + lines()}) / "f")[0]


def test_versions_of_a_corpus_are_refused(tmp_path):
    versions = {"train_clean": lines(), "train_noisy": lines(end=30).replace("B-PER", "O"), "test": DEV}
    folder = write(tmp_path, {f"mine/{name}.tsv": text for name, text in versions.items()}) / "mine"
    found = message_of(describe, folder, [])
    assert ": 2 files of train share more than a tenth of their sentences, as versions or folds of one corpus" in found


def test_sentences_of_one_word_are_named(tmp_path):
    description, _ = inspect(write(tmp_path, {"f": lines("{w}\t{t}\n\n")}) / "f")
    assert "\nall sentences have one word: expected an empty line after each sentence only\n" in description
    assert " of them with other tags" not in description


def test_task_that_columns_do_not_tell_is_left_to_the_user(tmp_path):
    layers = lines("{w}\t{t}\t{t}\n").replace("Zoë\tI-PER\tI-PER", "Zoë\tI-PER\tO")
    description, _ = inspect(write(tmp_path, {"f": layers}) / "f")
    assert "\ntask: choose one of ner, ner2 as tokenize_align.tag_column in params.yaml\n" in description
    assert "\ntask: " not in inspect(write(tmp_path, {"h": lines()}) / "h")[0]
    words = lines("{w}\tX\n")
    assert "\ntask: set tokenize_align.tag_column to pos\n" in inspect(write(tmp_path, {"g": words}) / "g")[0]


def test_unlabelled_test_is_not_read(tmp_path):
    masked = lines().replace("B-PER", "O").replace("I-PER", "O").replace("B-LOC", "O")
    names = ("mine-test_ELmasked", "mine-test-masked", "mine-test-blind", "mine_test_nolabel", "unlabeled")
    files = {"mine-train": TRAIN, "mine-dev": DEV, **dict.fromkeys(names, masked)}
    folder = write(tmp_path, {f"mine/{name}.iob2": text for name, text in files.items()}) / "mine"
    description, section = inspect(folder)
    assert (
        "\nnot read: mine-test-blind.iob2, mine-test-masked.iob2, mine-test_ELmasked.iob2, mine_test_nolabel.iob2, "
        "unlabeled.iob2\n" in description
    )
    assert (section["dataset"]["train"], section["dataset"]["validation"]) == ("mine-train.iob2", "mine-dev.iob2")
    assert "test" not in section["dataset"]


def test_split_that_is_read_as_train_is_named(tmp_path):
    description, section = inspect(write(tmp_path, {"mine/dev.tsv": TRAIN, "mine/test.tsv": TEST}) / "mine")
    assert "\nno file is named train, so that dev.tsv is read as train; if there is one, add it\n" in description
    assert (section["dataset"]["train"], section["dataset"]["test"]) == ("dev.tsv", "test.tsv")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_numbers_beside_tags_are_not_the_task(tmp_path, form):
    numbers = [[str(tag != "O") for tag in tags] for tags in TAGS]
    numbers = [["10" if each == "True" else "1" for each in row] for row in numbers]
    if form == "json":
        rows = zip(WORDS, numbers, TAGS, strict=True)
        content = "\n".join(json.dumps({"tokens": w, "ner_tags": n, "raw_tags": t}) for w, n, t in rows)
    else:
        ids = [[n, numbers[n]] for n in range(60)]
        content = table(["sentence", "ner_tags", "word", "raw_tags"], ids)
    _, section = inspect(write(tmp_path, {"f": content}) / "f")
    assert list(section["dataset"]["tag_columns"].values()) == ["raw_tags"]


def test_types_that_test_is_not_annotated_for_are_named(tmp_path):
    of_places = 4 * TEST.replace("B-PER", "O").replace("I-PER", "O")
    files = {"mine/train.tsv": TRAIN, "mine/dev.tsv": DEV, "mine/test.tsv": of_places}
    description, _ = inspect(write(tmp_path, files) / "mine")
    assert (
        "\nner: test has no PER, of which train has many, so that each that a model finds counts as an error"
        in description
    )
    description, _ = inspect(write(tmp_path, files | {"mine/test.tsv": 4 * TEST}) / "mine")
    assert "test has no" not in description


def test_long_texts_are_split_into_sentences(tmp_path):
    sentence = "Ada0 lives in Oslo. " * 60
    rows = [{"text": f"{sentence}Bo{n}.", "spans": [{"start": 0, "end": 4, "label": "PER"}]} for n in range(30)]
    description, section = inspect(write(tmp_path, {"f": "\n".join(map(json.dumps, rows))}) / "f")
    assert section["dataset"]["sentences"] == "split"
    assert "\ntexts are long, so that they are split into sentences; each text is a document\n" in description


def test_small_test_gets_no_share(tmp_path):
    description, section = inspect(write(tmp_path, {"f": lines()}) / "f")
    few = r"\nno share for test, which would have few entities \(1\d in ner\); for a score of all sentences, run"
    assert re.search(few, description)
    assert "run `tagline crossval`, then `dvc repro crossval/dvc.yaml`\n" in description
    assert section["dataset"]["split"] == {"seed": 42, "validation": 0.1}
    description, section = inspect(write(tmp_path, {"g": 15 * lines()}) / "g")
    assert "crossval" not in description
    assert section["dataset"]["split"] == {"seed": 42, "validation": 0.1, "test": 0.1}
    # Each column counts for itself: some 45 entities in ner, but more than 100 chunks.
    chunks = "\n".join(f"Ada{n} X S-NP S-PER\nand X S-NP O\nme{n} X S-NP O\n" for n in range(450))
    assert re.search(few.replace("1", "4", 1), inspect(write(tmp_path, {"h": chunks}) / "h")[0])


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


def test_text_is_described_also_if_validation_cannot_be_drawn(tmp_path):
    description, section = inspect(write(tmp_path, {"f": objects("spans", end=1)}) / "f")
    assert "f: no sentence was drawn for validation; increase its share under download.dataset.split in" in description
    assert "the first of " in description and section["dataset"]["format"] == "spans"


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
    "dev and test": (
        {"a_dev.conll": lines(end=50), "a_test.conll": TEST},
        "conll, utf-8",
        {"train": "a_dev.conll", "test": "a_test.conll"},
    ),
    "glued names": (
        {"APTNERtrain.txt": TRAIN, "APTNERdev.txt": DEV, "APTNERtest.txt": TEST},
        "conll, utf-8",
        {"train": "APTNERtrain.txt", "validation": "APTNERdev.txt", "test": "APTNERtest.txt"},
    ),
    "one file": ({"[x].conll": lines(), "LICENSE": "a"}, "mine: conll", {"train": "[[]x].conll"}),
    "answers beside a page": (
        {"ada.jsonl": PAGE, "gpt.jsonl": objects("mentions")},
        "mine: mentions, utf-8",
        {"train": ".", "annotators": "majority"},
    ),
    "a document each": (
        {f"{at}.tsv": lines(begin=10 * at, end=10 * at + 10) for at in range(6)},
        "\nno name tells a split, so that all files are train, each a document\n",
        {"train": "*.tsv", "documents": "file", "columns": ["words", "ner"]},
    ),
    "data with the ending of a document": (
        {"train.md": TRAIN, "dev.md": DEV, "test.md": TEST, "README.md": "a b\n", "notes.md": "Of whole lines.\n"},
        "mine: conll, utf-8\nner",
        {"train": "train.md", "validation": "dev.md", "test": "test.md"},
    ),
    "statistics beside data": (
        {
            "a-train.iob2": TRAIN,
            "a-train.stats": "<x/>",
            "a-dev.iob2": DEV,
            "a-test.iob2": TEST,
            "a-test.stats": "<x/>",
        },
        "\nnot read: a-test.stats, a-train.stats\n",
        {"train": "a-train.iob2", "validation": "a-dev.iob2", "test": "a-test.iob2"},
    ),
    "doccano by annotator": (
        {"ada.jsonl": objects("doccano"), "bo.jsonl": objects("doccano")},
        "mine: doccano, utf-8",
        {"train": ".", "annotators": "majority"},
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


def describe_folder(folder: Path, files: dict[str, str | bytes]):
    (folder / "mine").mkdir()
    describe(write(folder / "mine", files), [])


EXPECTED = "expected one file or folder each, named train, dev (or valid) and test"
test_folder_without_clear_splits_is_an_error = refused(
    describe_folder,
    (
        {"a.conll": DEV, "b.conll": TEST},
        "which files are train, validation and test is not clear (a.conll, b.conll); "
        f"{EXPECTED}; inspect one file, and name the others in the section",
    ),
    (
        {"train_test.conll": DEV, "all.conll": TEST},
        "which files are train, validation and test is not clear (all.conll, train_test.conll)",
    ),
    (
        {"train/seq.in": "a b", "train/seq.out": "O O", "test/seq.in": "c", "test/seq.out": "O"},
        "words in seq.in and tags in seq.out, which no format reads; convert them to a word and its tag per line",
    ),
    (
        {"train.conll": TRAIN, "dev.conll": DEV, "test-a.jsonl": LAST_ROWS},
        "files of several formats (conll: dev.conll, train.conll; json: test-a.jsonl); expected one; move the others",
    ),
    ({}, f"no files; {EXPECTED}"),
    ({"b.pdf": "", "README": ""}, "no file that can be data (README, b.pdf); expected columns of words and tags"),
    at="mine: ",
)


def test_numbers_as_tags_get_names_to_replace(tmp_path):
    tags = [[0, 1, 2]] * 250 + [[3, 0, 0]]
    rows = pd.DataFrame({"tokens": [[f"a{n}", "b", "c"] for n in range(251)], "ids": [[1, 500, 2]] * 251, "ner": tags})
    description, section = inspect(write(tmp_path, {"f": rows.to_parquet()}) / "f")
    assert "\nnumbers: replace the names below by those of 0, 1, ...\n" in description
    assert section["dataset"]["names"] == {"ner": ["name of 0", "name of 1", "name of 2", "name of 3"]}


def test_words_that_end_in_digits_are_words(tmp_path):
    weibo = "\n".join(f"\u53e3{n % 3}\tO\n\u7661{n % 4}\tB-PER\n" for n in range(60))
    _, section = inspect(write(tmp_path, {"f": weibo}) / "f")
    assert section["dataset"]["columns"] == ["words", "ner"]


def test_columns_of_many_values_are_skipped_unless_all_mark_spans(tmp_path):
    rows = [f"{n}\tw{n}a\tx{n}a\t{'BI'[n % 2]}-X{n // 2}\n" for n in range(120)] + ["1\ta\tx\tO\n"]
    description, section = inspect(write(tmp_path, {"f": "\n".join(rows)}) / "f")
    assert "not read: column 1, column 3\nner: IOB2 (" in description
    assert section["dataset"]["columns"] == ["-", "words", "-", "ner"]


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
