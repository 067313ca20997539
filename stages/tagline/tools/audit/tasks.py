"""Sentences to review, as tasks for an annotation tool: gold as annotation, what the model suggests as prediction."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tagline.artifacts import tokenized
from tagline.artifacts.raw_data import COPY
from tagline.core import LEARNT, SPLITS, replacing, shards
from tagline.crossval.review.ranking import Ranking, Suspicion
from tagline.labels import Entity, TaggedSentence
from tagline.labels.entities import entities
from tagline.sources.formats import page_layout
from tagline.terminal import UserError, quoted
from tagline.tools.answers import outputs, page_writer, tool_formats
from tagline.tools.answers.options import DIGITS, PAGE_SUFFIX, SUFFIXES
from tagline.tools.answers.task import AnnotationTask

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")


def check(target: Path | None, guideline: Path | None) -> str | None:
    """Check before any work that a folder or page can be written, and read the text of ``--guideline``.

    Raises:
        UserError: the folder exists; the labels are plain tags; see `page_writer.check`.
    """
    if target is None:
        return None
    labels = tokenized.load_labels(TOKENIZED)
    if labels.kind == "tags":
        raise UserError(
            f"{labels.task} has one tag per word; expected entities, which annotation tools mark; correct the files by "
            "hand"
        )
    if target.suffix.lower() == PAGE_SUFFIX:
        return page_writer.check("--output", target, guideline)
    if target.exists():
        raise UserError(f"{target} exists; expected a new folder, so that no correction is overwritten; choose another")
    return None


def save(ranking: Ranking, tool: str, target: Path) -> list[str]:
    """Write all sentences of all splits for an annotation tool, those of audited splits most suspicious first.

    All of them, so that what the tool exports after the review is a complete data set.

    Args:
        ranking: of these data.
        tool: one of `answers.options.TOOLS`.
        target: the folder to make, with a file per split, or a folder for brat.

    Returns:
        What was written, one line per split.

    Raises:
        UserError: see `tool_formats.save`; or a word contains white space, which the tool does not keep.
    """
    lines = []
    with replacing(target) as [folder]:
        for split in [*tokenized.splits(TOKENIZED), *tokenized.splits(TESTS)]:
            if split not in SPLITS:  # a further test set
                continue
            name = f"{split}{SUFFIXES[tool]}"
            first = _first_suspicions(ranking, split)
            tasks = _tasks(ranking, split, first)
            if tool != "prodigy":  # its tasks have their words
                tasks = map(checked, tasks)
            tool_formats.save(tool, folder / name, tasks, ranking.labels.types)
            if first:
                lines.append(f"{target / name}: {len(first):,} sentences with probable label errors first")
            else:
                lines.append(f"{target / name}: gold")
    return lines


def save_page(ranking: Ranking, target: Path, guideline: str | None) -> str:
    """Write the suspicious sentences of all audited splits as an annotation page, the most suspicious one first.

    Args:
        ranking: of these data.
        target: the HTML file.
        guideline: a text to show, if any.

    Returns:
        What was written.
    """
    of_sentence: dict[object, list[Suspicion]] = {}
    for suspicion in ranking.suspicions:
        of_sentence.setdefault((suspicion.split, _key(suspicion.sentence)), []).append(suspicion)
    by_id: dict[str, list[Suspicion]] = {}
    for suspicions in of_sentence.values():
        by_id.setdefault(suspicions[0].sentence.id, suspicions)
    outputs.save(target, page_writer.Page(ranking.labels.types, guideline), map(_page_task, by_id.values()))
    line = f"{target}: {len(by_id):,} sentences with probable label errors"
    left_out = len(of_sentence) - len(by_id)
    if left_out:
        line += f"; left out, since another one has the same id: {left_out:,}"
    return line


def _page_task(suspicions: Sequence[Suspicion]) -> page_writer.Task:
    """The suspicions of one sentence as a task."""
    sentence = suspicions[0].sentence
    suggested = []
    for entity in sentence.predicted_entities:
        suggested.append((*_span(entity), round(sentence.confidence(entity), DIGITS)))
    suspect: list[tuple[int, int, str]] = []
    for suspicion in suspicions:
        suspect += map(_span, suspicion.disagreement.gold)
    gold = [_span(entity) for entity in sentence.gold_entities]
    return page_layout.task(sentence.id, sentence.words, gold, suggested=suggested, suspect=suspect)


def _span(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.type


def checked(task: AnnotationTask) -> AnnotationTask:
    """Return a task if `split_words: spaces` finds its words again in its text."""
    for word in (task.text[start:end] for start, end in task.words):
        if any(space in word for space in " \t\r\n"):
            raise UserError(
                f"sentence {task.fields['id']}: the word {quoted(word)} contains white space, so it would come back as "
                "several; choose --format prodigy, which keeps words"
            )
    return task


def _first_suspicions(ranking: Ranking, split: str) -> dict[object, Suspicion]:
    """The most suspicious disagreement of each sentence, best first."""
    first: dict[object, Suspicion] = {}
    for suspicion in ranking.suspicions:
        if suspicion.split == split:
            first.setdefault(_key(suspicion.sentence), suspicion)
    return first


def _tasks(ranking: Ranking, split: str, first: dict[object, Suspicion]) -> Iterator[AnnotationTask]:
    """Yield the suspicious sentences, then all others, without copies of a repeated source."""
    for suspicion in first.values():
        sentence = suspicion.sentence
        suggested = [(entity, sentence.confidence(entity)) for entity in sentence.predicted_entities]
        fields: dict[str, str | float] = {"id": sentence.id, "suspicion": suspicion.score}
        yield AnnotationTask.of_words(sentence.words, suggested, sentence.gold_entities, fields)
    written = set(first)
    names = ranking.labels.names
    for batch in shards.read_batches((TOKENIZED if split in LEARNT else TESTS) / "sentences" / split):
        for row in batch.to_pylist():
            key = row["id"], tuple(row["words"]), tuple(row["labels"])
            if key in written:
                written.remove(key)  # further sentences like it were not written
            elif not COPY.match(row["id"]):
                gold = entities([names[index] for index in row["labels"]])
                yield AnnotationTask.of_words(row["words"], None, gold, {"id": row["id"]})


def _key(sentence: TaggedSentence) -> object:
    """What tells a sentence from others; ids need not be unique."""
    return sentence.id, tuple(sentence.words), tuple(sentence.known_gold.tolist())
