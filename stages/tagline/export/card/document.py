"""The model card, rendered from the template document.md."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData, constants
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tagline.artifacts import raw_data
from tagline.artifacts.exported import Exported
from tagline.core import FEW_ENTITIES, FURTHER, BackendName, reported_split
from tagline.core.findings import MEANINGS
from tagline.core.params import dotted
from tagline.export.export_params import Card
from tagline.hub.hub_params import Push
from tagline.inference import examples
from tagline.labels import WHOLE
from tagline.metrics.columns import OVERALL_SCORES, SCORES_OF_TYPES
from tagline.metrics.doubts import FEW, doubts
from tagline.terminal import printable

# Characters that start inline markup in CommonMark 0.31 or GitHub's extensions: emphasis, code, links, HTML, entities,
# table cells, strike-through, formulas, URLs, emoji and mentions. A backslash escapes each of them.
_MARKS = re.compile(r"[\\`*_\[\]<>|&~$:@]|(?<=www)\.", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
# What a promised precision is of, and how the Tagger marks it.
ACCEPTED = {"what": "predicted entities", "mark": "accepted"}
MARKED = {WHOLE: {"what": "sentences", "mark": "promised"}}


@dataclass(frozen=True)
class CardData:
    """The facts on a model card.

    Attributes:
        tagger: models/export/tagger.json.
        dataset: data/raw/provenance.json.
        data: reports/data.json.
        encoder: models/pretrained/provenance.json.
        training: models/finetuned/provenance.json.
        windows: params of the windows, as in ``tokenize_align``.
        metrics: reports/evaluate.json.
        backends: as in reports/export.json.
        hub: the repository that the model is meant for, if any.
        folder: the path of the export.
    """

    tagger: Exported
    dataset: Mapping[str, Any]
    data: Mapping[str, Any]
    encoder: Mapping[str, Any]
    training: Mapping[str, Any]
    windows: Mapping[str, Any]
    metrics: Mapping[str, Any]
    backends: Mapping[BackendName, Mapping[str, float]]
    notes: Sequence[str]
    card: Card
    hub: Push
    folder: str


def render(data: CardData) -> str:
    """Render YAML metadata, then Markdown. The same data give the same bytes."""
    labels = data.tagger.labels
    repo_id = data.hub.repo_id
    name = repo_id.split("/")[1] if repo_id else f"{labels.task}-tagger"
    branch = data.hub.branch
    reported = reported_split(data.metrics)
    measured = data.metrics[reported]
    promises = measured.get("promises", {"recall": {}, "precision": {}})
    # For plain tags, slices only have an accuracy.
    of_texts = measured["slices"].get("text", {}) if labels.kind == "spans" else {}
    lines = []
    for split, of_split in data.data.items():
        lines += [(split, line) for line in findings(of_split)]
    template = _environment().get_template("document.md")
    body = template.render(
        **vars(data),
        name=name,
        sources=data.dataset.get("sources", [data.dataset]),
        labels=labels,
        unit=labels.unit,
        types=sorted(measured["per_type"].items()),
        # Those that test alone has.
        foreign=measured.get("types", {}).get("foreign", []),
        columns=SCORES_OF_TYPES,
        overall_columns=OVERALL_SCORES,
        findings=lines,
        splits=[split for split in data.data if not split.startswith(FURTHER)],
        reported=reported,
        measured=measured,
        # With fewer, the last epoch is kept.
        selected=data.metrics["validation"]["overall"]["number"] >= FEW_ENTITIES,
        doubts={split: [*doubts(entries)] for split, entries in data.metrics.items()},
        noise=measured["overall"]["number"] < FEW_ENTITIES,
        intervals=measured["intervals"]["per_type"],
        seen=of_texts.get("seen"),
        unseen=of_texts.get("unseen"),
        promises=[point for point in promises["recall"].values() if point["kept"]],
        accepted=[
            point | MARKED.get(name, ACCEPTED) for name, point in promises["precision"].items() if "precision" in point
        ],
        few=sorted(type_ for type_, scores in measured["per_type"].items() if scores["number"] < FEW),
        few_below=FEW,
        params=[(key, _shown(value)) for key, value in dotted(data.training["params"])],
        model=repo_id or data.folder,
        revision=branch if repo_id and branch != constants.DEFAULT_REVISION else None,
    )
    return str(ModelCard(f"---\n{_metadata(data, name).to_yaml()}\n---\n\n{body}"))


def _metadata(data: CardData, name: str) -> ModelCardData:
    datasets, _ = raw_data.origins(data.dataset)
    if data.card.dataset and "/" in data.card.dataset:
        datasets.append(data.card.dataset)
    tags = []
    if data.tagger.labels.task.startswith("ner"):
        tags.append("ner")
    if "onnx-int8" in data.backends:
        tags.append("transformers.js")
    return ModelCardData(
        language=data.card.language,
        license=data.card.license,
        library_name="transformers",
        pipeline_tag="token-classification",
        tags=tags or None,
        # The Hub turns these into links, so only names on the Hub are given.
        base_model=data.encoder["name"] if data.encoder["source"] == "hub" else None,
        datasets=[*dict.fromkeys(datasets)] or None,
        metrics=[column.key for column in OVERALL_SCORES],
        model_name=name,
        # https://huggingface.co/docs/hub/models-widgets
        widget=[{"text": text} for text in examples.ENGLISH] if data.card.language == "en" else None,
        eval_results=model_index(data),
    )


def findings(of_split: Mapping[str, Any]) -> list[str]:
    """List the findings of a split in reports/data.json, such as what its source left out."""
    counts = {name: count for name, count in of_split.items() if name in MEANINGS}
    source = of_split.get("source", {})
    if "0" not in source:  # a single source
        return _lines({**counts, **source})
    lines = _lines(counts)
    for number, of_source in source.items():
        lines += [f"{line} (source {number})" for line in _lines(of_source)]
    return lines


def _lines(findings: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, count in findings.items():
        if isinstance(count, int) and count:
            lines.append(f"{MEANINGS.get(name, name.replace('_', ' '))}: {count:,}")
    return lines


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, allow_nan=False)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if isinstance(value, RawMarkdown) else escaped(str(value)),
    )
    environment.filters["score"] = lambda value, digits=3: RawMarkdown(f"{value:.{digits}f}")
    environment.filters["percent"] = lambda share: RawMarkdown(f"{share:.2%}")
    environment.filters["count"] = lambda value: RawMarkdown(f"{value:,}")
    environment.filters["interval"] = lambda ends: RawMarkdown(f"{ends['low']:.3f} to {ends['high']:.3f}")
    # For text without any markup: names that the schemas restrict, hashes, versions.
    environment.filters["plain"] = RawMarkdown
    return environment


class RawMarkdown(str):
    """Text that is Markdown already; all other text is escaped."""

    __slots__ = ()


def escaped(text: str) -> RawMarkdown:
    """Escape a text for Markdown, on one line, also in a table; invisible characters become escape sequences."""
    return RawMarkdown(_MARKS.sub(r"\\\g<0>", printable(_SPACES.sub(" ", text))))


def model_index(data: CardData) -> list[EvalResult]:
    """List the scores of the reported split with their 95 % intervals, and the F1 of each type."""
    split = reported_split(data.metrics)
    dataset = data.dataset
    on_hub, files = raw_data.origins(dataset)
    named = [data.card.dataset] if data.card.dataset else files
    names = ", ".join(dict.fromkeys([*on_hub, *named]))

    def result(metric: str, title: str, value: float, interval: Mapping[str, float] | None) -> EvalResult:
        return EvalResult(
            task_type="token-classification",
            dataset_type=names,
            dataset_name=names,
            metric_type=metric,
            metric_value=value,
            task_name=data.tagger.labels.task,
            dataset_config=dataset.get("config"),
            dataset_split=dataset.get("splits", {}).get(split, split),
            dataset_revision=dataset.get("commit"),
            metric_name=title,
            metric_args={"confidence": 0.95, **interval} if interval else None,
        )

    of_split = data.metrics[split]
    intervals = of_split["intervals"]
    results = []
    for column in OVERALL_SCORES:
        value = of_split["overall"][column.key]
        results.append(result(column.key, column.title.capitalize(), value, intervals["overall"][column.key]))
    for type_, scores in sorted(of_split["per_type"].items()):
        interval = intervals["per_type"].get(type_, {}).get("f1")  # a type that is only predicted has none
        results.append(result("f1", f"F1 of {printable(type_)}", scores["f1"], interval))
    return results
