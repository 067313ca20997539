"""What annotators decided differently, as a page on which another person decides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tagline.sources.download_params import AnyDataset, language_of
from tagline.sources.formats import page_layout
from tagline.sources.formats.annotated import UNSURE, AnnotatedText
from tagline.sources.formats.annotators import AGREED, MAJORITY, select, summary
from tagline.sources.formats.base import leads_out
from tagline.sources.formats.mentions import Mentions
from tagline.sources.formats.offsets import Span, WordOffsets
from tagline.sources.formats.registry import any_page
from tagline.sources.formats.saved_page import ADJUDICATE
from tagline.sources.formats.span_tags import covered_words
from tagline.terminal import QUOTED, UserError, shortened
from tagline.text.languages import splitter
from tagline.tools.answers import outputs, page_writer


def save(folder: Path, sources: Sequence[AnyDataset], target: Path) -> list[str]:
    """Write a page of the texts that are marked differently, or that an annotator was not sure of.

    Args:
        folder: files that the page saved; texts in `ADJUDICATE` files are decided.
        sources: those of ``download.dataset``: mentions also reads a model's answers, others give the language.
        target: the page; not written if nothing is left to decide.

    Returns:
        The agreement of each pair of annotators, the ids of the texts, and where to save decisions.

    Raises:
        UserError: a row is malformed; the folder is missing, or holds the target.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; expected one with a file of each annotator")
    page_writer.check("--output", target)
    if not leads_out(target, folder):
        raise UserError(f"--output {target}: expected a file outside of {folder}, which holds what pages save")
    reader = any_page("ner", annotators=MAJORITY, language=language_of(sources))
    for source in sources:
        if isinstance(source, Mentions):
            reader = source.model_copy(update={"annotators": MAJORITY, "selection": None})
            break
    agreement: Counter[tuple[str, ...]] = Counter()
    for sentence in reader.read(folder):  # which checks the files, too
        agreement.update(sentence.agreement)
    types: set[str] = set()
    tasks = []
    split = splitter(reader.language)
    for text in reader.texts(folder):
        words = split(text.text) if text.words is None else text.words
        types.update(text.types or ())
        for annotation in text.annotations:
            types.update(span.label for span in annotation.spans)
        agreed, disputed = select(text.annotations, AGREED, text.location, words)
        is_undecided = disputed or any(note.kind == UNSURE for note in text.notes)
        if is_undecided and text.decided_by is None:
            tasks.append(_task(text, words, agreed or []))
    ids = shortened(", ".join(task["id"] for task in tasks), QUOTED)
    lines = [f"{pair}: {_described(scores)}" for pair, scores in summary(agreement).items()]
    if not agreement:
        lines.append("no text has several annotators")
    lines.append(f"to decide: {len(tasks):,} texts{f' ({ids})' if tasks else ''}")
    if tasks:
        outputs.save(target, page_writer.Page(sorted(types)), tasks)
        lines.append(f"{target}: decide them there, and put what it saves, named {ADJUDICATE}*.jsonl, into {folder}")
    return lines


def _task(text: AnnotatedText, words: WordOffsets, agreed: Sequence[Span]) -> Mapping[str, Any]:
    """A task with the spans that all annotators marked, and those of each as a version."""

    def to_spans(spans: Sequence[Span]) -> list[tuple[int, int, str]]:
        if text.words is None:
            return [(span.start, span.end, span.label) for span in spans]
        return [(*covered_words(span, words), span.label) for span in spans]

    content = text.text if text.words is None else [text.text[start:end] for start, end in words]
    versions = [{"by": annotation.annotator, "spans": to_spans(annotation.spans)} for annotation in text.annotations]
    return page_layout.task(str(text.id), content, to_spans(sorted(agreed)), words, versions=versions)


def _described(scores: Mapping[str, Any]) -> str:
    f1 = "none" if scores["f1"] is None else f"{scores['f1']:.3f}"
    return f"{scores['texts']:,} texts, F1 of spans {f1}"
