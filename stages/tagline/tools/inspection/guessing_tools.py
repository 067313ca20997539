"""Guess which annotation tool wrote a file, where its content is unmistakable: a function per format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tagline.sources.formats import doccano, inception, webanno_tsv
from tagline.sources.formats.argilla import SUFFIX
from tagline.sources.formats.inception import InceptionFiles

Keys = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

# Keys with which most annotations can be read.
SPANS: Keys = {"tag_column": "ner", "misaligned_spans": "expand"}
# A list of lists, or what the tool "NER Annotator for spaCy" writes.
_TUPLES = re.compile(r'\s*(\[\s*\[\s*"|\{\s*"classes")')
# Strings in the rows of tools that are not the text.
_NOT_A_TEXT = ("created_at", "updated_at", "id")


def of_lines(path: Path, lines: Sequence[str]) -> Keys | None:
    """Guess the keys of a file that does not consist of JSON objects.

    Args:
        path: the file.
        lines: its first lines.
    """
    guesses = (_of_brat(path), _of_webanno_tsv(lines), _of_cas(path, lines), _of_tuples(lines))
    return next((keys for keys in guesses if keys is not None), None)


def of_rows(rows: Rows) -> Keys | None:
    """Guess the keys of the first objects of a JSON file."""
    guesses = (function(rows) for function in (_of_label_studio, _of_doccano, _of_prodigy, _of_argilla, _of_gliner))
    return next((keys for keys in guesses if keys is not None), None) if rows else None


def _of_brat(path: Path) -> Keys | None:
    if path.suffix != ".txt" or not path.with_suffix(".ann").is_file():
        return None
    return {"format": "brat", **SPANS, "discontinuous_spans": "split"}


def _of_webanno_tsv(lines: Sequence[str]) -> Keys | None:
    if not lines or not lines[0].startswith(webanno_tsv.HEADER):
        return None
    layers = [line.removeprefix("#T_SP=").split("|") for line in lines if line.startswith("#T_SP=")]
    return _of_inception([(layer, feature) for layer, *of_layer in layers for feature in of_layer if feature])


def _of_cas(path: Path, lines: Sequence[str]) -> Keys | None:
    """Guess the keys of UIMA CAS in XMI or JSON."""
    text = "\n".join(lines)
    is_cas = ("<xmi:XMI" in text) if text.lstrip("\ufeff \t\n").startswith("<") else '"%FEATURE_STRUCTURES"' in text
    return _of_inception(inception.features(path)) if is_cas else None


def _of_inception(features: Sequence[tuple[str, str]]) -> Keys:
    """Choose the default feature if the file has it, else the first one."""
    default = tuple(InceptionFiles.model_fields[key].default for key in ("span_layer", "feature"))
    span_layer, feature = default if default in features or not features else features[0]
    chosen = {} if (span_layer, feature) == default else {"span_layer": span_layer, "feature": feature}
    return {"format": "inception", **SPANS, **chosen}


def _of_tuples(lines: Sequence[str]) -> Keys | None:
    text = "\n".join(lines)
    return {"format": "spacy", **SPANS} if _TUPLES.match(text) and '"entities"' in text else None


def _of_label_studio(rows: Rows) -> Keys | None:
    if all(isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list) for row in rows):
        annotations = [annotation for row in rows for annotation in _objects(row["annotations"])]
        results = [result for annotation in annotations for result in _objects(annotation.get("result"))]
        controls = Counter(str(result.get("from_name")) for result in results if result.get("type") == "labels")
        control = {"control": controls.most_common(1)[0][0]} if len(controls) > 1 else {}
        return {"format": "label_studio", **SPANS, **_text(rows[0]["data"]), **control}
    if all({"annotator", "annotation_id"} <= row.keys() for row in rows):
        return {"format": "label_studio", **SPANS, **_text(rows[0])}
    return None


def _of_doccano(rows: Rows) -> Keys | None:
    spans = [span for row in rows for key in (*doccano.LISTS, "entities") for span in _list(row.get(key))]
    as_lists = [isinstance(span, list) and list(map(type, span)) == [int, int, str] for span in spans]
    as_objects = [isinstance(span, dict) and span.keys() >= set(doccano.ENTITY) for span in spans]
    return {"format": "doccano", **SPANS, **_text(rows[0])} if spans and (all(as_lists) or all(as_objects)) else None


def _of_prodigy(rows: Rows) -> Keys | None:
    made = all({"text", "answer", "_input_hash"} <= row.keys() for row in rows)
    return {"format": "prodigy", **SPANS} if made else None


def _of_argilla(rows: Rows) -> Keys | None:
    columns = [(key.removesuffix(SUFFIX), row[key]) for row in rows for key in row if key.endswith(SUFFIX)]
    answers = [(question, answer) for question, of_column in columns for answer in _list(of_column)]
    for row in rows:
        if isinstance(row.get("responses"), dict):
            for question, responses in row["responses"].items():
                answers += [(question, response.get("value")) for response in _objects(responses)]
    question = next((name for name, spans in answers if any(map(_is_span, _objects(spans)))), None)
    fields = rows[0].get("fields", rows[0])
    return {"format": "argilla", **SPANS, "question": question, **_text(fields)} if question is not None else None


def _of_gliner(rows: Rows) -> Keys | None:
    return {"format": "gliner", **SPANS} if all({"tokenized_text", "ner"} <= row.keys() for row in rows) else None


def _is_span(value: Mapping[str, Any]) -> bool:
    return value.keys() >= {"start", "end", "label"}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list, if it is one."""
    return [each for each in _list(value) if isinstance(each, dict)]


def _text(row: Any) -> Keys:
    """The key of the text, if it is not the usual one: that of the longest string of a row."""
    items = row.items() if isinstance(row, dict) else ()
    texts = {key: value for key, value in items if isinstance(value, str) and key not in _NOT_A_TEXT}
    return {} if "text" in texts or not texts else {"text": max(texts, key=lambda key: len(texts[key]))}
