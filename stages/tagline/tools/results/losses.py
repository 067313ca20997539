"""Losses: where F1 of test, or else validation, is lost, what it would be otherwise, and a command for each loss."""

import shlex
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from tagline.artifacts import raw_data, tokenized
from tagline.core import FEW_OF_TEST, read_columns, read_json, reported_split, verify
from tagline.core.params import read_section
from tagline.core.reading import reading
from tagline.evaluation.altered_forms import CASES
from tagline.evaluation.evaluate_params import Evaluate
from tagline.labels.tagged import TaggedSentences, flatten
from tagline.labels.windows import Doubles
from tagline.metrics.outcomes import outcomes_of_errors
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import divide, ratios, rounded
from tagline.metrics.slices import TEXTS, TrainingIndex, in_train
from tagline.terminal import UserError
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.tools.comparison import WORKSPACE
from tagline.tools.comparison.runs import PREDICTIONS, make_run
from tagline.tools.curve.power_law import PowerLaw, worth
from tagline.tools.curve.program import SEEDS
from tagline.tools.curve.runs import LEAST_SIZES, RAW, Curve, default_more, default_sizes
from tagline.tools.texts.options import MODEL
from tagline.training.epoch_choice import last_rise
from tagline.training.train_params import Train

TOKENIZED = Path("data/tokenized")
TRAINED, VALIDATION = Path("reports/train.json"), Path("plots/validation.csv")
# With fewer training sentences, more of them and more steps come first.
SMALL = 1000
# If two models differ in fewer entities, a sign test is never significant: 2 * 0.5**6 = 0.03.
LEAST_DIFFERENT = 6
# The tally of all entities of the split.
ALL = "all"
# The numbers of a tally.
CORRECT, PREDICTED, GOLD = range(3)


class Remedy(NamedTuple):
    """What addresses a loss.

    Attributes:
        cost: in words.
        command: empty if there is none.
    """

    cost: str
    command: str


# Wrong labels teach errors of the same kind.
AUDIT = Remedy("seconds, then labels to read", "tagline audit --output fixes.html")


class ErrorKind(NamedTuple):
    """A kind of error.

    Attributes:
        name: of its loss.
        change: what a tally gains if it is right instead.
    """

    name: str
    change: tuple[int, int, int]


KINDS = {
    "type_error": ErrorKind("wrong types", (1, 0, 0)),
    "boundary_error": ErrorKind("wrong boundaries", (1, 0, 0)),
    "missed": ErrorKind("missed", (1, 1, 0)),
    "spurious": ErrorKind("spurious", (0, -1, 0)),
}


class Loss(NamedTuple):
    """What is lost to some errors.

    Attributes:
        name: of the errors.
        errors: their number.
        f1: that of the split, then that of each resample.
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
    """Find where the last run in the current folder loses F1.

    Args:
        runs: those of `tagline curve`.

    Returns:
        ``split``: test, or validation without one; ``f1``, ``low``, ``high``, ``entities``: its F1, the 95 % interval
        of that, the number of gold entities; ``noise``: smaller differences in F1 between two models are never
        significant; ``losses``, most worth first: name, number of errors, F1, F1 without them, the difference
        (``worth``) with its interval, and a `Remedy`;
        ``more_sentences``: None, or what some more are likely worth, with an interval of 80 %; ``small``: whether train
        is; ``advice``: a text and a `Remedy` each, what helps whatever is lost.

    Raises:
        UserError: params.yaml has errors; what a stage writes is missing, damaged or of other data; or the
            task has plain tags.
    """
    split, scored, forms = read_predictions()
    errors = count_errors(scored)
    bootstrap = read_section("evaluate", Evaluate).bootstrap
    sums = total(tallies_of(scored, forms, errors), bootstrap.resamples, bootstrap.seed)
    losses = [loss.described() for loss in losses_of(sums, forms, errors)]
    f1 = ratios(*sums[ALL]).f1
    low, high = interval(f1[1:])
    entities = int(sums[ALL][GOLD, 0])
    sentences = raw_data.load(RAW).sentences["train"]
    more, advice = more_sentences(runs, sentences)
    if sentences < SMALL:
        advice += more_steps()
    return {
        "split": split,
        "f1": rounded(f1[0]),
        "low": rounded(low),
        "high": rounded(high),
        "entities": entities,
        "noise": rounded(min(1, LEAST_DIFFERENT / max(1, entities))),
        "losses": sorted(losses, key=lambda loss: loss["worth"], reverse=True),
        "more_sentences": more,
        "small": sentences < SMALL,
        "advice": [{"text": text, **remedy._asdict()} for text, remedy in advice],
    }


def read_predictions() -> tuple[str, TaggedSentences, dict[str, TaggedSentences]]:
    """Read the name and predictions of the reported split, and those of each altered form of letter case."""
    verify(Path(PREDICTIONS), "evaluate")
    split = reported_split([file.stem for file in Path(PREDICTIONS).glob("*.parquet")])
    run = make_run(WORKSPACE, None, lambda path: Path(path).read_bytes(), lambda _: None, [split])
    if run.kind == "tags":
        raise UserError(f"{PREDICTIONS}: plain tags; expected entities; `tagline scores` has the F1 of each tag")
    forms = {}
    for form in CASES:
        name = f"{split}.altered.{form}"
        if name in run.splits:
            forms[form] = flatten(run.splits[name])
    return split, flatten(run.splits[split]), forms


def count_errors(scored: TaggedSentences) -> dict[str, Doubles]:
    """Count the errors of each kind in each sentence: (sentences,)."""
    errors = {kind: np.zeros(len(scored)) for kind in KINDS}
    for index, outcomes in outcomes_of_errors(scored).items():
        for outcome in outcomes:
            if outcome.is_error:
                errors[outcome.kind][index] += 1
    return errors


def tallies_of(
    scored: TaggedSentences,
    forms: Mapping[str, TaggedSentences],
    errors: Mapping[str, Doubles],
) -> dict[str, Doubles]:
    """The tallies of a split, of its altered forms, of some of its entities, and without the errors of each kind."""
    tallies = {ALL: tally(scored), **by_text(scored)}
    for form, altered in forms.items():
        tallies[form] = tally(altered)
    for kind, numbers in errors.items():
        tallies[kind] = tallies[ALL] + np.outer(numbers, KINDS[kind].change)
    return tallies


def tally(split: TaggedSentences, gold: Any = slice(None), predicted: Any = slice(None)) -> Doubles:
    """Count the correct, predicted and gold entities of each sentence, of all or of chosen ones: (sentences, 3)."""
    in_gold = split.gold_entities.where(gold)
    in_predicted = split.predicted_entities.where(predicted)
    correct = in_gold.start[in_gold.common(in_predicted)[0]]
    starts = (correct, in_predicted.start, in_gold.start)
    return np.stack([np.bincount(split.sentences_of(words), minlength=len(split)) for words in starts], axis=1)


def by_text(scored: TaggedSentences) -> dict[str, Doubles]:
    """The `tally` of entities that train has with their type (seen), and of those that it does not have (unseen)."""
    verify(TOKENIZED, "tokenize-align")
    train = tokenized.load_split(TOKENIZED, "train").labelled_words(tokenized.load_labels(TOKENIZED))
    training = TrainingIndex(train, [scored], "spans")
    gold = in_train(scored, training, scored.gold_entities)
    predicted = in_train(scored, training, scored.predicted_entities)
    tallies = {}
    for name in ("seen", "unseen"):
        number = TEXTS.index(name)
        tallies[name] = tally(scored, gold == number, predicted == number)
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
) -> Iterator[Loss]:
    """Yield the losses to each kind of error, to unseen entities, to and to the worst letter case.

    Args:
        sums: as from `total`, of `tallies_of`.
        forms: its altered forms.
        errors: as from `count_errors`.
    """
    f1 = {name: ratios(*of_tally).f1 for name, of_tally in sums.items()}
    for kind, numbers in errors.items():
        yield Loss(KINDS[kind].name, int(numbers.sum()), f1[ALL], f1[kind], AUDIT)
    everything = sums[ALL]
    seen = sums["seen"]
    unseen = sums["unseen"]
    if unseen[GOLD, 0]:
        # As many unseen entities as there are, found as often as seen ones; all of them, if none is seen.
        as_seen = everything - unseen + seen * divide(unseen[GOLD], seen[GOLD])
        if not seen[GOLD, 0]:
            as_seen = np.stack([unseen[GOLD]] * len(everything))
        missed = int(unseen[GOLD, 0] - unseen[CORRECT, 0])
        yield Loss("not in train", missed, f1[ALL], ratios(*as_seen).f1, suggest())
    if forms:
        worst = min(forms, key=lambda form: f1[form][0])
        fewer = int(everything[CORRECT, 0] - sums[worst][CORRECT, 0])
        if fewer > 0:
            yield Loss(f"{worst} text", fewer, f1[worst], f1[ALL], lowercase())


def lowercase() -> Remedy:
    """A training on more sentences in small letters, with more steps per epoch; empty if all have small letters."""
    section = read_section("tokenize_align", TokenizeAlign)
    share = section.lowercase_share
    if share == 1:
        return Remedy("", "")
    more = 0.5 if share < 0.5 else 1
    plus = "" if "lowercase_share" in section.model_fields_set else "+"  # DVC adds a key with a plus only
    return Remedy(
        f"{(1 + more) / (1 + share):.1f} times a training",
        f"dvc exp run -S {plus}tokenize_align.lowercase_share={more}",
    )


def suggest() -> Remedy:
    """More texts to annotate, from a pool of the user's."""
    command = "tagline suggest POOL --max-words 2000 --output tasks.html"
    if not MODEL.exists():  # it would name the types
        command = f"{command} --types {shlex.join(tokenized.load_labels(TOKENIZED).types)}"
    return Remedy("2,000 more words", command)


def more_steps() -> list[tuple[str, Remedy]]:
    """A training of twice as many steps, if `train` says that they may help."""
    section = read_section("train", Train)
    with reading(VALIDATION, "train"):
        rise = last_rise([row["f1"] for row in read_columns(VALIDATION, ["f1"])])
    if section.max_steps is not None or not rise:
        return []
    plus = "" if "least_steps" in section.model_fields_set else "+"
    steps = read_json(TRAINED, "train")["steps"]
    command = f"dvc exp run -S {plus}train.least_steps={2 * steps}"
    text = f"more steps: F1 of validation rose by {rise:.3f} in the last epoch"
    return [(text, Remedy("2 times a training", command))]


def more_sentences(runs: Path, total: int) -> tuple[tuple[float, ...] | None, list[tuple[str, Remedy]]]:
    """What more sentences are likely worth, with its interval; and advice about them.

    Args:
        runs: those of `tagline curve`.
        total: number of training sentences.
    """
    if runs.is_file():
        means = {size: fmean(f1) for size, f1 in Curve(runs).f1_by_size().items()}
        if len(means) > LEAST_SIZES:
            more = default_more(total)
            gain = PowerLaw(means).gain(total, more)
            return tuple(map(rounded, gain)), [(worth(more, gain), suggest())]
    advice = []
    if total < SMALL:
        advice.append((f"annotate more: train has {total:,} sentences", suggest()))
    sizes = default_sizes(total)
    if sizes:
        cost = f"{(len(sizes) + 1) * len(SEEDS)} trainings"
        command = Remedy(cost, f"tagline curve --runs {shlex.quote(str(runs))}")
        advice.append(("what more sentences are worth is not measured yet", command))
    return None, advice


def table(found: Mapping[str, Any]) -> str:
    """Lay out what `find` returns for a terminal of 80 columns: losses and advice, each command once."""
    lines = ["F1 of {split} {f1:.3f} ({low:.3f} to {high:.3f}), {entities:,} entities".format(**found)]
    if found["entities"] < FEW_OF_TEST:
        lines.append(f"a difference below {found['noise']:.2f} F1 ({LEAST_DIFFERENT} entities) may be chance")
    lines.append("")
    shown = set[str]()
    if found["small"]:
        lines += [*advice_lines(found["advice"], shown), ""]
    lines += loss_lines(found["losses"], shown)
    if not found["small"]:
        lines += ["", *advice_lines(found["advice"], shown)]
    return "\n".join(lines)


def advice_lines(advice: Sequence[Mapping[str, Any]], shown: set[str]) -> Iterator[str]:
    """Yield each text, then its command; ``shown`` has the commands so far, and gets others."""
    for item in advice:
        yield item["text"]
        yield from command_lines(item, shown)


def loss_lines(losses: Sequence[Mapping[str, Any]], shown: set[str]) -> Iterator[str]:
    """Yield a table with a row per loss, and below losses with the same command that command."""
    rows = []
    for loss in losses:
        row = {
            "lost to": loss["name"],
            "errors": f"{loss['errors']:,}",
            "F1": f"{loss['f1']:.3f}",
            "without": f"{loss['without']:.3f}",
            "worth, 95 %": "{worth:+.3f} ({low:.3f} to {high:.3f})".format(**loss),
        }
        rows.append(row)
    titles, rule, *lines = tabulate(rows, "keys", disable_numparse=True).splitlines()
    yield from (titles, rule)
    by_command: defaultdict[str, list[int]] = defaultdict(list)
    for index, loss in enumerate(losses):
        by_command[loss["command"]].append(index)
    for indices in by_command.values():
        for index in indices:
            yield lines[index]
        yield from command_lines(losses[indices[0]], shown)


def command_lines(remedy: Mapping[str, Any], shown: set[str]) -> Iterator[str]:
    """Yield the cost of a remedy with its command, or without it if it was shown; nothing if there is none."""
    command = remedy["command"]
    if command in shown:
        yield f"  {remedy['cost']}, as above"
    elif command:
        shown.add(command)
        yield f"  {remedy['cost']}: {command}"
