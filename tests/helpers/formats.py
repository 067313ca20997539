"""One corpus in every format, for the tests that a new format has to pass: reading, `tagline inspect` and damage."""

import json

import pandas as pd
import pytest
from helpers.annotated import write_rows
from helpers.messages import message_of, refused
from pydantic import TypeAdapter

from tagline.core.findings import Findings
from tagline.sources.formats import page_layout
from tagline.sources.formats.registry import AnyFiles

LISTS = {"words": "tokens", "tag_columns": {"ner": "tags"}}
SPANS = {"tag_column": "ner"}
# The keys that read what `write_corpus` writes, beside the paths; `tagline inspect` has to find them.
KEYS = {
    "conll": {"columns": ["-", "words", "ner"]},
    "conllu": {"tag_columns": {"ner": "misc:NER"}, "absent": "O"},
    "json": LISTS,
    "csv": {"sentence": "sentence_id", "words": "word", "tag_columns": {"ner": "tag"}, "delimiter": ";"},
    "parquet": LISTS,
    "inception": {**SPANS, "span_layer": "custom.Span", "feature": "label"},
    **dict.fromkeys("spans mentions label_studio doccano prodigy brat spacy gliner page".split(), SPANS),
}


def section(name, **keys):
    """The section of a format that reads one file for every split."""
    files = dict.fromkeys(("train", "validation", "test"), "f")
    return TypeAdapter(AnyFiles).validate_python({"source": "files", "format": name, **KEYS[name], **files, **keys})


def by_split(source):
    """The sentences of each split that a source has."""
    named = {*source.dataset.patterns, *source.dataset.shares}
    splits = {split: [] for split in source.names if split in named}
    for split, sentence in source.sentences():
        splits[split].append(sentence)
    return splits


def read(folder, name, content, **keys):
    """What a format reads of a file with some text, bytes or, as JSON Lines, rows or one."""
    path = folder / "f"
    if isinstance(content, list | dict):
        write_rows(path, content if isinstance(content, list) else [content])
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(section(name, **keys).read(path))


def fault(folder, name, content, **keys):
    """The message about a file with some content, without its folder."""
    return message_of(read, folder, name, content, **keys).replace(f"{folder}/", "")


def report(name, sentences, **keys):
    """What is printed of the sentences of train once all are read."""
    dataset = section(name, **keys)
    findings = Findings(dataset.meanings)
    for sentence in sentences:
        findings.add_notes(sentence.notes)
        findings.spans += sentence.spans
    return str(dataset.report({"train": findings}))


def refusals(name, *rows, at="f", **keys):
    """A test of files that a format refuses.

    Args:
        name: the format.
        rows: the content of each file, keys of its own if it has some, and how the message begins.
        at: what all messages begin with.
        keys: those of all files.
    """

    def call(folder, content, own=None):
        read(folder, name, content, **{**keys, **(own or {})})

    return refused(call, *rows, at=at)


def to_spans(sentence):
    """The words joined by spaces, the spans of characters in this text, and the spans of words as GLiNER has them."""
    text, spans, of_words = "", [], []
    for index, (word, tag) in enumerate(sentence):
        start = len(text) + bool(text)
        text = f"{text} {word}" if text else word
        if tag.startswith("B-"):
            spans.append([start, 0, tag[2:]])
            of_words.append([index, 0, tag[2:]])
        if tag != "O":
            spans[-1][1], of_words[-1][1] = len(text), index
    return text, spans, of_words


def to_objects(number, sentence):
    """A sentence as an object in each format of such objects."""
    text, spans, of_words = to_spans(sentence)
    objects = [dict(zip(("start", "end", "label"), span, strict=True)) for span in spans]
    results = [{**each, "labels": [each["label"]], "text": text[each["start"] : each["end"]]} for each in objects]
    labels = [{"from_name": "label", "type": "labels", "value": value} for value in results]
    return {
        "json": {"tokens": [word for word, _ in sentence], "tags": [tag for _, tag in sentence]},
        "spans": {"text": text, "spans": objects},
        "mentions": {"text": text, "entities": [{"type": label, "text": text[a:b]} for a, b, label in spans]},
        "doccano": {"text": text, "label": spans},
        "prodigy": {"text": text, "spans": objects, "answer": "accept", "_input_hash": number},
        "label_studio": {"data": {"text": text}, "annotations": [{"completed_by": 1, "result": labels}]},
        "gliner": {"tokenized_text": [word for word, _ in sentence], "ner": of_words},
        "page": saved_row(str(number), [word for word, _ in sentence], [[a, b + 1, label] for a, b, label in of_words]),
    }


def saved_row(id_, content, spans, **changed):
    """A row that the annotation page saves."""
    task = page_layout.task(id_, content, [])
    row = {key: task[key] for key in ("id", "text" if isinstance(content, str) else "words", "sha256")}
    row |= {"spans": spans, "status": "done", "note": "", "annotator": "Ada", "at": "2026-11-28T08:00:00Z"}
    types = sorted({span[2] for span in spans if isinstance(span, list) and span[2]})
    return {**row, "tasks": "0" * 64, "types": types, **changed}


def to_lines(name, number, sentence):
    """A sentence as lines of a text format."""
    ids = enumerate(sentence, 1)
    text, spans, _ = to_spans(sentence)
    if name == "conll":
        return "".join(f"{i} {word} {tag}\n" for i, (word, tag) in ids) + "\n"
    if name == "conllu":
        blank = "\t_" * 7
        lines = "".join(f"{i}\t{word}{blank}\tNER={tag}\n" for i, (word, tag) in ids)
        return f"# text = {text}\n1-2\tx{blank}\t_\n{lines}1.1\tx{blank}\t_\n\n"
    if name == "csv":
        return "".join(f"s{number};{word};{tag}\n" for word, tag in sentence)
    start, lines = 0, ""
    for i, (word, _) in ids:
        mark = next((f"{label}[{n}]" for n, (begin, end, label) in enumerate(spans) if begin <= start < end), "_")
        lines += f"{number}-{i}\t{start}-{start + len(word)}\t{word}\t{mark}\t\n"
        start += len(word) + 1
    return f"#Text={text}\n{lines}\n"


HEADS = {"csv": "sentence_id;word;tag\n", "inception": "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Span|label\n\n"}


def write_corpus(name, path, sentences):
    """Write sentences in a format and return what names them in params.yaml."""
    table = {key: [to_objects(0, each)["json"][key] for each in sentences] for key in ("tokens", "tags")}
    if name == "parquet":
        pd.DataFrame(table).to_parquet(path)
    elif name == "brat":
        path.mkdir()
        for number, (text, spans, _) in enumerate(map(to_spans, sentences)):
            (path / f"{number}.txt").write_text(text, encoding="utf-8")
            lines = [f"T{i}\t{label} {start} {end}\t{text[start:end]}\n" for i, (start, end, label) in enumerate(spans)]
            (path / f"{number}.ann").write_text("".join(lines), encoding="utf-8")
        return f"{path.name}/*.txt"
    elif name == "spacy":
        spacy = pytest.importorskip("spacy")
        docs = []
        for words, tags in (zip(*each, strict=True) for each in sentences):
            docs.append(spacy.tokens.Doc(spacy.vocab.Vocab(), words, ents=tags))
        path.write_bytes(spacy.tokens.DocBin(docs=docs).to_bytes())
    elif name in ("conll", "conllu", "csv", "inception"):
        lines = [to_lines(name, number, each) for number, each in enumerate(sentences, 1)]
        path.write_text(HEADS.get(name, "") + "".join(lines), encoding="utf-8")
    else:
        objects = [to_objects(number, each)[name] for number, each in enumerate(sentences)]
        path.write_text(json.dumps(objects)) if path.suffix == ".json" else write_rows(path, objects)
    return path.name


CORPUS = [
    [("Ada", "B-PER"), ("Lind", "I-PER"), ("lives", "O"), ("in", "O"), ("Oslo", "B-LOC"), (".", "O")],
    [("Rome", "B-LOC"), ("waits", "O"), ("for", "O"), ("B\u00f6", "B-PER")],
]
# The formats that `write_corpus` writes as one JSON list, if the path says so.
IN_JSON = {*to_objects(0, CORPUS[0])}
