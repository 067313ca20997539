"""Answers of any system to the texts of a split, as a run: from a file, or of an exported model."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tagline.artifacts.exported import TAGGER
from tagline.comparison.runs import Run
from tagline.inference import Document, Tagger
from tagline.labels import OUTSIDE, Labels, TaggedSentence, without_types
from tagline.labels.entities import marked
from tagline.labels.schemes import split_tag
from tagline.sources.inspection.labelled_file import LabelledText, annotated_types, read
from tagline.terminal import QUOTED, UserError, quoted, shortened, some


def is_answers(name: str) -> bool:
    """Whether a side is a file, or the folder of an exported model."""
    return Path(name).is_file() or Path(name, TAGGER).is_file()


def run_of(name: str, reference: Run, split: str, types: Mapping[str, str]) -> Run:
    """Make a run of the answers to the texts of a split.

    Args:
        name: a file in any format that `download` reads, or the folder of an exported model.
        reference: a run with the texts and gold labels.
        types: the type that each type of the answers with another name stands for.

    Raises:
        UserError: no format reads the file; or a text is none of the split's, or answered more than once.
    """
    texts = reference.splits[split]
    notes: list[str] = []
    scored = None
    if Path(name).is_dir():
        with Tagger(name) as tagger:
            tagged = tagger.tag([Document.of_words(text.words) for text in texts])
        answers = [(text, found.predicted_names) for text, found in zip(texts, tagged, strict=True)]
    else:
        given, notes = read(Path(name), reference.params.get("tokenize_align.tag_column", "ner"), reference.kind)
        answers = list(_joined(given, texts, f"{split} in {reference.name}"))
        scored = annotated_types(Path(name), given)
        if scored is None and reference.kind == "spans":
            notes.append("taken to be annotated for all types")
        elif scored is not None:
            scored = [types.get(type_, type_) for type_ in scored]
    renamed = [(text, [_renamed(label, types) for label in labels]) for text, labels in answers]
    names = {name for _, labels in renamed for name in labels}
    known = {name for text in texts for name in text.labels.names}
    others = {split_tag(name)[1] for name in names - {OUTSIDE}} - {split_tag(name)[1] for name in known}
    if others:
        notes.append(f"{split} has no type {some(sorted(others))}; --types TYPE=NAME says which type is meant")
    labels = Labels("", reference.kind, tuple(sorted(names | known)), "")
    sentences = [_predicted(text, predicted, labels) for text, predicted in renamed]
    notes = [f"{name}: {note}" for note in notes]
    return Run(name, None, reference.kind, {split: sentences}, notes=notes, types=scored)


def restrict(runs: Iterable[Run], split: str, types: Sequence[str]) -> None:
    """Leave all other types out of a split of each run, and say so in its name."""
    for run in runs:
        sentences = [_only(sentence, types) for sentence in run.splits.pop(split)]
        run.splits[f"{split}, {', '.join(types)} alone"] = sentences


def _only(sentence: TaggedSentence, types: Collection[str]) -> TaggedSentence:
    others = {*sentence.labels.types} - {*types}
    predicted = without_types(sentence.predicted, others, sentence.labels)
    gold = None if sentence.gold is None else without_types(sentence.gold, others, sentence.labels)
    return replace(sentence, gold=gold, predicted=predicted)


def _joined(
    answers: Iterable[LabelledText], texts: Sequence[TaggedSentence], where: str
) -> Iterator[tuple[TaggedSentence, list[str]]]:
    """Yield the text of each answer, with the labels of its words."""
    waiting: dict[str, list[TaggedSentence]] = defaultdict(list)
    for text in texts:
        waiting[_characters(text.words)].append(text)
    for answer in answers:
        same = waiting[_characters(answer.words)]
        if not same:
            raise UserError(
                f"{answer.location}: {shortened(' '.join(answer.words), QUOTED)} is not a text of {where}, or is "
                "answered more often than it is there; expected its characters, spaces aside"
            )
        text = next((text for text in same if text.id == answer.id), same[0])
        same.remove(text)
        yield text, _on_words(answer, text)


def _characters(words: Sequence[str]) -> str:
    return "".join("".join(words).split())


def _ends(words: Sequence[str]) -> list[int]:
    """Where each word ends among all characters, after a 0."""
    return np.cumsum([0, *(len(_characters([word])) for word in words)]).tolist()


def _on_words(answer: LabelledText, text: TaggedSentence) -> list[str]:
    """The labels of an answer on the words of its text; an entity that ends inside a word gets all of it."""
    words = list(text.words)
    if words == answer.words:
        return answer.labels
    if text.kind == "tags":
        raise UserError(f"{answer.location}: a tag for each of other words; expected one for each of {quoted(words)}")
    ends, of_answer = _ends(words), _ends(answer.words)
    labels = [OUTSIDE] * len(words)
    for entity in marked(answer.labels, "spans"):
        first = int(np.searchsorted(ends, of_answer[entity.start], side="right")) - 1
        last = int(np.searchsorted(ends, of_answer[entity.end], side="left"))
        labels[first:last] = [f"B-{entity.type}", *[f"I-{entity.type}"] * (last - first - 1)]
    return labels


def _renamed(label: str, types: Mapping[str, str]) -> str:
    if label in types:  # a plain tag
        return types[label]
    prefix, type_ = split_tag(label)
    return f"{prefix}-{types[type_]}" if type_ in types else label


def _predicted(text: TaggedSentence, predicted: Sequence[str], labels: Labels) -> TaggedSentence:
    """The text with predicted labels, whose scores are unknown."""
    ids = np.array([labels.names.index(label) for label in predicted], np.int32)
    return replace(text.relabelled(labels), predicted=ids, scores=np.ones(len(ids), np.float32))
