"""Benchmark of evaluation against the plain recipe, with the same model and data.

The plain recipe is `Trainer.evaluate` with its defaults (batches of 8 in the order of the data, single precision) and
the metrics of the Hugging Face course, chapter "Token classification". Each side runs in its own process, from a loaded
model and tokenised windows to the scores of validation and test. Then the labels of the words are compared; the plain
recipe has none for words that it truncates.

    python benchmarks/evaluate.py                             data/sample, models/finetuned
    python benchmarks/evaluate.py --data FOLDER --model FOLDER   column files, a token classifier with its tokenizer
    python benchmarks/evaluate.py --precision fp32            default: bf16 if the hardware supports it

Without models/finetuned, the packaged encoder gets a classifier with random weights: as fast, but its labels are
meaningless. Gold labels that the model does not have are replaced by its first one, which does not affect speed.

Ends with one line of JSON; `ratio` is the speed relative to the plain recipe.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import sides
from host import Host, measure_host

# The folder of each split.
SPLITS = {"validation": "tokenized", "test": "tests"}
MAX_LENGTH = 128


def main() -> None:
    parser = sides.data_parser("Measure evaluation against the plain recipe.")
    parser.add_argument("--model", type=Path, default=sides.ROOT / "models/finetuned", help="a token classifier")
    parser.add_argument("--precision", default="auto", help="like evaluate.precision")
    parser.add_argument("--subwords-per-batch", type=int, default=256, help="like evaluate.subwords_per_batch")
    arguments = sides.parse_or_run(parser, {"prepare": prepare, "ours": ours, "plain": plain})
    options = [f"--data={arguments.data.resolve()}", f"--model={arguments.model.resolve()}"]
    options += [f"--precision={arguments.precision}", f"--subwords-per-batch={arguments.subwords_per_batch}"]
    with tempfile.TemporaryDirectory() as folder:
        done = sides.measure(__file__, "prepare", folder, *options)
        found = {side: sides.measure(__file__, side, folder, *options) for side in ("plain", "ours")}
        labels = {side: json.loads((Path(folder) / f"{side}.json").read_text()) for side in found}
        host = measure_host(Path(folder) / "model", arguments.subwords_per_batch)
    for side, numbers in found.items():
        print(
            f"{side}: {done['sentences']:,} sentences in {numbers['seconds']:.2f} s, "
            f"{done['sentences'] / numbers['seconds']:,.0f} sentences/s, peak {numbers['peak'] / 2**20:,.0f} MiB"
        )
    print(json.dumps(summary(done, found, labels, host), allow_nan=False))


def summary(
    done: dict[str, Any], found: dict[str, dict[str, Any]], labels: dict[str, list[list[str]]], host: Host
) -> dict[str, Any]:
    """Return the last line."""
    pairs = [pair for rows in zip(labels["ours"], labels["plain"], strict=True) for pair in zip(*rows, strict=True)]
    both = [(a, b) for a, b in pairs if b is not None]
    return {
        "name": "evaluate",
        "unit": "sentences/s",
        **{name: done[name] for name in ("sentences", "words")},
        **{side: round(done["sentences"] / numbers["seconds"], 1) for side, numbers in found.items()},
        "ratio": round(found["plain"]["seconds"] / found["ours"]["seconds"], 2),
        "precision": found["ours"]["precision"],
        "share": host.share(done["sub_words"], found["ours"]["seconds"], found["ours"]["precision"]),
        "equal_labels": round(sum(a == b for a, b in both) / len(both), 6),
        "different_labels": sum(a != b for a, b in both),
        "words_that_plain_lacks": len(pairs) - len(both),
        **{f"{side}_peak_mib": round(numbers["peak"] / 2**20) for side, numbers in found.items()},
        "host": host.about,
    }


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write data/raw and data/tokenized as the stages do, the plain recipe's data set, and a model if there is none."""
    from transformers import set_seed

    from tagline.artifacts import tokenized
    from tagline.model import classifier
    from tagline.sources import encoders
    from tagline.tokenization.stage import tokenize_align

    splits = sides.read_columns(arguments.data)
    sides.write_raw(folder / "raw", splits)
    sides.save_data_set(folder / "plain-raw", splits)
    trained = (arguments.model / "config.json").is_file()
    source = arguments.model if trained else encoders.find_in_package(sides.PACKAGE, sides.MODEL)[0]
    params = sides.tokenization(longest(sides.save_tokenizer(folder / "tokenizer", source)))
    tokenize_align(folder / "raw", folder / "tokenizer", params, folder / "tokenized", folder / "tests")
    if trained:
        (folder / "model").symlink_to(arguments.model)
    else:
        set_seed(0)
        classifier.new_classifier(source, tokenized.load_labels(folder / "tokenized")).save_pretrained(folder / "model")
    rows = [row for split in SPLITS for row in splits[split]]
    windows = [tokenized.load_split(folder / name, split).windows for split, name in SPLITS.items()]
    return {
        "sentences": len(rows),
        "words": sum(len(row["words"]) for row in rows),
        "sub_words": sum(len(ids) for of_split in windows for ids in of_split["input_ids"]),
    }


def longest(tokenizer: Any) -> int:
    """Return the maximum number of sub-words of a window."""
    return min(MAX_LENGTH, tokenizer.model_max_length)


def ours(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure this project."""
    import numpy as np
    from accelerate import PartialState
    from transformers import AutoConfig

    from tagline.artifacts import tokenized
    from tagline.labels.label_list import Labels
    from tagline.labels.tagged import TaggedSentences
    from tagline.metrics.scores import count, score
    from tagline.model import classifier
    from tagline.model.backends.torch_model import TorchModel, workers
    from tagline.model.heads import make_head
    from tagline.model.precision import resolve
    from tagline.model.prediction import Predictor, score_split

    names = tuple(AutoConfig.from_pretrained(folder / "model").id2label.values())
    labels = Labels(sides.TASK, "spans", names, names[0])
    splits = {name: tokenized.load_split(folder / of_split, name) for name, of_split in SPLITS.items()}
    ids = [labels.label2id.get(name, 0) for name in tokenized.load_labels(folder / "tokenized").names]
    gold = {name: np.array(ids)[split.gold()] for name, split in splits.items()}
    lengths = {name: split.lengths() for name, split in splits.items()}
    precision = resolve(arguments.precision, PartialState().device, "--precision")
    model = classifier.load(folder / "model", labels)
    start = time.perf_counter()
    backend = TorchModel.for_inference(model, precision)
    with workers(backend.device) as threads:
        predictor = Predictor(backend, make_head("linear", labels), labels, arguments.subwords_per_batch, threads)
        predicted = {name: predictor.label(score_split(predictor, split, name)) for name, split in splits.items()}
    tagged = {
        name: list(TaggedSentences(labels, lengths[name], found.greedy, found.scores, gold[name]))
        for name, found in predicted.items()
    }
    for name in SPLITS:
        score(count(tagged[name], "spans"))
    numbers = sides.measured(start)
    rows = [sentence.predicted_names for name in SPLITS for sentence in tagged[name]]
    (folder / "ours.json").write_text(json.dumps(rows))
    return numbers | {"precision": precision}


def plain(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
    """Measure the plain recipe."""
    import datasets
    from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
    )

    datasets.disable_progress_bars()
    raw = datasets.load_from_disk(str(folder / "plain-raw"))
    names_of_data = raw["train"].features[sides.TASK].feature.names
    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model = AutoModelForTokenClassification.from_pretrained(folder / "model")
    names = list(model.config.id2label.values())
    ids = [names.index(name) if name in names else 0 for name in names_of_data]
    inside = [names.index("I" + name[1:]) if name.startswith("B-") else index for index, name in enumerate(names)]

    def tokenize_and_align_labels(examples: Any) -> Any:
        return sides.align(tokenizer, examples, longest(tokenizer), ids, inside)

    tokenised = {name: raw[name].map(tokenize_and_align_labels, batched=True) for name in SPLITS}
    predicted = []

    def compute_metrics(outputs: Any) -> dict[str, float]:
        best, gold_ids = outputs.predictions.argmax(-1), outputs.label_ids
        predicted.append(best)
        found = [[names[a] for a, b in zip(*row, strict=True) if b != -100] for row in zip(best, gold_ids, strict=True)]
        gold = [[names[b] for b in row if b != -100] for row in gold_ids]
        metrics = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
        return {name: of(gold, found) for name, of in metrics.items()} | {"accuracy": accuracy_score(gold, found)}

    trainer = Trainer(
        model,
        TrainingArguments(str(folder / "trainer"), report_to="none", disable_tqdm=True),
        data_collator=DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
        compute_metrics=compute_metrics,
    )
    start = time.perf_counter()
    for split in SPLITS:
        trainer.evaluate(tokenised[split])
    numbers = sides.measured(start)
    rows = []
    for split, of_split in zip(SPLITS, predicted, strict=True):
        for words, best in zip(raw[split]["words"], of_split, strict=True):
            rows.append(first_sub_words(tokenizer, words, best, names))
    (folder / "plain.json").write_text(json.dumps(rows))
    return numbers


def first_sub_words(tokenizer: Any, words: list[str], best: Any, names: list[str]) -> list[str | None]:
    """Return the label of each word's first sub-word; None if it was truncated or does not exist."""
    encoded = tokenizer(words, truncation=True, max_length=longest(tokenizer), is_split_into_words=True)
    labels: list[str | None] = [None] * len(words)
    for position, word in enumerate(encoded.word_ids()):
        if word is not None and labels[word] is None:
            labels[word] = names[best[position]]
    return labels


if __name__ == "__main__":
    main()
