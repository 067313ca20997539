"""Runs, and the sentences that several have in common, scored with the same gold labels.

A run is what the stage evaluate wrote for a revision: predictions and metrics.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tagline.artifacts import predictions
from tagline.core.params import PARAMS
from tagline.core.provenance import PROVENANCE
from tagline.core.reading import parse_object, reading
from tagline.evaluation.measurements.order import COMPARED_DIGITS
from tagline.labels.label_list import Kind, Labels
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.scores import Counts, count
from tagline.terminal.errors import UserError

PREDICTIONS = "data/predictions"
EVALUATE = "metrics/evaluate.json"
# Scores in metrics/evaluate.json are rounded to `summary.COMPARED_DIGITS`.
ROUNDING = 0.6 * 10**-COMPARED_DIGITS
# Maximum number of names in a list, such as the changed files of a stage.
SHOWN = 3


def some(names: Sequence[str]) -> str:
    """List the first names, and how many more there are."""
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if (more := len(names) - SHOWN) > 0 else "")


@dataclass(frozen=True)
class Run:
    """The results of a revision.

    Attributes:
        name: the revision as the user wrote it.
        commit: its hash; None for the workspace.
        kind: how the labels are read.
        splits: the predictions of each split, and of its altered forms as ``SPLIT.altered.FORM``.
        metrics: metrics/evaluate.json; empty if it does not exist.
        params: the content of params.yaml; None if it does not exist.
        notes: what a reader should know before trusting them.
    """

    name: str
    commit: str | None
    kind: Kind
    splits: dict[str, list[TaggedSentence]]
    metrics: dict[str, Any]
    params: bytes | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name, with the hash if that is not the name itself."""
        if self.commit is None or self.commit.startswith(self.name):
            return self.name
        return f"{self.name} ({self.commit[:7]})"


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
        tracked: returns the bytes of a file of data/predictions, or raises a `UserError`.
        committed: returns the bytes of a file in Git, or None if it does not exist.
        splits: the splits to read.

    Raises:
        UserError: a file is missing or damaged.
    """
    where = f"{PREDICTIONS}/{PROVENANCE}"
    kind = predictions.read_kind(tracked(where), f"{name}: {where}")
    files = {split: tracked(f"{PREDICTIONS}/{split}.parquet") for split in splits}
    tagged = predictions.read_with_altered(files, kind, f"{name}: {PREDICTIONS}")
    return Run(name, commit, kind, tagged, parse_metrics(name, committed(EVALUATE)), committed(str(PARAMS)))


def parse_metrics(name: str, content: bytes | None) -> dict[str, Any]:
    """Parse metrics/evaluate.json of a revision; empty if it does not exist.

    Raises:
        UserError: it is not a JSON object.
    """
    with reading(f"{name}: {EVALUATE}", "evaluate", expected="a JSON object"):
        return {} if content is None else parse_object(content)


@dataclass(frozen=True)
class Aligned:
    """One split of several runs over the sentences that all of them have, with the gold labels of the last run.

    Attributes:
        scored: the common sentences with the predictions of each run.
        counts: of each run.
        types_differ: whether the gold labels of some run have other types than those of the last run.
        notes: what a reader should know.
    """

    scored: list[list[TaggedSentence]]
    counts: list[Counts]
    types_differ: bool
    notes: list[str]


def align(split: str, runs: Sequence[Run]) -> Aligned:
    """Score all runs over their common sentences.

    Raises:
        UserError: the runs have no common sentence, or are of different tasks.
    """
    joined = join([run.splits[split] for run in runs])
    types = [{entity.type for sentence in own for entity in sentence.gold_entities} for own in joined]
    _check_tasks(split, runs, joined, types)
    other_types = list(_different_types(split, runs, types))
    kind, of_runs = runs[-1].kind, [sentences[0].labels for sentences in joined]
    names, sets = ({each for labels in of_runs for each in getattr(labels, part)} for part in ("names", "sets"))
    labels = Labels("", kind, tuple(sorted(names)), "", tuple(sorted(sets)))
    gold = [sentence.relabelled(labels).gold for sentence in joined[-1]]
    scored = [[replace(own.relabelled(labels), gold=of) for own, of in zip(run, gold, strict=True)] for run in joined]
    notes = [
        *other_types,
        *_left_out(split, runs, len(gold)),
        *_different_gold(split, runs, joined),
        *_different_metrics(split, runs),
        *_same_predictions(split, runs, joined),
    ]
    return Aligned(scored, [count(sentences, kind) for sentences in scored], bool(other_types), notes)


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
        waiting, taken = defaultdict[tuple[str, ...], deque[int]](deque), set(matches.values())
        for index, sentence in enumerate(run):
            if index not in taken:
                waiting[sentence.id if with_id else "", *sentence.words].append(index)
        for index, sentence in enumerate(reference):
            same = waiting[sentence.id if with_id else "", *sentence.words]
            if index not in matches and same:
                matches[index] = same.popleft()
    return matches


def _check_tasks(
    split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]], types: Sequence[set[str]]
) -> None:
    if not joined[-1]:
        names = " and ".join(dict.fromkeys(run.name for run in runs))
        raise UserError(f"{names}: no common sentence in {split}; expected splits that overlap")
    for run, own in zip(runs, types, strict=True):
        if run.kind != runs[-1].kind or (own and types[-1] and not own & types[-1]):
            found = f"different tasks ({_examples(run, own)}; {_examples(runs[-1], types[-1])})"
            raise UserError(f"{run.name} and {runs[-1].name}: {found}; expected the same tokenize_align.task")


def _examples(run: Run, types: set[str]) -> str:
    return f"{'entities' if run.kind == 'spans' else 'tags'} such as {', '.join(sorted(types)[:3])}"


def _different_types(split: str, runs: Sequence[Run], types: Sequence[set[str]]) -> Iterator[str]:
    """Report gold types that only a run or only the last one has, for instance because a type was renamed."""
    for run, own in zip(runs, types, strict=True):
        only = {run.name: own - types[-1], runs[-1].name: types[-1] - own}
        if own != types[-1]:
            found = ", ".join(f"{some(sorted(each))} only in {name}" for name, each in only.items() if each)
            yield f"{split}: types differ: {found}"


def _left_out(split: str, runs: Sequence[Run], common: int) -> Iterator[str]:
    """Report sentences that not all runs have."""
    missing = {run.name: len(run.splits[split]) - common for run in runs}
    if any(missing.values()):
        counts = ", ".join(f"{number} of {name}" for name, number in missing.items() if number)
        compared = f"{common} common sentence{' is' if common == 1 else 's are'}"
        yield f"{split}: the {compared} compared, without {counts}"


def _different_gold(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Report common sentences whose gold labels differ."""
    reference = runs[-1]
    for run, own in zip(runs, joined, strict=True):
        if changed := sum(a.gold_names != b.gold_names for a, b in zip(own, joined[-1], strict=True)):
            differ = f"sentence{'s have' if changed > 1 else ' has'} other gold labels in {run.name}"
            result = f"all runs are scored against those of {reference.name}"
            yield f"{split}: {changed} {differ} than in {reference.name}; {result}"


def _different_metrics(split: str, runs: Sequence[Run]) -> Iterator[str]:
    """Report metrics that are not those of the predictions, for instance because only one of them was committed."""
    for run in runs:
        f1 = float(count(run.splits[split], run.kind).total().overall().f1)
        written = run.metrics.get(f"{split}.f1")
        if not isinstance(written, int | float):
            yield f"{run.name}: {EVALUATE} has no F1 of {split}; the predictions are compared"
        elif abs(written - f1) > ROUNDING:
            found = f"F1 of {split} is {written:.3f} in {EVALUATE}, but {f1:.3f} for the predictions"
            yield f"{run.name}: {found}, so they are of different runs; the predictions are compared"


def _same_predictions(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Report runs with the same predictions, which were probably meant to differ, for instance by their seed."""
    groups = defaultdict(list)
    for run, own in zip(runs, joined, strict=True):
        groups[tuple(tuple(sentence.predicted_names) for sentence in own)].append(run.name)
    for names in groups.values():
        if len(names) > 1:
            yield f"{split}: {', '.join(names[:-1])} and {names[-1]} have the same predictions"
