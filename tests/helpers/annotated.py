"""Files of annotated texts, and what their formats read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

from tagline.sources.formats.annotated import AnnotatedFiles
from tagline.text.sentence import Sentence
from tagline.text.words import split_words

# The keys of formats that need no others in tests, beside those of the files.
FORMAT_KEYS: dict[str, dict[str, Any]] = {
    "parquet": {"words": "w", "tag_columns": {"ner": "t"}},
    "spans": {"tag_column": "ner", "misaligned_spans": "error"},
    "label_studio": {"tag_column": "ner"},
    "doccano": {"tag_column": "ner"},
    "prodigy": {"tag_column": "ner"},
    "brat": {"tag_column": "ner"},
    "spacy": {"tag_column": "ner"},
    "argilla": {"tag_column": "ner", "question": "q"},
    "gliner": {"tag_column": "ner"},
    "save_to_disk": {"words": "w", "tag_columns": {"ner": "t"}},
}


def dataset(format_: type[AnnotatedFiles], name: str, **keys: Any) -> Any:
    """A format's section of params.yaml that names one file for every split."""
    files = dict.fromkeys(("train", "validation", "test"), "f")
    return format_.model_validate({"source": "files", "format": name, "tag_column": "ner", **files, **keys})


def write_rows(path: Path, rows: list[Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def tagged(sentence: Sentence) -> str:
    """The words that are not O as ``word/tag``."""
    return " ".join(
        f"{word}/{tag}" for word, tag in zip(sentence.words, sentence.tags["ner"], strict=True) if tag != "O"
    )


def kinds(sentence: Sentence) -> list[str]:
    return [note.kind for note in sentence.notes]


def write_brat(path: Path, row: dict[str, Any]) -> None:
    """Write a text, and its spans beside it with the suffix .ann."""
    path.write_text(row["text"])
    spans = enumerate(row["spans"])
    lines = [f"T{i}\t{label} {start} {end}\t{row['text'][start:end]}\n" for i, (start, end, label) in spans]
    path.with_suffix(".ann").write_text("".join(lines))


def webanno_tsv(rows: list[dict[str, Any]]) -> str:
    """Sentences as a file of WebAnno TSV."""
    return "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Span|label\n\n" + "\n".join(map(_webanno_sentence, rows))


def _webanno_sentence(row: dict[str, Any]) -> str:
    lines = [f"\n#Text={row['text']}"]
    for number, (start, end) in enumerate(split_words(row["text"]), 1):
        labels = [f"{label}[{i}]" for i, (first, last, label) in enumerate(row["spans"]) if first <= start < last]
        lines.append(f"1-{number}\t{start}-{end}\t{row['text'][start:end]}\t{labels[0] if labels else '_'}\t")
    return "\n".join([*lines, ""])


def exported(dataset_format: str, row: dict[str, Any]) -> dict[str, Any]:
    """A text with spans as an annotation tool exports it."""
    text, spans = row["text"], [dict(zip(("start", "end", "label"), span, strict=True)) for span in row["spans"]]
    match dataset_format:
        case "spans":
            return {"text": text, "spans": spans}
        case "doccano":
            return {"text": text, "label": row["spans"]}
        case "argilla":
            return {"fields": {"text": text}, "responses": {"q": [{"value": spans, "user_id": "u"}]}}
        case "prodigy":
            return {"text": text, "spans": spans, "answer": "accept", "_input_hash": crc32(text.encode())}
        case "label_studio":
            values = [{**span, "labels": [span["label"]], "text": text[span["start"] : span["end"]]} for span in spans]
            results = [{"from_name": "label", "type": "labels", "value": value} for value in values]
            return {"data": {"text": text}, "annotations": [{"completed_by": 1, "result": results}]}
    raise AssertionError(dataset_format)


def accepted(name: str, path: Path) -> Path:
    """Change tasks as an annotation tool does when a person accepts all suggestions and exports them.

    Args:
        name: the tool.
        path: what was imported: a file, or a folder of brat.
    """
    if name == "label_studio":
        tasks = json.loads(path.read_text(encoding="utf-8"))
        for task in tasks:
            prediction = task.pop("predictions")[0]
            task.setdefault("annotations", [{"completed_by": 1, "result": prediction["result"]}])
        path.write_text(json.dumps(tasks), encoding="utf-8")
    elif name == "prodigy":
        rows = [json.loads(line) | {"answer": "accept"} for line in path.open(encoding="utf-8")]
        write_rows(path, rows)
    return path
