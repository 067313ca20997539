"""Benchmark of models of several sizes: F1 of test against words per second, also of spaCy's CNN.

    python benchmarks/students.py . ../student                     clones that have run
    python benchmarks/students.py . ../student --spacy

Each model labels the test split of the first clone with its fastest backend: int8, else ONNX, else PyTorch. spaCy's
default entity recogniser is trained on the same train, and kept as it was after its best epoch on validation. The
models take turns for several rounds, each in its own process; the fastest round counts. F1 is that of entities whose
type and boundaries are right.

Prints one line per model, and ends with one line of JSON, whose ratio compares the last folder with the first.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host import describe_host
from predict import BACKENDS, f1
from sides import last_line, measure, measured, parse_or_run

SPACY = "spaCy"
DROPOUT, BATCH = 0.1, 32
Entities = list[tuple[str, int, int]]
"""Entities of a sentence: type, first word and the word after the last one."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure models of several sizes, and spaCy's CNN.")
    parser.add_argument(
        "folders", nargs="+", type=Path, help="clones that have run; the data are those of the first one"
    )
    parser.add_argument("--spacy", action="store_true", help="train and measure spaCy's CNN too")
    parser.add_argument("--epochs", type=int, default=20, help="of spaCy (default: 20)")
    parser.add_argument("--rounds", type=int, default=3, help="number of measurements per model (default: 3)")
    arguments = parse_or_run(parser, {"train": train_spacy, SPACY: label_with_spacy, "model": label})
    with tempfile.TemporaryDirectory() as folder:
        data = str(arguments.folders[0].resolve())
        commands = {title(path): ["model", folder, data, str(path.resolve())] for path in arguments.folders}
        if arguments.spacy:
            measure(__file__, "train", folder, data, f"--epochs={arguments.epochs}")
            commands[SPACY] = [SPACY, folder, data]
        rounds = [
            {name: measure(__file__, *command) for name, command in commands.items()} for _ in range(arguments.rounds)
        ]
    models = {
        name: {"words_per_s": max(round(each[name]["words"] / each[name]["seconds"]) for each in rounds)}
        | {key: rounds[0][name][key] for key in ("f1", "backend")}
        for name in commands
    }
    for name, numbers in models.items():
        print(f"{name:20} {numbers['backend']:10} {numbers['words_per_s']:>9,} words/s  F1 {numbers['f1']:.3f}")
    plain, ours = (models[title(arguments.folders[index])]["words_per_s"] for index in (0, -1))
    print(json.dumps(last_line("students", "words/s", ours, plain, models=models, host=describe_host())))


def title(pipeline: Path) -> str:
    """The path of a clone, for the current one its name."""
    return str(pipeline) if pipeline.name else pipeline.resolve().name


def sentences(pipeline: Path, split: str) -> tuple[list[list[str]], list[list[str]]]:
    """Read the words and the labels in IOB2 of a split."""
    from tagline.artifacts import tokenized

    data = pipeline / ("data/tokenized_tests" if split == "test" else "data/tokenized")
    rows = tokenized.load_split(data, split).labelled_words()
    words, labels = zip(*rows, strict=True)
    return list(words), list(labels)


def result(gold: list[list[str]], found: list[Entities], numbers: Mapping[str, float], backend: str) -> dict[str, Any]:
    from tagline.labels.entities import entities

    words, score = sum(map(len, gold)), f1([[*entities(tags)] for tags in gold], found)
    return {**numbers, "words": words, "f1": score, "backend": backend}


def label(_: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Label test with the exported model of the last folder."""
    from tagline.artifacts import exported
    from tagline.inference import Tagger

    words, gold = sentences(arguments.folders[0], "test")
    export = arguments.folders[-1] / "models/export"
    backend = next(name for name in BACKENDS if name in exported.backends(export))
    with Tagger(export, backend) as tagger:
        tagger.words(words[:1])
        start = time.perf_counter()
        found = tagger.words(words)
        numbers = measured(start)
    mentions = [[(each.type, each.start, each.end) for each in of_sentence] for of_sentence in found]
    return result(gold, mentions, numbers, backend)


def train_spacy(target: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train spaCy's default entity recogniser and save it as it was after its best epoch."""
    import spacy
    from spacy.tokens import Doc
    from spacy.training import Example

    nlp = spacy.blank("xx")
    nlp.add_pipe("ner")

    def examples(split: str) -> list[Example]:
        made = zip(*sentences(arguments.folders[0], split), strict=True)
        return [
            Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words, ents=labels)) for words, labels in made
        ]

    train, validation = examples("train"), examples("validation")
    spacy.util.fix_random_seed(42)
    optimizer = nlp.initialize(lambda: train)
    best = 0.0
    for _ in range(arguments.epochs):
        random.shuffle(train)
        for batch in spacy.util.minibatch(train, size=BATCH):
            nlp.update(batch, drop=DROPOUT, sgd=optimizer)
        reached = nlp.evaluate(validation)["ents_f"] or 0.0
        if reached >= best:
            best = reached
            nlp.to_disk(target / SPACY)
    return {"f1": best}


def label_with_spacy(target: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    import spacy
    from spacy.tokens import Doc

    nlp = spacy.load(target / SPACY)
    words, gold = sentences(arguments.folders[0], "test")
    docs = [Doc(nlp.vocab, words=each) for each in words]
    nlp(docs[0].copy())
    start = time.perf_counter()
    found = [[(entity.label_, entity.start, entity.end) for entity in doc.ents] for doc in nlp.pipe(docs)]
    return result(gold, found, measured(start), SPACY)


if __name__ == "__main__":
    main()
