"""F1 on the five domains of CrossNER, each learnt from its own 100 to 200 training sentences.

    python benchmarks/crossner.py FOLDER [--recipe NAME] [--encoder FOLDER] [-S train.epochs=4 ...]

The folder has a folder per domain with train.txt, dev.txt and test.txt, as `ner_data` of the public repository
zliucr/CrossNER has them (results.md names the commit). The stages run as they do in a clone: the model learns from
train, dev decides the best epoch, test is scored whole. Finished runs are appended to crossner.jsonl with the commit,
and are not repeated. The table has means over seeds, in brackets the standard deviation between them.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from learning import learn_once, recipe_of, recipe_parser
from sides import FinishedRuns, last_line
from tabulate import tabulate

DOMAINS = ("politics", "science", "music", "literature", "ai")
FILES = {"train": "train.txt", "validation": "dev.txt", "test": "test.txt"}
# Mean micro F1 of BERT base, fine-tuned on the same sentences by the authors of the corpus (results.md).
PUBLISHED = 0.614


def main() -> None:
    parser = recipe_parser(__doc__, "crossner.jsonl")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--domains", nargs="+", default=DOMAINS)
    options = parser.parse_args()
    finished = FinishedRuns(options.runs)
    recipe = recipe_of(options)
    for seed in options.seeds:
        for domain in options.domains:
            paths = {split: options.folder / domain / name for split, name in FILES.items()}
            texts = {split: path.read_text(encoding="utf-8") for split, path in paths.items()}
            learn_once(finished, recipe | {"domain": domain, "seed": seed}, texts, 2, options)
    show_table(finished.runs, recipe, options.domains)


def show_table(runs: Iterable[dict[str, Any]], recipe: dict[str, Any], domains: Iterable[str]) -> None:
    """Print F1 of each domain as the mean over seeds, and the means over domains as the last line."""
    ours = [run for run in runs if recipe.items() <= run.items()]
    of_domain = {domain: [run for run in ours if run["domain"] == domain] for domain in domains}
    measures = ("test.f1", "test.macro_f1", "validation.f1")
    rows = [[domain, *(spread(run[name] for run in found) for name in measures)] for domain, found in of_domain.items()]
    means = [fmean(fmean(run[name] for run in found) for found in of_domain.values()) for name in measures]
    rows.append(["mean", *(f"{mean:.3f}" for mean in means)])
    print(tabulate(rows, ("domain", "test F1", "macro F1", "validation F1"), disable_numparse=True))
    print(json.dumps(last_line("crossner", "F1", means[0], PUBLISHED, **recipe, runs=len(ours))))


def spread(scores: Iterable[float]) -> str:
    """Return the mean of scores and, of more than one, their standard deviation."""
    found = list(scores)
    return f"{fmean(found):.3f} ({stdev(found):.3f})" if len(found) > 1 else f"{fmean(found):.3f}"


if __name__ == "__main__":
    main()
