"""Benchmark of the audit: how well it finds label errors that were made on purpose, against simpler rankings.

Corrupts a share of the entities of train and validation in five ways, trains the folds of the audit and one model on
all of train, and ranks what to review in train:
  ours                the disagreements of the audit, as reports/audit.jsonl ranks them
  self_confidence     words, by cleanlab with the probabilities of the audit
  normalized_margin   words, likewise
  loss                words, by the loss of the model that was trained on all of them
  random              words

    python benchmarks/audit.py                                            data/sample, one seed
    python benchmarks/audit.py --data FOLDER --seeds 1 2 3 --runs FILE    column files; runs in FILE are not repeated
    python benchmarks/audit.py --folds 3 --epochs 3                       faster

Needs cleanlab (`pip install cleanlab`). Ends with one line of JSON; `ratio` is our mean average precision relative to
that of cleanlab's better method.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import mean
from typing import Any

from corruption import Error, Item, corrupt, findings
from host import describe_host
from sides import (
    MODEL,
    PACKAGE,
    ROOT,
    FinishedRuns,
    data_parser,
    last_line,
    measure,
    parse_or_run,
    read_columns,
    write_inputs,
)
from tabulate import tabulate

CLEANLAB = ("self_confidence", "normalized_margin")
# What identifies a run.
SETTINGS = ("seed", "folds", "epochs", "group", "share")


def main() -> None:
    parser = data_parser("Measure how well the audit finds label errors.")
    parser.add_argument("--encoder", type=Path, help="folder of an encoder with its tokenizer (default: packaged)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=8, help="of each training")
    parser.add_argument("--group", choices=("sentence", "surface"), default="sentence")
    parser.add_argument("--share", type=float, default=0.05, help="of the entities that are corrupted")
    parser.add_argument("--runs", type=Path, help="file to which runs are appended; those in it are not repeated")
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--fold", type=int, help=argparse.SUPPRESS)
    arguments = parse_or_run(parser, {run.__name__: run for run in (prepare, fold, whole, rank)})
    if find_spec("cleanlab") is None:  # else the first seed would end with an error after all its trainings
        parser.error("cleanlab is not installed; run `pip install cleanlab`")
    finished = FinishedRuns(arguments.runs)
    runs = [run_seed(seed, arguments, finished) for seed in arguments.seeds]
    print(table(runs))
    print(json.dumps(summary(runs) | {"host": describe_host()}, allow_nan=False))


def run_seed(seed: int, arguments: argparse.Namespace, finished: FinishedRuns) -> dict[str, Any]:
    """Corrupt, train and rank with one seed, unless the run is finished."""
    settings = {**vars(arguments), "seed": seed}
    wanted = {"data": arguments.data.resolve().name, **{name: settings[name] for name in SETTINGS}}
    if run := finished.find(wanted):
        return run
    options = [f"--data={arguments.data.resolve()}", *(f"--{name}={settings[name]}" for name in SETTINGS)]
    options += [f"--encoder={arguments.encoder.resolve()}"] if arguments.encoder else []
    with tempfile.TemporaryDirectory() as folder:
        measure(__file__, "prepare", folder, *options)
        for number in range(1, arguments.folds + 1):
            measure(__file__, "fold", folder, *options, f"--fold={number}")
            print(f"seed {seed}: fold {number} of {arguments.folds}", flush=True)
        measure(__file__, "whole", folder, *options)
        run = wanted | measure(__file__, "rank", folder, *options)
    print(table([run]), flush=True)
    finished.add(run)
    return run


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write the corrupted data and the errors of train."""
    os.chdir(folder)
    from tagline.sources import encoders

    splits: dict[str, Any] = read_columns(arguments.data)
    splits["validation"], _ = corrupt(splits["validation"], arguments.share, arguments.seed)
    splits["train"], errors = corrupt(splits["train"], arguments.share, arguments.seed)
    Path("errors.json").write_text(json.dumps(errors), encoding="utf-8")
    write_inputs(Path(), splits, arguments.encoder or encoders.find_in_package(PACKAGE, MODEL)[0])
    return {}


def inputs() -> Any:
    """Return the folders that training reads."""
    from tagline.training.stage import Inputs

    pretrained = Path("models/pretrained")
    return Inputs(Path("data/tokenized"), pretrained / "encoder", pretrained / "tokenizer")


def params(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """Return the sections ``audit`` and ``train``."""
    from tagline.audit.audit_params import Audit
    from tagline.core.params import read_section
    from tagline.training.train_params import Train

    train = read_section("train", Train, ROOT / "presets/sample.yaml").model_copy(update={"epochs": arguments.epochs})
    folds = list(range(1, arguments.folds + 1))
    return Audit(folds=folds, splits=["train"], group=arguments.group, seed=arguments.seed, most=1_000_000), train


def fold(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train and label a fold as the stage does."""
    os.chdir(folder)
    from tagline.audit.labelling import label_fold

    audit, train = params(arguments)
    target = Path(f"data/audit/{arguments.fold}")
    label_fold(arguments.fold, audit, train, Path(__file__), inputs(), Path("data/raw"), target)
    return {}


def whole(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train on all of train, and label train with that model."""
    os.chdir(folder)
    from tagline.audit.labelling import label_all
    from tagline.training.stage import Outputs, fine_tune, start

    audit, train = params(arguments)
    outputs = Outputs(Path("finetuned"), Path("train.json"), Path("train_loss.csv"), Path("validation.csv"))
    fine_tune(train, Path(__file__), inputs(), outputs, start())
    label_all(audit, train, Path("data/tokenized"), outputs.finetuned, Path("data/audit/all"))
    return {}


def rank(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Rank in all ways and measure the rankings."""
    os.chdir(folder)
    import numpy as np
    from cleanlab.token_classification.rank import get_label_quality_scores

    from tagline.audit.review.ranking import rank

    errors = [Error(*error) for error in json.loads(Path("errors.json").read_text(encoding="utf-8"))]
    audit, _ = params(arguments)
    suspicions = rank(Path("data/audit"), audit).suspicions
    rankings = {"ours": [Item(each.score, _index(each.sentence.id), *each.found.extent) for each in suspicions]}
    held_out = [each for number in audit.folds for each in _sentences(Path(f"data/audit/{number}"))]
    gold, probabilities = [each[1].tolist() for each in held_out], [each[2] for each in held_out]
    for method in CLEANLAB:
        _, scores = get_label_quality_scores(gold, probabilities, token_score_method=method)
        rankings[method] = _words([each[0] for each in held_out], [-of_words.to_numpy() for of_words in scores])
    learnt = list(_sentences(Path("data/audit/all")))
    losses = [-np.log(np.maximum(of_words[np.arange(len(ids)), ids], 1e-30)) for _, ids, of_words in learnt]
    rankings["loss"] = _words([each[0] for each in learnt], losses)
    generator = np.random.default_rng(arguments.seed)
    rankings["random"] = [item._replace(score=generator.random()) for item in rankings["loss"]]
    found = {name: findings(items, errors, len(held_out)) for name, items in rankings.items()}
    return {"sentences": len(held_out), "errors": len(errors), "suspicions": len(suspicions), "found": found}


def _sentences(folder: Path) -> Iterator[tuple[int, Any, Any]]:
    """Yield the index of each sentence, its gold label ids, and the probabilities of all labels of its words."""
    from tagline.audit import out_of_fold

    labels, _ = out_of_fold.read_provenance(folder, "audit_fold")
    for sentences, probabilities in out_of_fold.read(folder / "train.parquet", labels):
        for number, sentence in enumerate(sentences):
            start, end = sentences.offsets[number : number + 2]
            yield _index(sentence.id), sentence.known_gold, probabilities[start:end]


def _index(name: str) -> int:
    """The index of a sentence in its split, by its id."""
    return int(name.rpartition("-")[2])


def _words(sentences: list[int], scores: list[Any]) -> list[Item]:
    """One item per word."""
    of_words = (
        (index, word, score) for index, row in zip(sentences, scores, strict=True) for word, score in enumerate(row)
    )
    return [Item(float(score), index, word, word + 1) for index, word, score in of_words]


def means(runs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Average the findings of each ranking over the runs."""
    first = runs[0]["found"]
    return {
        ranking: {key: round(mean(run["found"][ranking][key] for run in runs), 4) for key in keys}
        for ranking, keys in first.items()
    }


def table(runs: list[dict[str, Any]]) -> str:
    """Lay out the results: one row per ranking."""
    rows = [
        {"": name, **{key.replace("_", " "): f"{value:.3f}" for key, value in row.items()}}
        for name, row in means(runs).items()
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the last line."""
    found = means(runs)
    ours, plain = found["ours"]["average_precision"], max(found[name]["average_precision"] for name in CLEANLAB)
    about = [{name: run[name] for name in ("data", *SETTINGS, "sentences", "errors", "suspicions")} for run in runs]
    return last_line("audit", "average precision", ours, plain, rankings=found, runs=about)


if __name__ == "__main__":
    main()
