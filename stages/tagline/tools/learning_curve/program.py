"""Measure F1 of test, or else validation, for growing parts of train, and what more sentences are likely worth.

    tagline learning-curve --runs curve.jsonl --plot curve.html

Reads params.yaml, data/raw and models/pretrained of the current folder, so run `dvc repro download` first. Each run is
tokenize_align, train and evaluate on one thread in a temporary folder: by default of 100, 200, 400, 800, 1,600 and all
sentences, of up to 800 a sixteenth, an eighth, a quarter, a half and all, or of fewer than 400 from a quarter on, with
three seeds. The parts of a seed are nested, and trained as `dvc repro` does: small ones for train.min_steps. Runs
that --runs has are not repeated, so an interrupted command continues.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tagline.terminal import ArgumentParser, show, show_json
from tagline.tools.answers.options import PAGE_SUFFIX
from tagline.tools.answers.outputs import check_writable
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
    from tagline.tools.learning_curve.runs import Curve, default_sizes

    for option, path in (("--runs", options.runs), ("--plot", options.plot)):
        if path:
            check_writable(option, path)
    curve = Curve(options.runs)
    sizes = options.sizes or default_sizes(curve.raw.sentences["train"])
    runs = curve.measure(sizes, options.seeds)
    law = PowerLaw({size: fmean(f1) for size, f1 in runs.items()})
    result: dict[str, Any] = {"split": curve.split, "f1": runs, **predictions(runs, law)}
    *lines, more = described(result)
    if options.json:
        show_json(result)
    else:
        show("\n".join([*lines, more]))
    if options.plot:
        dots = [(size, score) for size, f1 in runs.items() for score in f1]
        end = max(runs) + result["more"]["sentences"]
        line = [(size, law.f1(size)) for size in points(min(runs), end)]
        options.plot.write_text(page(f"F1 of {curve.split}", dots, line, more), encoding="utf-8")


def predictions(runs: Mapping[int, Sequence[float]], law: PowerLaw) -> dict[str, dict[str, float]]:
    """What the smaller parts predict of all sentences, and what more sentences are likely worth.

    Args:
        runs: the F1 of each seed, by sentences.
        law: of all runs.
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
    """Yield the lines of a result."""
    from tagline.metrics.significance import score_text

    for size, f1 in result["f1"].items():
        yield f"{size:>9,} sentences: F1 {score_text(f1)}"
    predicted = "{f1:.3f} ({low:.3f} to {high:.3f})".format(**result["predicted"])
    yield f"of all sentences, the smaller parts predict {predicted}"
    worth = "{f1:+.3f} F1 (80 % interval: {low:+.3f} to {high:+.3f})".format(**result["more"])
    yield f"{result['more']['sentences']:,} more sentences are likely worth {worth}"


def points(start: int, end: int) -> range:
    """Some 60 sizes, evenly spaced."""
    return range(start, end + 1, max(1, (end - start) // 60))


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=natural, nargs="+", metavar="N", help="sentences of the parts")
    parser.add_argument("--seeds", type=natural, nargs="+", default=SEEDS, metavar="N", help="of parts and of training")
    parser.add_argument("--runs", type=Path, metavar="FILE", help="JSON Lines to which runs are appended")
    parser.add_argument("--plot", type=Path, metavar="FILE.html", help="write the curve as a page")
    parser.add_json("split, f1 (by sentences, of each seed), predicted (of all by smaller parts), more")
    options = parser.parse_args()
    if options.plot and options.plot.suffix.lower() != PAGE_SUFFIX:
        parser.error(f"--plot {options.plot}: expected a name that ends in {PAGE_SUFFIX}")
    return options


def page(title: str, dots: Sequence[tuple[int, float]], line: Sequence[tuple[int, float]], text: str) -> str:
    """Draw the runs as dots and the law as a line.

    Args:
        title: of the chart.
        dots: sentences and F1 of the runs, ascending by size.
        line: of points of the law, likewise; it ends to the right of all dots.
        text: what the page says.
    """
    from tagline.report import charts
    from tagline.report.html_files import render_file

    chart = charts.curve(title, "Sentences", [*dots, *line])
    variables = {"chart": chart, "frame": charts, "dots": len(dots), "text": text}
    return render_file(Path(__file__).with_name("page.html"), variables)
