"""Benchmark of evaluation against the plain recipe, same model, same data, in one run.

The plain recipe is `Trainer.evaluate` at its defaults (batches of 8 in the data's order, single precision) with the
metrics of the Hugging Face course, chapter "Token classification". Both start from a loaded model and tokenised
windows and end with scores of validation and test, each in a process of its own. Then the labels of the words are
compared, as far as the plain recipe has them: it cuts long sentences.

    python benchmarks/evaluate.py                             data/sample, models/finetuned
    python benchmarks/evaluate.py --data FOLDER --model FOLDER   column files, a token classifier with its tokenizer
    python benchmarks/evaluate.py --precision fp32            bf16 where the host computes in it, unless one is named

Without models/finetuned it is the packaged encoder under a classifier whose weights are drawn: as fast, but its labels
mean nothing. Gold labels that the model does not know count as its first one; no speed depends on them.

Ends with one line of JSON; `ratio` is how many times faster than the plain recipe this is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from sides import MODEL, PACKAGE, ROOT, TASK, measure, measured, read_columns, write_class_labels

SPLITS = ("validation", "test")
MAX_LENGTH = 128


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure evaluation against the plain recipe.")
    parser.add_argument("--data", type=Path, default=ROOT / "data/sample", help="folder of column files, tags last")
    parser.add_argument("--model", type=Path, default=ROOT / "models/finetuned", help="folder of a token classifier")
    parser.add_argument("--precision", default="auto", help="as evaluate.precision in params.yaml")
    parser.add_argument("--tokens-per-batch", type=int, default=256, help="as evaluate.subwords_per_batch")
    parser.add_argument("--run", nargs=2, metavar=("SIDE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        side, folder = arguments.run
        print(json.dumps({"prepare": prepare, "ours": ours, "plain": plain}[side](Path(folder), arguments)))
        return
    options = [f"--data={arguments.data.resolve()}", f"--model={arguments.model.resolve()}"]
    options += [f"--precision={arguments.precision}", f"--tokens-per-batch={arguments.subwords_per_batch}"]
    with tempfile.TemporaryDirectory() as folder:
        done = measure(__file__, "prepare", folder, *options)
        found = {side: measure(__file__, side, folder, *options) for side in ("plain", "ours")}
        labels = {side: json.loads((Path(folder) / f"{side}.json").read_text()) for side in found}
    for side, numbers in found.items():
        print(
            f"{side}: {done['sentences']:,} sentences in {numbers['seconds']:.2f} s, "
            f"{done['sentences'] / numbers['seconds']:,.0f} sentences/s, peak {numbers['peak'] / 2**20:,.0f} MiB"
        )
    print(json.dumps(summary(done, found, labels)))


def summary(done: dict[str, Any], found: dict[str, dict[str, Any]], labels: dict[str, list[list[str]]]) -> dict:
    pairs = [pair for rows in zip(labels["ours"], labels["plain"], strict=True) for pair in zip(*rows, strict=True)]
    both = [(a, b) for a, b in pairs if b is not None]
    return {
        "name": "evaluate",
        "unit": "sentences/s",
        **{name: done[name] for name in ("sentences", "words")},
        **{side: round(done["sentences"] / numbers["seconds"], 1) for side, numbers in found.items()},
        "ratio": round(found["plain"]["seconds"] / found["ours"]["seconds"], 2),
        "precision": found["ours"]["precision"],
        "equal_labels": round(sum(a == b for a, b in both) / len(both), 6),
        "different_labels": sum(a != b for a, b in both),
        "words_that_plain_lacks": len(pairs) - len(both),
        **{f"{side}_peak_mib": round(numbers["peak"] / 2**20) for side, numbers in found.items()},
    }


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write data/raw and data/tokenized as the stages would, and a model where there is none."""
    from transformers import set_seed

    from tagline.artifacts import raw_data, tokenized
    from tagline.model import classifier
    from tagline.sources import encoders
    from tagline.tokenization.dataset import tokenize_align
    from tagline.tokenization.params import Limits, TokenizeAlign

    splits = read_columns(arguments.data)
    raw_data.write(folder / "raw", splits, [TASK])
    write_class_labels(folder / "raw", folder / "plain_raw")
    trained = (arguments.model / "config.json").is_file()
    source = arguments.model if trained else encoders.find_in_package(PACKAGE, MODEL)[0]
    tokenizer = encoders.load_tokenizer(source)
    encoders.save_tokenizer(tokenizer, folder / "tokenizer")
    params = TokenizeAlign(
        task=TASK,
        scheme="auto",
        illegal="repair",
        label_all_tokens=True,
        max_length=longest(tokenizer),
        stride=longest(tokenizer) // 4,
        limits=Limits(**dict.fromkeys(Limits.model_fields)),
    )
    tokenize_align(folder / "raw", folder / "tokenizer", params, folder / "tokenized")
    if trained:
        (folder / "model").symlink_to(arguments.model)
    else:
        set_seed(0)
        classifier.new_classifier(source, tokenized.load_labels(folder / "tokenized")).save_pretrained(folder / "model")
    rows = [row for split in SPLITS for row in splits[split]]
    return {"sentences": len(rows), "words": sum(len(row["words"]) for row in rows)}


def longest(tokenizer: Any) -> int:
    """The most sub-words of a window."""
    return min(MAX_LENGTH, tokenizer.model_max_length)


def ours(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    from accelerate import PartialState
    from transformers import AutoConfig

    from tagline.artifacts import tokenized
    from tagline.labels.label_list import Labels
    from tagline.metrics.scores import score
    from tagline.model import classifier
    from tagline.model.backends.torch_model import TorchModel, workers
    from tagline.model.precision import cast_linear_layers, resolve
    from tagline.model.prediction import Predictor, predict_split

    names = tuple(AutoConfig.from_pretrained(folder / "model").id2label.values())
    labels = Labels(TASK, "spans", names, names[0])
    splits = {name: tokenized.load_split(folder / "tokenized", name) for name in SPLITS}
    gold = {name: split.gold(tokenized.load_labels(folder / "tokenized")) for name, split in splits.items()}
    precision = resolve(arguments.precision, PartialState().device, "--precision")
    model = classifier.load(folder / "model", labels)
    start = time.perf_counter()
    cast_linear_layers(model, precision)
    backend = TorchModel(model, precision)
    with workers(backend.device) as threads:
        predictor = Predictor(backend, labels, "greedy", arguments.subwords_per_batch, threads)
        found = {name: predict_split(predictor, split, None) for name, split in splits.items()}
    for name in SPLITS:
        score(gold[name], found[name].labels, "spans")
    numbers = measured(start)
    (folder / "ours.json").write_text(json.dumps([row for name in SPLITS for row in found[name].labels]))
    return numbers | {"precision": precision}


def plain(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
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
    raw = datasets.load_from_disk(str(folder / "plain_raw"))
    names_of_data = raw["train"].features[TASK].feature.names
    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model = AutoModelForTokenClassification.from_pretrained(folder / "model")
    names = list(model.config.id2label.values())
    ids = [names.index(name) if name in names else 0 for name in names_of_data]
    inside = [names.index("I" + name[1:]) if name.startswith("B-") else place for place, name in enumerate(names)]

    def tokenize_and_align_labels(examples):
        encoded = tokenizer(examples["words"], truncation=True, max_length=longest(tokenizer), is_split_into_words=True)
        encoded["labels"] = []
        for row, tags in enumerate(examples[TASK]):
            labels, before = [], None
            for word in encoded.word_ids(row):
                label = -100 if word is None else ids[tags[word]]
                labels.append(inside[label] if word is not None and word == before else label)
                before = word
            encoded["labels"].append(labels)
        return encoded

    tokenised = {name: raw[name].map(tokenize_and_align_labels, batched=True) for name in SPLITS}
    predicted = []

    def compute_metrics(outputs):
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
    numbers = measured(start)
    rows = []
    for split, of_split in zip(SPLITS, predicted, strict=True):
        for words, best in zip(raw[split]["words"], of_split, strict=True):
            rows.append(first_sub_words(tokenizer, words, best, names))
    (folder / "plain.json").write_text(json.dumps(rows))
    return numbers


def first_sub_words(tokenizer: Any, words: list[str], best: Any, names: list[str]) -> list[str | None]:
    """The label of each word's first sub-word; None where the recipe cut it off or it has none."""
    encoded = tokenizer(words, truncation=True, max_length=longest(tokenizer), is_split_into_words=True)
    labels: list[str | None] = [None] * len(words)
    for place, word in enumerate(encoded.word_ids()):
        if word is not None and labels[word] is None:
            labels[word] = names[best[place]]
    return labels


if __name__ == "__main__":
    main()
