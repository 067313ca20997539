"""Measure F1 of test, or else validation, for growing parts of train, and what more sentences are likely worth.

    tagline learning-curve

Reads params.yaml, data/raw and models/pretrained of the current folder, so run `dvc repro download` first. Each run is
tokenize_align, train and evaluate in a folder in .work/: by default of 100, 200, 400, 800, 1,600 and all sentences, of
up to 800 a sixteenth, an eighth, a quarter, a half and all, or of fewer than 400 from a quarter on, with three seeds.
The parts of a seed are nested, and trained as `dvc repro` does: small ones for train.min_steps. An interrupted command
continues.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tagline.terminal import ArgumentParser, show, show_json
from tagline.tools.texts.options import natural

if TYPE_CHECKING:
    from tagline.tools.learning_curve.power_law import PowerLaw

SEEDS = (42, 13, 87)
# As many sentences as train has are added, but at most so many.
MOST_MORE = 500


def main() -> None:
    options = parsed()
    # Here, since --help need not wait for libraries.
    from tagline.tools.learning_curve.power_law import PowerLaw
    from tagline.tools.learning_curve.runs import measure

    split, runs = measure(options.sizes, options.seeds)
    law = PowerLaw({size: fmean(f1) for size, f1 in runs.items()})
    result: dict[str, Any] = {"split": split, "f1": runs, **predictions(runs, law)}
    if options.json:
        show_json(result)
    else:
        show("\n".join(described(result)))


def predictions(runs: Mapping[int, Sequence[float]], law: PowerLaw) -> dict[str, dict[str, float]]:
    """What the smaller parts predict of all sentences, and what more sentences are likely worth.

    Args:
        runs: each seed's F1, by sentences.
    """
    total = max(runs)
    of_smaller = type(law)({size: fmean(f1) for size, f1 in runs.items() if size < total})
    low, high = of_smaller.interval(total)
    added = min(total, MOST_MORE)
    return {
        "predicted": {"f1": of_smaller.f1(total), "low": low, "high": high},
        "more": {"sentences": added, **law.gain(total, added)._asdict()},
    }


def described(result: Mapping[str, Any]) -> Iterator[str]:
    from tagline.metrics.significance import score_text

    for size, f1 in result["f1"].items():
        yield f"{size:>9,} sentences: F1 {score_text(f1)}"
    predicted = "{f1:.3f} ({low:.3f} to {high:.3f})".format(**result["predicted"])
    yield f"of all sentences, the smaller parts predict {predicted}"
    worth = "{f1:+.3f} F1 (80 % interval: {low:+.3f} to {high:+.3f})".format(**result["more"])
    yield f"{result['more']['sentences']:,} more sentences are likely worth {worth}"


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=natural, nargs="+", metavar="N", help="sentences of the parts")
    parser.add_argument("--seeds", type=natural, nargs="+", default=SEEDS, metavar="N", help="of parts and of training")
    parser.add_json("split, f1 (by sentences, of each seed), predicted (of all by smaller parts), more")
    return parser.parse_args()
