"""Losses: where F1 of test is lost, what it would be otherwise, and a command that addresses each loss."""

from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from tabulate import tabulate

from tagline.artifacts import raw_data, tokenized
from tagline.audit.audit_params import AUDIT, AUDIT_PARAMS, EARLY, Audit
from tagline.core.params import read_section
from tagline.core.provenance import verify
from tagline.core.reading import reading
from tagline.evaluation.altered_forms import CASES
from tagline.evaluation.evaluate_params import Bootstrap, Evaluate
from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentences, flatten
from tagline.labels.windows import Doubles
from tagline.metrics.outcomes import outcomes_of_errors
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import divide, ratios, rounded
from tagline.metrics.slices import TEXTS, TrainingIndex, in_train
from tagline.sources.formats.json_objects import rows_in
from tagline.sources.formats.lines import read_lines
from tagline.terminal.errors import UserError
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.tools.comparison import WORKSPACE
from tagline.tools.comparison.runs import PREDICTIONS, make_run
from tagline.tools.curve.power_law import PowerLaw, worth
from tagline.tools.curve.program import SEEDS
from tagline.tools.curve.runs import LEAST_PART, LEAST_SIZES, RAW, Curve, default_sizes

TOKENIZED, SUSPICIONS = Path("data/tokenized"), Path("reports/audit.jsonl")
# The params of an audit that `tagline audit create` writes.
NEW_AUDIT = Path(__file__).parents[1] / "settings" / AUDIT_PARAMS
SUGGEST = "5,000 words to annotate", "tagline suggest POOL --words 5000 --output tasks.html"
# Sentences, whose worth `tagline curve` measures.
MORE = 500
# Of each kind of error its name, the fault of labels that teaches it, and by how much the numbers of correct, predicted
# and gold entities change if it is right instead.
KINDS = {
    "type_error": ("wrong types", "type", (1, 0, 0)),
    "boundary_error": ("wrong boundaries", "boundary", (1, 0, 0)),
    "missed": ("missed", "missing", (1, 1, 0)),
    "spurious": ("spurious", "spurious", (0, -1, 0)),
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
    errors = [(index, each.kind) for index, outcomes in outcomes_of_errors(test).items() for each in outcomes]
    numbers = Counter[str](kind for _, kind in errors)
    suspicions, changes = read_suspicions(test) if SUSPICIONS.is_file() else (None, np.zeros(3))
    tallies = {"test": tally(test), **{form: tally(each) for form, each in forms.items()}, **by_text(test)}
    for kind, (_, _, change) in KINDS.items():
        of_kind = np.bincount([index for index, other in errors if other == kind], minlength=len(test))
        tallies[kind] = tallies["test"] + np.outer(of_kind, change)
    tallies["audited"] = tallies["test"] + changes
    sums = total(tallies, read_section("evaluate", Evaluate).bootstrap)
    sums["as seen"] = sums["test"] - sums["unseen"] + sums["seen"] * divide(sums["unseen"][2], sums["seen"][2])
    f1 = {name: ratios(*each).f1 for name, each in sums.items()}
    correct, _, gold = ({name: int(each[row, 0]) for name, each in sums.items()} for row in range(3))

    rows = [(name, numbers[kind], "test", kind, audit(suspicions, fault)) for kind, (name, fault, _) in KINDS.items()]
    if gold["seen"] and gold["unseen"]:
        rows.append(("not in train", gold["unseen"] - correct["unseen"], "test", "as seen", SUGGEST))
    if forms:
        worst = min(forms, key=lambda form: f1[form][0])
        rows.append((f"{worst} text", correct["test"] - correct[worst], worst, "test", lowercase()))
    if suspicions and suspicions["test"]:
        rows.append(("labels of test", suspicions["test"], "test", "audited", audit(suspicions, "test")))
    losses = [describe(name, number, f1[now], f1[without], *remedy) for name, number, now, without, remedy in rows]
    low, high = map(rounded, interval(f1["test"][1:]))
    more, note = more_sentences(runs)
    missing = "{}: missing; which labels are probably wrong: {}, `{}`".format(SUSPICIONS, *audit(None))
    return {
        **{"f1": rounded(f1["test"][0]), "low": low, "high": high, "entities": gold["test"]},
        "losses": sorted(losses, key=lambda each: each["worth"], reverse=True),
        **{"more_sentences": more, "notes": [note, missing] if suspicions is None else [note]},
    }


def read_predictions() -> tuple[TaggedSentences, dict[str, TaggedSentences]]:
    """Read the predictions of test, and those of each altered form of letter case."""
    verify(Path(PREDICTIONS), "evaluate")
    run = make_run(WORKSPACE, None, lambda path: Path(path).read_bytes(), lambda _: None, ["test"])
    if run.kind == "tags":
        raise UserError(f"{PREDICTIONS}: plain tags; expected entities; `tagline scores` has the F1 of each tag")
    forms = {form: flatten(run.splits[name]) for form in CASES if (name := f"test.altered.{form}") in run.splits}
    return flatten(run.splits["test"]), forms


def tally(found: TaggedSentences, gold: Any = slice(None), predicted: Any = slice(None)) -> Doubles:
    """Count the correct, predicted and gold entities of each sentence, of all or of chosen ones: (sentences, 3)."""
    in_gold, in_predicted = found.gold_entities.where(gold), found.predicted_entities.where(predicted)
    starts = in_gold.start[in_gold.common(in_predicted)[0]], in_predicted.start, in_gold.start
    return np.stack([np.bincount(found.sentences_of(each), minlength=len(found)) for each in starts], axis=1)


def by_text(test: TaggedSentences) -> dict[str, Doubles]:
    """The `tally` of entities that train has with their type (seen), and of those that it does not have (unseen)."""
    verify(TOKENIZED, "tokenize-align")
    train = tokenized.load_split(TOKENIZED, "train").labelled_words(tokenized.load_labels(TOKENIZED))
    training = TrainingIndex(train, [test], "spans")
    found = [in_train(test, training, side) for side in (test.gold_entities, test.predicted_entities)]
    return {name: tally(test, *(each == TEXTS.index(name) for each in found)) for name in ("seen", "unseen")}


def read_suspicions(test: TaggedSentences) -> tuple[Counter[str], Doubles]:
    """Read the suspicions of the audit whose suggested labels are more probable than gold.

    Returns:
        Their number by split and by fault; and how they change the `tally` of test if they are right.
    """
    numbers = Counter[str]()
    changes, indices = np.zeros((len(test), 3)), {id_: index for index, id_ in enumerate(test.ids or ())}
    about = {"problem": "damaged or of other data", "expected": "suspicions of an audit of data/tokenized"}
    with reading(SUSPICIONS, "audit/dvc.yaml:audit", **about):
        for row in (row for _, row in rows_in(read_lines(SUSPICIONS), str(SUSPICIONS)) if row["score"] > 0):
            numbers.update((row["split"], row["kind"]))
            if row["split"] == "test":
                index = indices[row["id"]]
                predicted = test[index].predicted_entities
                for side, sign in (("suggested", 1), ("gold", -1)):
                    found = [Entity(each["type"], each["start"], each["end"]) for each in row[side]]
                    changes[index] += sign * sum(each in predicted for each in found), 0, sign * len(found)
    return numbers, changes


def audit(suspicions: Counter[str] | None, wanted: str = "") -> tuple[str, str]:
    """What it costs to review the suspicions of a split or fault, or to find them, and the command."""
    if suspicions is not None:
        return f"{suspicions[wanted]:,} suspicions to read", "tagline audit export fixes.html"
    made = AUDIT_PARAMS.is_file()
    folds = read_section("audit", Audit, AUDIT_PARAMS if made else NEW_AUDIT).folds
    cost = "half a training" if folds == [EARLY] else f"{len(folds)} trainings"
    return cost, "dvc repro audit/dvc.yaml" if made else f"{AUDIT} && dvc repro audit/dvc.yaml"


def lowercase() -> tuple[str, str]:
    """What it costs to train on more sentences in small letters, with more steps per epoch, and the command."""
    section = read_section("tokenize_align", TokenizeAlign)
    share = section.lowercase_share
    if share == 1:
        return "", ""
    more = 0.5 if share < 0.5 else 1
    cost = f"1 training, {(1 + more) / (1 + share):.1f} times as long"
    plus = "" if "lowercase_share" in section.model_fields_set else "+"  # DVC adds a key with a plus only
    return cost, f"dvc exp run -S {plus}tokenize_align.lowercase_share={more}"


def more_sentences(runs: Path) -> tuple[tuple[float, ...] | None, str]:
    """What more sentences are likely worth, with its interval; and that, or how it is measured, in words."""
    if runs.is_file():
        curve = Curve(runs)
        own = [run for run in curve.finished if run.get("settings") == curve.settings]
        found = sorted((run["sentences"], run["test.f1"]) for run in own)
        means = {size: fmean(f1 for _, f1 in same) for size, same in groupby(found, key=lambda pair: pair[0])}
        if len(means) > LEAST_SIZES:
            gain = PowerLaw(means).gain(curve.raw.sentences["train"], MORE)
            return tuple(map(rounded, gain)), worth(MORE, *gain)
    total = raw_data.load(RAW).sentences["train"]
    sizes = default_sizes(total)
    if not sizes:
        least = LEAST_PART * 2**LEAST_SIZES
        return None, f"train has {total:,} sentences; what more are worth can be measured from {least:,} on"
    cost = f"{(len(sizes) + 1) * len(SEEDS)} trainings, `tagline curve --runs {runs}`"
    return None, f"{runs}: missing, or too few runs with these params and data; what more sentences are worth: {cost}"


def total(tallies: Mapping[str, Doubles], bootstrap: Bootstrap) -> dict[str, Doubles]:
    """Sum tallies over all sentences, then over each resample: (3, 1 + resamples) each."""
    joined = np.hstack([*tallies.values()])
    blocks = (block @ joined for block in weights(len(joined), bootstrap.resamples, bootstrap.seed))
    sums = np.concatenate([joined.sum(0, keepdims=True), *blocks]).T
    return dict(zip(tallies, np.split(sums, len(tallies)), strict=True))


def describe(name: str, errors: int, f1: Doubles, without: Doubles, cost: str, command: str) -> dict[str, Any]:
    """Describe a loss; the first F1 is of test, the others are of its resamples."""
    difference = without - f1
    scores = map(rounded, (f1[0], without[0], difference[0], *interval(difference[1:])))
    named = zip(("f1", "without", "worth", "low", "high"), scores, strict=True)
    return {"name": name, "errors": errors, **dict(named), "cost": cost, "command": command}


def table(found: Mapping[str, Any]) -> str:
    """Lay out what `find` returns for a terminal."""
    formats = "{name}", "{errors:,}", "{f1:.3f}", "{without:.3f}", "{worth:+.3f} ({low:.3f} to {high:.3f})", "{cost}"
    rows = [[each.format(**loss) for each in (*formats, "{command}")] for loss in found["losses"]]
    headers = ("lost to", "errors", "F1", "without", "worth, 95 %", "cost", "command")
    title = "F1 of test {f1:.3f} ({low:.3f} to {high:.3f}), {entities:,} entities".format(**found)
    return "\n".join([title, "", tabulate(rows, headers, disable_numparse=True), "", *found["notes"]])
