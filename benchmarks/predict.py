"""Benchmark of prediction, from words to entities: each backend of an exported model against transformers' pipeline.

The pipeline gets lists of words too (``is_split_into_words``) and ``aggregation_strategy="first"``, once with its
defaults and once with batches of 8. Each side starts with a loaded model that has predicted once, and ends with
entities. The sides take turns for several rounds, each in its own process; the fastest round counts, which other load
disturbed least.

The pipeline makes several words of a word that the tokenizer splits at punctuation, such as a hyphen. So differences
are counted in all sentences, and in sentences without such words.

    python benchmarks/predict.py                                   data/sample, models/export
    python benchmarks/predict.py --data FOLDER --model FOLDER --rounds 5

Prints one line per side, and ends with one line of JSON.
"""

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from host import Host, measure_host
from sides import ROOT, TASK, data_parser, last_line, measure, measured, parse_or_run, read_columns

SPLITS = ("validation", "test")
PIPELINES = {"pipeline": 1, "pipeline_batch_8": 8}
BACKENDS = ("onnx-int8", "onnx", "torch")
# Entities of a sentence: type, and start and end in the words joined by spaces.
Entities = list[tuple[str, int, int]]


def main() -> None:
    parser = data_parser("Measure prediction against transformers' pipeline.")
    parser.add_argument("--model", type=Path, default=ROOT / "models/export", help="exported model")
    parser.add_argument("--rounds", type=int, default=3, help="number of measurements per side (default: 3)")
    parser.add_argument("--subwords-per-batch", type=int, help="default: that of predict.py")
    runs = {side: partial(run, side) for side in ("prepare", *PIPELINES, *BACKENDS)}
    arguments = parse_or_run(parser, runs, plain=PIPELINES)
    options = [f"--data={arguments.data.resolve()}", f"--model={arguments.model.resolve()}"]
    if arguments.subwords_per_batch:
        options.append(f"--subwords-per-batch={arguments.subwords_per_batch}")
    with tempfile.TemporaryDirectory() as folder:
        done = measure(__file__, "prepare", folder, *options)
        sides = [*PIPELINES, *done["backends"]]
        rounds = [
            {side: measure(__file__, side, folder, *options)["seconds"] for side in sides}
            for _ in range(arguments.rounds)
        ]
        seconds = {side: min(of_round[side] for of_round in rounds) for side in sides}
        found = {side: json.loads((Path(folder) / f"{side}.json").read_text()) for side in ("gold", *sides)}
    result = summary(done, seconds, found, measure_host(arguments.model))
    for side, numbers in result["sides"].items():
        print("  ".join([f"{side:16}", *(f"{name} {value:,}" for name, value in numbers.items())]))
    print(json.dumps(result, allow_nan=False))


def summary(
    done: dict[str, Any], seconds: dict[str, float], found: dict[str, list[Entities]], host: Host
) -> dict[str, Any]:
    """Return the last line."""
    speeds = {side: done["words"] / of_side for side, of_side in seconds.items()}
    test = slice(done["test_begins"], None)
    sides = {
        side: {
            "words_per_s": round(speed),
            "times_pipeline": round(speed / speeds["pipeline"], 2),
            "times_batch_8": round(speed / speeds["pipeline_batch_8"], 2),
            "f1": f1(found["gold"][test], found[side][test]),
            "entities": sum(map(len, found[side])),
            "differences": sum(differing),
            "differences_in_whole_words": sum(itertools.compress(differing, done["whole"])),
        }
        for side, speed in speeds.items()
        for differing in [differences(found["pipeline"], found[side])]
    }
    for side in done["backends"]:
        form = host.about["precision"] if side == "torch" else side
        sides[side]["share"] = host.share(done["sub_words"], seconds[side], form)
    fastest = max(done["backends"], key=lambda side: speeds[side])
    ours, plain = (sides[side]["words_per_s"] for side in (fastest, "pipeline"))
    about = {"fastest": fastest, "share": sides[fastest]["share"], "sides": sides, "host": host.about}
    return last_line("predict", "words/s", ours, plain, sentences=done["sentences"], words=done["words"], **about)


def f1(gold: Sequence[Entities], found: Sequence[Entities]) -> float:
    """Compute F1; entities must agree in type and both boundaries."""
    both = sum(len(set(map(tuple, a)) & set(map(tuple, b))) for a, b in zip(gold, found, strict=True))
    return round(2 * both / max(1, sum(map(len, gold)) + sum(map(len, found))), 4)


def differences(first: Sequence[Entities], second: Sequence[Entities]) -> list[int]:
    """Count the entities of each sentence that only one of two sides has."""
    return [len(set(map(tuple, a)) ^ set(map(tuple, b))) for a, b in zip(first, second, strict=True)]


def run(side: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one side and write its entities."""
    if side == "prepare":
        return prepare(folder, arguments)
    sentences = json.loads((folder / "sentences.json").read_text())
    of_side = pipeline if side in PIPELINES else ours
    seconds, found = of_side(side, sentences, arguments)
    (folder / f"{side}.json").write_text(json.dumps(found))
    return seconds


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write the sentences and their gold entities, test last; list the backends of the model."""
    from tagline.artifacts import exported
    from tagline.inference.documents import Document
    from tagline.labels.entities import entities
    from tagline.text import subwords

    tokenizer, _ = subwords.load(arguments.model, "export")

    def is_whole(word: str) -> bool:
        normal = tokenizer.normalizer.normalize_str(word) if tokenizer.normalizer else word
        return len(tokenizer.pre_tokenizer.pre_tokenize_str(normal)) == 1

    splits = read_columns(arguments.data)
    rows = [row for split in SPLITS for row in splits[split]]
    gold = [in_text(Document.of_words(row["words"]), entities(row[TASK])) for row in rows]
    (folder / "sentences.json").write_text(json.dumps([row["words"] for row in rows]))
    (folder / "gold.json").write_text(json.dumps(gold))
    return {
        "sentences": len(rows),
        "words": sum(len(row["words"]) for row in rows),
        "sub_words": sum(len(tokenizer.encode(row["words"], is_pretokenized=True)) for row in rows),
        "test_begins": len(rows) - len(splits["test"]),
        "whole": [all(map(is_whole, row["words"])) for row in rows],
        "backends": exported.backends(arguments.model),
    }


def in_text(document: Any, entities: Sequence[tuple[str, int, int]]) -> Entities:
    """Convert offsets in words to offsets in the text."""
    _, spans = document.text_and_spans()
    return [(name, spans[start][0], spans[end - 1][1]) for name, start, end in entities]


def ours(
    side: Any, sentences: list[list[str]], arguments: argparse.Namespace
) -> tuple[dict[str, float], list[Entities]]:
    """Measure a backend of this project."""
    from tagline.inference import Tagger
    from tagline.inference.documents import Document

    with Tagger(arguments.model, side, arguments.subwords_per_batch) as tagger:
        tagger.words(sentences[0])
        start = time.perf_counter()
        found = tagger.words(sentences)
        numbers = measured(start)
    documents = map(Document.of_words, sentences)
    return numbers, [
        in_text(document, [(mention.type, mention.start, mention.end) for mention in mentions])
        for document, mentions in zip(documents, found, strict=True)
    ]


def pipeline(
    side: str, sentences: list[list[str]], arguments: argparse.Namespace
) -> tuple[dict[str, float], list[Entities]]:
    """Measure transformers' pipeline."""
    import transformers

    batch: dict[str, Any] = {} if PIPELINES[side] == 1 else {"batch_size": PIPELINES[side]}
    tagger: Any = transformers.pipeline(
        "token-classification",
        model=str(arguments.model),
        aggregation_strategy="first",
        **batch,
    )
    tagger(sentences[:1], is_split_into_words=True)
    start = time.perf_counter()
    found = tagger(sentences, is_split_into_words=True)
    numbers = measured(start)
    return numbers, [[(entity["entity_group"], entity["start"], entity["end"]) for entity in row] for row in found]


if __name__ == "__main__":
    main()
