"""Runs, and the sentences that several have in common, scored with the same gold labels.

A run is what the stage evaluate, or a cross-validation, wrote for a revision: predictions and metrics.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tagline.artifacts import predictions
from tagline.comparison import CROSSVAL, SPLITS
from tagline.core import FURTHER, PROVENANCE, parse_object, reading
from tagline.core.params import PARAMS
from tagline.evaluation.measurements.order import COMPARED_DIGITS
from tagline.labels import Kind, Labels, TaggedSentence
from tagline.metrics.scores import Counts, count
from tagline.terminal import UserError, some

PREDICTIONS = "data/predictions"
EVALUATE = "metrics/evaluate.json"
# Scores in metrics are rounded to `COMPARED_DIGITS`.
ROUNDING = 0.6 * 10**-COMPARED_DIGITS


class Source(NamedTuple):
    """What wrote the results that are compared.

    Attributes:
        dvc_yaml: of the pipeline, in its folder.
        stage: the name of the stage in it.
        predictions: the folder of the predictions.
        metrics: the file of the metrics.
        create: the command before those of DVC, since a pipeline is only made when somebody wants it.
    """

    dvc_yaml: str
    stage: str
    predictions: str
    metrics: str
    create: str = ""


EVALUATION = Source("dvc.yaml", "evaluate", PREDICTIONS, EVALUATE)
CROSS_VALIDATION = Source(
    "crossval/dvc.yaml",
    "crossval",
    "data/crossval/predictions",
    "crossval/metrics.json",
    "tagline crossval && ",
)


def source_of(splits: Sequence[str]) -> Source:
    """Find what wrote the predictions of some splits."""
    return CROSS_VALIDATION if CROSSVAL in splits else EVALUATION


@dataclass(frozen=True)
class Run:
    """The results of a revision.

    Attributes:
        name: the revision as the user wrote it.
        commit: its hash; None for the workspace.
        kind: how the labels are read.
        splits: the predictions of each split, and of its altered forms as ``SPLIT.altered.FORM``.
        metrics: metrics/evaluate.json or crossval/metrics.json; empty if it does not exist.
        params: the content of params.yaml; None if it does not exist.
        tests: the hash of the test sets in dvc.lock; None if it does not have them.
        notes: what a reader should know before trusting them.
    """

    name: str
    commit: str | None
    kind: Kind
    splits: dict[str, list[TaggedSentence]]
    metrics: dict[str, Any]
    params: bytes | None = None
    tests: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name, with the hash if that is not the name itself."""
        if self.commit is None or self.commit.startswith(self.name):
            return self.name
        return f"{self.name} ({self.commit[:7]})"


class NoPredictionsError(UserError):
    """Neither DVC's cache nor its remote has the predictions of a commit; `run` has its metrics, which are in Git."""

    run: Run


def make_run(
    name: str,
    commit: str | None,
    tracked: Callable[[str], bytes],
    committed: Callable[[str], bytes | None],
    splits: Sequence[str],
) -> Run:
    """Read the files of a run.

    Args:
        name: the revision as the user wrote it.
        commit: its hash.
        tracked: returns the bytes of a file of predictions, or raises a `UserError`.
        committed: returns the bytes of a file in Git, or None if it does not exist.
        splits: the splits to read; of several, those that the run has, and its further test sets.

    Raises:
        UserError: a file is missing or damaged, or the run lacks the only split.
    """
    source = source_of(splits)
    provenance = f"{source.predictions}/{PROVENANCE}"
    kind = predictions.read_kind(tracked(provenance), f"{name}: {provenance}")
    metrics = parse_metrics(name, committed(source.metrics), source.metrics)
    if len(splits) == 1 and metrics and f"{splits[0]}.f1" not in metrics:
        raise UserError(f"{name}: no split {splits[0]} in {source.metrics}; expected one that it has; see --split")
    if len(splits) > 1:
        splits = [split for split in splits if f"{split}.f1" in metrics or not metrics]
        splits += [key.removesuffix(".f1") for key in metrics if key.startswith(FURTHER)]
    files = {split: tracked(f"{source.predictions}/{split}.parquet") for split in splits}
    return Run(
        name,
        commit,
        kind,
        splits=predictions.read_with_altered(files, kind, f"{name}: {source.predictions}"),
        metrics=metrics,
        params=committed(str(PARAMS)),
    )


def parse_metrics(name: str, content: bytes | None, path: str = EVALUATE) -> dict[str, Any]:
    """Parse the metrics of a revision; empty if they do not exist.

    Raises:
        UserError: it is not a JSON object.
    """
    with reading(f"{name}: {path}", "evaluate", expected="a JSON object"):
        return {} if content is None else parse_object(content)


def in_all(splits: Sequence[str], runs: Sequence[Run]) -> list[str]:
    """The splits that all runs have."""
    return [split for split in splits if all(split in run.splits for run in runs)]


def further_sets(runs: Sequence[Run]) -> list[str]:
    """The further test sets that some run has."""
    names = dict.fromkeys(split for run in runs for split in run.splits if split.startswith(FURTHER))
    return [name for name in names if ".altered." not in name]


def left_out(runs: Sequence[Run], further: Sequence[str] = ()) -> list[str]:
    """Say which splits and further test sets are not compared, since only some runs have them."""
    notes = []
    for split in (*SPLITS, *further):
        without = [run.name for run in runs if split not in run.splits]
        if 0 < len(without) < len(runs):
            notes.append(f"{split}: not compared, since {some(without)} {'has' if len(without) == 1 else 'have'} none")
    return notes


@dataclass(frozen=True)
class Aligned:
    """One split of several runs over the sentences that all of them have, with the gold labels of the last run.

    Attributes:
        scored: the common sentences with the predictions of each run.
        counts: of each run.
        types_differ: whether the gold labels of some run have other types than those of the last run.
        same: whether all runs have the same predictions.
        notes: what a reader should know.
    """

    scored: list[list[TaggedSentence]]
    counts: list[Counts]
    types_differ: bool
    same: bool
    notes: list[str]


def align(split: str, runs: Sequence[Run]) -> Aligned:
    """Score all runs over their common sentences.

    Raises:
        UserError: the runs have no common sentence, or are of different tasks.
    """
    kind = runs[-1].kind
    joined = join([run.splits[split] for run in runs])
    types = [_gold_types(sentences) for sentences in joined]
    _check_tasks(split, runs, joined, types)
    other_types = list(_different_types(split, runs, types))
    labels = _all_labels(kind, joined)
    gold = [sentence.relabelled(labels).gold for sentence in joined[-1]]
    scored = [_with_gold(sentences, gold, labels) for sentences in joined]
    equal = _equal(runs, joined)
    notes = [
        *other_types,
        *_left_out(split, runs, len(gold)),
        *_different_gold(split, runs, joined),
        *_different_metrics(split, runs),
        *_same_predictions(split, equal),
    ]
    return Aligned(scored, [count(sentences, kind) for sentences in scored], bool(other_types), len(equal) == 1, notes)


def _gold_types(sentences: Sequence[TaggedSentence]) -> set[str]:
    return {entity.type for sentence in sentences for entity in sentence.gold_entities}


def _all_labels(kind: Kind, runs: Sequence[Sequence[TaggedSentence]]) -> Labels:
    """The labels of all runs in one list."""
    names: set[str] = set()
    sets: set[tuple[str, ...]] = set()
    for sentence, *_ in runs:
        names.update(sentence.labels.names)
        sets.update(sentence.labels.sets)
    return Labels("", kind, tuple(sorted(names)), "", tuple(sorted(sets)))


def _with_gold(sentences: Sequence[TaggedSentence], gold: Sequence[Any], labels: Labels) -> list[TaggedSentence]:
    """Replace the gold labels of sentences, and their label list."""
    return [
        replace(sentence.relabelled(labels), gold=of_sentence)
        for sentence, of_sentence in zip(sentences, gold, strict=True)
    ]


def join(runs: Sequence[Sequence[TaggedSentence]]) -> list[list[TaggedSentence]]:
    """Find the sentences that all runs have.

    Sentences are the same if their words are. Among sentences with the same words, the one with the same id is matched,
    otherwise the next one: where ids are numbers, an inserted sentence changes all ids after it.

    Returns:
        For each run its common sentences, in the order of the last run.
    """
    matches = [_match(run, runs[-1]) for run in runs]
    common = [index for index in range(len(runs[-1])) if all(index in indices for indices in matches)]
    return [[run[indices[index]] for index in common] for run, indices in zip(runs, matches, strict=True)]


def _match(run: Sequence[TaggedSentence], reference: Sequence[TaggedSentence]) -> dict[int, int]:
    """Map indices of the reference to the indices of the same sentences in the run."""
    matches: dict[int, int] = {}
    # First sentences with the same id, then the rest.
    for with_id in (True, False):
        waiting = defaultdict[tuple[str, ...], deque[int]](deque)
        taken = set(matches.values())
        for index, sentence in enumerate(run):
            if index not in taken:
                waiting[_key(sentence, with_id)].append(index)
        for index, sentence in enumerate(reference):
            same = waiting[_key(sentence, with_id)]
            if index not in matches and same:
                matches[index] = same.popleft()
    return matches


def _key(sentence: TaggedSentence, with_id: bool) -> tuple[str, ...]:
    return (sentence.id, *sentence.words) if with_id else tuple(sentence.words)


def _check_tasks(
    split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]], types: Sequence[set[str]]
) -> None:
    if not joined[-1]:
        names = " and ".join(dict.fromkeys(run.name for run in runs))
        raise UserError(f"{names}: no common sentence in {split}; expected splits that overlap")
    last = runs[-1]
    for run, of_run in zip(runs, types, strict=True):
        none_in_common = of_run and types[-1] and not of_run & types[-1]
        if run.kind != last.kind or none_in_common:
            raise UserError(
                f"{run.name} and {last.name}: different tasks ({_examples(run, of_run)}; {_examples(last, types[-1])})"
                "; expected the same tokenize_align.tag_column"
            )


def _examples(run: Run, types: set[str]) -> str:
    noun = "entities" if run.kind == "spans" else "tags"
    return f"{noun} such as {', '.join(sorted(types)[:3])}"


def _different_types(split: str, runs: Sequence[Run], types: Sequence[set[str]]) -> Iterator[str]:
    """Report gold types that only a run or only the last one has, for instance because a type was renamed."""
    for run, of_run in zip(runs, types, strict=True):
        if of_run != types[-1]:
            only = {run.name: of_run - types[-1], runs[-1].name: types[-1] - of_run}
            differing = [f"{some(sorted(names))} only in {name}" for name, names in only.items() if names]
            yield f"{split}: types differ: {', '.join(differing)}"


def _left_out(split: str, runs: Sequence[Run], common: int) -> Iterator[str]:
    """Report sentences that not all runs have."""
    missing = {run.name: len(run.splits[split]) - common for run in runs}
    if any(missing.values()):
        counts = ", ".join(f"{number} of {name}" for name, number in missing.items() if number)
        yield f"{split}: the {common} common sentence{' is' if common == 1 else 's are'} compared, without {counts}"


def _different_gold(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Report common sentences whose gold labels differ."""
    last = runs[-1].name
    gold = [sentence.gold_names for sentence in joined[-1]]
    for run, sentences in zip(runs, joined, strict=True):
        changed = sum(sentence.gold_names != names for sentence, names in zip(sentences, gold, strict=True))
        if changed:
            yield (
                f"{split}: {changed} sentence{'s have' if changed > 1 else ' has'} other gold labels in {run.name} "
                f"than in {last}; all runs are scored against those of {last}"
            )


def _different_metrics(split: str, runs: Sequence[Run]) -> Iterator[str]:
    """Report metrics that are not those of the predictions, for instance because only one of them was committed."""
    path = source_of([split]).metrics
    for run in runs:
        f1 = float(count(run.splits[split], run.kind).total().overall().f1)
        written = run.metrics.get(f"{split}.f1")
        if not isinstance(written, int | float):
            yield f"{run.name}: {path} has no F1 of {split}; the predictions are compared"
        elif abs(written - f1) > ROUNDING:
            yield (
                f"{run.name}: F1 of {split} is {written:.3f} in {path}, but {f1:.3f} for the predictions, so they "
                "are of different runs; the predictions are compared"
            )


def _equal(runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> list[list[str]]:
    """Group the names of runs with the same predictions."""
    groups = defaultdict(list)
    for run, sentences in zip(runs, joined, strict=True):
        predicted = tuple(tuple(sentence.predicted_names) for sentence in sentences)
        groups[predicted].append(run.name)
    return list(groups.values())


def _same_predictions(split: str, equal: Sequence[Sequence[str]]) -> Iterator[str]:
    """Report runs with the same predictions, which were probably meant to differ, for instance by their seed."""
    for names in equal:
        if len(names) > 1:
            yield f"{split}: {', '.join(names[:-1])} and {names[-1]} have the same predictions"
