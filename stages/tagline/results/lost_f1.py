"""Lost F1: where F1 of test, or else validation, is lost, and a command for each loss."""

import shlex
from collections.abc import Collection, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from tagline.artifacts import predictions, tokenized
from tagline.comparison.outdated import outdated_notes
from tagline.core import PROVENANCE, reported_split, verify
from tagline.core.params import read_section
from tagline.evaluation.altered_forms import CASES
from tagline.labels import Doubles, TaggedSentences, flatten
from tagline.metrics.outcomes import OutcomeKind, count_errors, outcomes_of_errors
from tagline.metrics.resampling import RESAMPLES, SEED, interval, weights
from tagline.metrics.scores import divide, ratios, rounded
from tagline.metrics.slices import TEXTS, TrainingIndex, in_train
from tagline.terminal import UserError, wrapped
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.tools.texts.options import MODEL

PREDICTIONS, TOKENIZED = Path("data/predictions"), Path("data/tokenized")
# With fewer gold entities that train has, nothing is said of those that it does not have.
LEAST_SEEN = 20
# The tally of all entities of the split.
ALL = "all"
# The numbers of a tally.
CORRECT, PREDICTED, GOLD = range(3)
# What a tally gains if an error is right instead.
CHANGES: dict[OutcomeKind, tuple[int, int, int]] = {
    "missed": (1, 1, 0),
    "spurious": (0, -1, 0),
    "type_error": (1, 0, 0),
    "boundary_error": (1, 0, 0),
}


class Remedy(NamedTuple):
    """What addresses a loss: its cost in words, and the command, if there is one."""

    cost: str
    command: str


# Labels of train are corrected, since wrong ones teach errors of the same kind.
AUDIT = Remedy("corrected labels, one training", "tagline audit --output fixes.html")


class LostF1(NamedTuple):
    """What is lost to some errors.

    Attributes:
        errors: their number.
        f1: of the split, then of each resample.
        without: likewise, without these errors.
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


def find() -> dict[str, Any]:
    """Find where the last run in the current folder loses F1.

    Returns:
        ``split``: test, or else validation; its F1 (``f1``, ``low``, ``high``, the 95 % interval) and the number of
        gold ``entities``; ``losses``, most worth first: name, number of errors, F1, F1 without them, the difference
        (``worth``) with its interval, and a `Remedy`; ``notes``: whether the run is outdated.

    Raises:
        UserError: params.yaml has errors; what a stage writes is missing or damaged; or the task has plain tags.
    """
    split, scored, forms = read_predictions()
    errors = count_errors(outcomes_of_errors(scored), len(scored))
    verify(TOKENIZED, "tokenize-align")
    train = tokenized.load_split(TOKENIZED, "train")
    tallies = {ALL: tally(scored), **by_text(scored, train)}
    for form, altered in forms.items():
        tallies[form] = tally(altered)
    for kind, change in CHANGES.items():
        tallies[kind] = tallies[ALL] + np.outer(errors[kind], change)
    sums = total(tallies, RESAMPLES, SEED)
    f1 = {name: ratios(*of_tally).f1 for name, of_tally in sums.items()}
    losses = [LostF1(kind, int(errors[kind].sum()), f1[ALL], f1[kind], AUDIT) for kind in CHANGES]
    losses += unseen_loss(sums, f1[ALL])
    losses += lowercase_loss(sums, f1, forms)
    described = [loss.described() for loss in losses]
    low, high = interval(f1[ALL][1:])
    return {
        "split": split,
        "f1": rounded(f1[ALL][0]),
        "low": rounded(low),
        "high": rounded(high),
        "entities": int(sums[ALL][GOLD, 0]),
        "losses": sorted((loss for loss in described if loss["worth"] > 0), key=itemgetter("worth"), reverse=True),
        "notes": outdated_notes("evaluate"),
    }


def read_predictions() -> tuple[str, TaggedSentences, dict[str, TaggedSentences]]:
    """Read the reported split's name and predictions, and those of its altered letter cases."""
    verify(PREDICTIONS, "evaluate")
    split = reported_split([file.stem for file in PREDICTIONS.glob("*.parquet")])
    kind = predictions.read_kind((PREDICTIONS / PROVENANCE).read_bytes(), f"{PREDICTIONS / PROVENANCE}")
    if kind == "tags":
        raise UserError(f"{PREDICTIONS}: plain tags; expected entities; `tagline scores` has the F1 of each tag")
    contents = {split: (PREDICTIONS / f"{split}.parquet").read_bytes()}
    splits = predictions.read_with_altered(contents, kind, str(PREDICTIONS))
    names = {form: f"{split}.altered.{form}" for form in CASES}
    forms = {form: flatten(splits[name]) for form, name in names.items() if name in splits}
    return split, flatten(splits[split]), forms


def tally(split: TaggedSentences, gold: Any = slice(None), predicted: Any = slice(None)) -> Doubles:
    """Count the correct, predicted and gold entities of each sentence, of all or of chosen ones: (sentences, 3)."""
    in_gold = split.gold_entities.where(gold)
    in_predicted = split.predicted_entities.where(predicted)
    correct = in_gold.start[in_gold.common(in_predicted)[0]]
    starts = (correct, in_predicted.start, in_gold.start)
    return np.stack([np.bincount(split.sentences_of(words), minlength=len(split)) for words in starts], axis=1)


def by_text(scored: TaggedSentences, train: tokenized.Split) -> dict[str, Doubles]:
    """The `tally` of entities that train has with their type (seen), and of those it does not have (unseen)."""
    words = train.labelled_words()
    training = TrainingIndex(words, [scored], "spans")
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


def unseen_loss(sums: Mapping[str, Doubles], f1: Doubles) -> Iterator[LostF1]:
    """Yield the loss to unseen entities, if they are found less often than seen ones."""
    everything, seen, unseen = sums[ALL], sums["seen"], sums["unseen"]
    if not unseen[GOLD, 0] or 0 < seen[GOLD, 0] < LEAST_SEEN:
        return
    # As many unseen entities as there are, found as often as seen ones; all of them, if none is seen.
    as_seen = everything - unseen + seen * divide(unseen[GOLD], seen[GOLD])
    if not seen[GOLD, 0]:
        as_seen = np.stack([unseen[GOLD]] * len(everything))
    without = ratios(*as_seen).f1
    if without[0] > f1[0]:
        yield LostF1("not in train", int(unseen[GOLD, 0] - unseen[CORRECT, 0]), f1, without, suggest())


def lowercase_loss(sums: Mapping[str, Doubles], f1: Mapping[str, Doubles], forms: Collection[str]) -> Iterator[LostF1]:
    """Yield the loss to the worst letter case, if there is one."""
    if not forms:
        return
    worst = min(forms, key=lambda form: f1[form][0])
    fewer = int(sums[ALL][CORRECT, 0] - sums[worst][CORRECT, 0])
    if fewer > 0:
        yield LostF1(f"{worst} text", fewer, f1[worst], f1[ALL], lowercase())


def lowercase() -> Remedy:
    """A training on more sentences in small letters; empty if all have small letters."""
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
    """More texts to annotate, from the user's pool."""
    command = "tagline suggest POOL --max-words 2000 --output tasks.html"
    if not MODEL.exists():  # it would name the types
        command = f"{command} --types {shlex.join(tokenized.load_labels(TOKENIZED).types)}"
    return Remedy("2,000 more words", command)


def table(found: Mapping[str, Any]) -> str:
    """Lay out what `find` returns in 80 columns: losses, then each command once."""
    rows = []
    commands: dict[str, str] = {}
    for loss in found["losses"]:
        row = {
            "lost to": loss["name"].replace("_", " "),
            "errors": f"{loss['errors']:,}",
            "F1": f"{loss['f1']:.3f}",
            "without": f"{loss['without']:.3f}",
            "worth, 95 %": "{worth:+.3f} ({low:.3f} to {high:.3f})".format(**loss),
        }
        rows.append(row)
        if loss["command"]:
            names = commands.get(loss["command"])
            commands[loss["command"]] = f"{names}, {row['lost to']}" if names else f"{loss['cost']}: {row['lost to']}"
    lines = ["F1 of {split} {f1:.3f} ({low:.3f} to {high:.3f}), {entities:,} entities".format(**found)]
    lines += [*map(wrapped, found["notes"]), "", tabulate(rows, "keys", disable_numparse=True), ""]
    for command, names in commands.items():
        lines += [names, f"  {command}"]
    return "\n".join(lines)
