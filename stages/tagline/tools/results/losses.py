"""Losses: where F1 of test is lost, what it would be otherwise, and a command that addresses each loss."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from tagline.artifacts import raw_data, tokenized
from tagline.audit.audit_params import AUDIT, AUDIT_PARAMS, CROSSVAL, Audit
from tagline.core import verify
from tagline.core.params import read_section
from tagline.core.reading import reading
from tagline.crossval.folding import EARLY
from tagline.evaluation.altered_forms import CASES
from tagline.evaluation.evaluate_params import Evaluate
from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentences, flatten
from tagline.labels.windows import Doubles
from tagline.metrics.outcomes import outcomes_of_errors
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import divide, ratios, rounded
from tagline.metrics.slices import TEXTS, TrainingIndex, in_train
from tagline.sources.formats.json_objects import rows_in
from tagline.sources.formats.lines import read_lines
from tagline.terminal import UserError
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.tools.comparison import WORKSPACE
from tagline.tools.comparison.runs import PREDICTIONS, make_run
from tagline.tools.curve.power_law import PowerLaw, worth
from tagline.tools.curve.program import SEEDS
from tagline.tools.curve.runs import LEAST_PART, LEAST_SIZES, RAW, Curve, default_sizes

TOKENIZED, SUSPICIONS = Path("data/tokenized"), Path("reports/audit.jsonl")
# The params of an audit that `tagline audit create` writes.
NEW_AUDIT = Path(__file__).parents[1] / "settings" / AUDIT_PARAMS
# Sentences, whose worth `tagline curve` measures.
MORE = 500
# The numbers of a tally.
CORRECT, PREDICTED, GOLD = range(3)


class Remedy(NamedTuple):
    """What addresses a loss: its cost in words, and the command."""

    cost: str
    command: str


SUGGEST = Remedy("5,000 words to annotate", "tagline suggest POOL --words 5000 --output tasks.html")


class ErrorKind(NamedTuple):
    """A kind of error.

    Attributes:
        name: of its loss.
        fault: the fault of labels that teaches it.
        change: what a tally gains if it is right instead.
    """

    name: str
    fault: str
    change: tuple[int, int, int]


KINDS = {
    "type_error": ErrorKind("wrong types", "type", (1, 0, 0)),
    "boundary_error": ErrorKind("wrong boundaries", "boundary", (1, 0, 0)),
    "missed": ErrorKind("missed", "missing", (1, 1, 0)),
    "spurious": ErrorKind("spurious", "spurious", (0, -1, 0)),
}


class Suspicions(NamedTuple):
    """The suspicions of the audit whose suggested labels are more probable than gold.

    Attributes:
        numbers: how many there are of each split and of each fault.
        changes: what the `tally` of test gains if they are right.
    """

    numbers: Counter[str]
    changes: Doubles


class Loss(NamedTuple):
    """What is lost to some errors.

    Attributes:
        name: of the errors.
        errors: their number.
        f1: that of test, then that of each resample.
        without: likewise, without these errors.
        remedy: what addresses them.
    """

    name: str
    errors: int
    f1: Doubles
    without: Doubles
    remedy: Remedy

    def described(self) -> dict[str, Any]:
        difference = self.without - self.f1
        low, high = interval(difference[1:])
        return {
            "name": self.name,
            "errors": self.errors,
            "f1": rounded(self.f1[0]),
            "without": rounded(self.without[0]),
            "worth": rounded(difference[0]),
            "low": rounded(low),
            "high": rounded(high),
            **self.remedy._asdict(),
        }


def find(runs: Path) -> dict[str, Any]:
    """Find where the last run in the current folder loses F1 of test.

    Args:
        runs: those of `tagline curve`.

    Returns:
        ``f1``, ``low``, ``high``, ``entities``: F1 of test, its 95 % interval, the number of gold entities; ``losses``,
        most worth first: name, number of errors, F1, F1 without them, the difference (``worth``) with its interval, and
        a command with its cost; ``more_sentences``: None, or what `MORE` are likely worth, with an interval of 80 %;
        ``notes``: that in words, and what else is not measured.

    Raises:
        UserError: params.yaml has errors; what a stage or the audit writes is missing, damaged or of other data; or the
            task has plain tags.
    """
    test, forms = read_predictions()
    errors = count_errors(test)
    suspicions = read_suspicions(test) if SUSPICIONS.is_file() else None
    tallies = tallies_of(test, forms, errors, suspicions)
    bootstrap = read_section("evaluate", Evaluate).bootstrap
    sums = total(tallies, bootstrap.resamples, bootstrap.seed)
    losses = [loss.described() for loss in losses_of(sums, forms, errors, suspicions)]
    f1 = ratios(*sums["test"]).f1
    low, high = interval(f1[1:])
    more, note = more_sentences(runs)
    notes = [note]
    if suspicions is None:
        remedy = audit(None)
        notes.append(f"{SUSPICIONS}: missing; which labels are probably wrong: {remedy.cost}, `{remedy.command}`")
    return {
        "f1": rounded(f1[0]),
        "low": rounded(low),
        "high": rounded(high),
        "entities": int(sums["test"][GOLD, 0]),
        "losses": sorted(losses, key=lambda loss: loss["worth"], reverse=True),
        "more_sentences": more,
        "notes": notes,
    }


def read_predictions() -> tuple[TaggedSentences, dict[str, TaggedSentences]]:
    """Read the predictions of test, and those of each altered form of letter case."""
    verify(Path(PREDICTIONS), "evaluate")
    run = make_run(WORKSPACE, None, lambda path: Path(path).read_bytes(), lambda _: None, ["test"])
    if run.kind == "tags":
        raise UserError(f"{PREDICTIONS}: plain tags; expected entities; `tagline scores` has the F1 of each tag")
    forms = {}
    for form in CASES:
        name = f"test.altered.{form}"
        if name in run.splits:
            forms[form] = flatten(run.splits[name])
    return flatten(run.splits["test"]), forms


def count_errors(test: TaggedSentences) -> dict[str, Doubles]:
    """Count the errors of each kind in each sentence: (sentences,)."""
    errors = {kind: np.zeros(len(test)) for kind in KINDS}
    for index, outcomes in outcomes_of_errors(test).items():
        for outcome in outcomes:
            if outcome.is_error:
                errors[outcome.kind][index] += 1
    return errors


def read_suspicions(test: TaggedSentences) -> Suspicions:
    """Read the suspicions of the audit."""
    numbers = Counter[str]()
    changes = np.zeros((len(test), 3))
    indices = {id_: index for index, id_ in enumerate(test.ids or ())}
    with reading(
        SUSPICIONS,
        "audit/dvc.yaml:audit",
        problem="damaged or of other data",
        expected="suspicions of an audit of data/tokenized",
    ):
        for _, row in rows_in(read_lines(SUSPICIONS), str(SUSPICIONS)):
            if not row["score"] > 0:
                continue
            numbers.update((row["split"], row["kind"]))
            if row["split"] == "test":
                index = indices[row["id"]]
                predicted = test[index].predicted_entities
                changes[index] += _numbers(row["suggested"], predicted) - _numbers(row["gold"], predicted)
    return Suspicions(numbers, changes)


def _numbers(gold: list[dict[str, Any]], predicted: list[Entity]) -> Doubles:
    """Tally some gold entities alone: how many are correct, no predicted ones, how many there are."""
    entities = [Entity(entity["type"], entity["start"], entity["end"]) for entity in gold]
    return np.array([sum(entity in predicted for entity in entities), 0, len(entities)], dtype=np.float64)


def tallies_of(
    test: TaggedSentences,
    forms: Mapping[str, TaggedSentences],
    errors: Mapping[str, Doubles],
    suspicions: Suspicions | None,
) -> dict[str, Doubles]:
    """The tallies of test, of its altered forms, of some of its entities, and without the errors of each kind."""
    tallies = {"test": tally(test), **by_text(test)}
    for form, altered in forms.items():
        tallies[form] = tally(altered)
    for kind, numbers in errors.items():
        tallies[kind] = tallies["test"] + np.outer(numbers, KINDS[kind].change)
    if suspicions is not None:
        tallies["audited"] = tallies["test"] + suspicions.changes
    return tallies


def tally(split: TaggedSentences, gold: Any = slice(None), predicted: Any = slice(None)) -> Doubles:
    """Count the correct, predicted and gold entities of each sentence, of all or of chosen ones: (sentences, 3)."""
    in_gold = split.gold_entities.where(gold)
    in_predicted = split.predicted_entities.where(predicted)
    correct = in_gold.start[in_gold.common(in_predicted)[0]]
    starts = (correct, in_predicted.start, in_gold.start)
    return np.stack([np.bincount(split.sentences_of(words), minlength=len(split)) for words in starts], axis=1)


def by_text(test: TaggedSentences) -> dict[str, Doubles]:
    """The `tally` of entities that train has with their type (seen), and of those that it does not have (unseen)."""
    verify(TOKENIZED, "tokenize-align")
    train = tokenized.load_split(TOKENIZED, "train").labelled_words(tokenized.load_labels(TOKENIZED))
    training = TrainingIndex(train, [test], "spans")
    gold = in_train(test, training, test.gold_entities)
    predicted = in_train(test, training, test.predicted_entities)
    tallies = {}
    for name in ("seen", "unseen"):
        number = TEXTS.index(name)
        tallies[name] = tally(test, gold == number, predicted == number)
    return tallies


def total(tallies: Mapping[str, Doubles], resamples: int, seed: int) -> dict[str, Doubles]:
    """Sum tallies over all sentences, then over each resample: (3, 1 + resamples) each."""
    joined = np.hstack([*tallies.values()])
    blocks = (block @ joined for block in weights(len(joined), resamples, seed))
    sums = np.concatenate([joined.sum(0, keepdims=True), *blocks]).T
    return dict(zip(tallies, np.split(sums, len(tallies)), strict=True))


def losses_of(
    sums: Mapping[str, Doubles],
    forms: Collection[str],
    errors: Mapping[str, Doubles],
    suspicions: Suspicions | None,
) -> Iterator[Loss]:
    """Yield the losses to each kind of error, to unseen entities, to the worst letter case and to wrong gold labels.

    Args:
        sums: as from `total`, of `tallies_of`.
        forms: altered forms of test.
        errors: as from `count_errors`.
        suspicions: None if there was no audit.
    """
    f1 = {name: ratios(*of_tally).f1 for name, of_tally in sums.items()}
    for kind, numbers in errors.items():
        name, fault, _ = KINDS[kind]
        yield Loss(name, int(numbers.sum()), f1["test"], f1[kind], audit(suspicions, fault))
    test = sums["test"]
    seen = sums["seen"]
    unseen = sums["unseen"]
    if seen[GOLD, 0] and unseen[GOLD, 0]:
        # As many unseen entities as there are, found as often as seen ones.
        as_seen = test - unseen + seen * divide(unseen[GOLD], seen[GOLD])
        missed = int(unseen[GOLD, 0] - unseen[CORRECT, 0])
        yield Loss("not in train", missed, f1["test"], ratios(*as_seen).f1, SUGGEST)
    if forms:
        worst = min(forms, key=lambda form: f1[form][0])
        fewer = int(test[CORRECT, 0] - sums[worst][CORRECT, 0])
        yield Loss(f"{worst} text", fewer, f1[worst], f1["test"], lowercase())
    if suspicions is not None and suspicions.numbers["test"]:
        yield Loss("labels of test", suspicions.numbers["test"], f1["test"], f1["audited"], audit(suspicions, "test"))


def audit(suspicions: Suspicions | None, split_or_fault: str = "") -> Remedy:
    """The review of the suspicions of a split or fault, or the audit that finds them."""
    if suspicions is not None:
        return Remedy(f"{suspicions.numbers[split_or_fault]:,} suspicions to read", "tagline audit export fixes.html")
    exists = AUDIT_PARAMS.is_file()
    folds = read_section("audit", Audit, AUDIT_PARAMS if exists else NEW_AUDIT).folds
    cost = f"{len(folds)} trainings"
    if folds == [EARLY]:
        cost = "half a training"
    elif folds == CROSSVAL:
        cost = "no training"
    return Remedy(cost, "dvc repro audit/dvc.yaml" if exists else f"{AUDIT} && dvc repro audit/dvc.yaml")


def lowercase() -> Remedy:
    """A training on more sentences in small letters, with more steps per epoch; empty if all have small letters."""
    section = read_section("tokenize_align", TokenizeAlign)
    share = section.lowercase_share
    if share == 1:
        return Remedy("", "")
    more = 0.5 if share < 0.5 else 1
    plus = "" if "lowercase_share" in section.model_fields_set else "+"  # DVC adds a key with a plus only
    return Remedy(
        f"1 training, {(1 + more) / (1 + share):.1f} times as long",
        f"dvc exp run -S {plus}tokenize_align.lowercase_share={more}",
    )


def more_sentences(runs: Path) -> tuple[tuple[float, ...] | None, str]:
    """What more sentences are likely worth, with its interval; and that, or how it is measured, in words."""
    if runs.is_file():
        curve = Curve(runs)
        means = {size: fmean(f1) for size, f1 in curve.f1_by_size().items()}
        if len(means) > LEAST_SIZES:
            gain = PowerLaw(means).gain(curve.raw.sentences["train"], MORE)
            return tuple(map(rounded, gain)), worth(MORE, gain)
    total = raw_data.load(RAW).sentences["train"]
    sizes = default_sizes(total)
    if not sizes:
        least = LEAST_PART * 2**LEAST_SIZES
        return None, f"train has {total:,} sentences; what more are worth can be measured from {least:,} on"
    cost = f"{(len(sizes) + 1) * len(SEEDS)} trainings, `tagline curve --runs {runs}`"
    return None, f"{runs}: missing, or too few runs with these params and data; what more sentences are worth: {cost}"


def table(found: Mapping[str, Any]) -> str:
    """Lay out what `find` returns for a terminal."""
    title = "F1 of test {f1:.3f} ({low:.3f} to {high:.3f}), {entities:,} entities".format(**found)
    rows = [
        {
            "lost to": loss["name"],
            "errors": f"{loss['errors']:,}",
            "F1": f"{loss['f1']:.3f}",
            "without": f"{loss['without']:.3f}",
            "worth, 95 %": "{worth:+.3f} ({low:.3f} to {high:.3f})".format(**loss),
            "cost": loss["cost"],
            "command": loss["command"],
        }
        for loss in found["losses"]
    ]
    return "\n".join([title, "", tabulate(rows, "keys", disable_numparse=True), "", *found["notes"]])
