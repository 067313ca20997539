"""Stage 2, tokenize-align: words become sub-words, word labels become sub-word labels, long sentences become windows.

Reads the section ``tokenize_align`` of params.yaml, data/raw and models/pretrained/tokenizer.
Writes data/tokenized (see `tagline.artifacts.tokenized` for its layout) and metrics/data.json: what each split holds, and what is
odd about it.

    python stages/tokenize_align.py
    python stages/tokenize_align.py --show train:4    print a sentence of data/tokenized, compute nothing
"""

from __future__ import annotations

from tagline.core.signals import default_sigint

if __name__ == "__main__":
    default_sigint()

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datasets import Dataset, DatasetDict, disable_progress_bars
from tokenizers import Tokenizer
from tqdm import tqdm

from tagline.artifacts import raw_data, tokenized
from tagline.artifacts.raw_data import ID, SPLITS, WORDS
from tagline.artifacts.shards import ShardWriter
from tagline.core.errors import UserError, exit_with_message, require
from tagline.core.outputs import replacing, write_json
from tagline.core.params import read_section
from tagline.core.provenance import sha256
from tagline.labels import label_list
from tagline.labels.label_list import Labels
from tagline.tokenization import show, subwords
from tagline.tokenization.duplicates import Hashes, TrainingSentences, hash_sentences
from tagline.tokenization.encoding import Encoded, WindowMaker
from tagline.tokenization.findings import Findings
from tagline.tokenization.params import TokenizeAlign
from tagline.tokenization.tags import Tags, flat, read_tags

RAW = Path("data/raw")
TOKENIZER = Path("models/pretrained/tokenizer")
TOKENIZED = Path("data/tokenized")
METRICS = Path("metrics/data.json")

# Words that are in memory at a time, and of which each distinct one is tokenised once.
CHUNK_WORDS = 2**20
# Sentences of each split, spread over it, by which the way of tokenising is chosen.
PROBED = 20


def main() -> None:
    parser = argparse.ArgumentParser(description="Turn the words of data/raw into the sub-words of data/tokenized.")
    parser.add_argument("--show", metavar="SPLIT:SENTENCE", help="print a sentence, by its number (from 0) or its id")
    wanted = parser.parse_args().show
    if wanted is not None:
        try:
            print(show.sentence(TOKENIZED, TOKENIZER, wanted))
        except show.UnknownSentenceError as error:
            parser.error(str(error))
        return
    params = read_section("tokenize_align", TokenizeAlign)
    disable_progress_bars()  # of `datasets`; the stage has one of its own
    with replacing(TOKENIZED, METRICS) as (target, metrics):
        write_json(metrics, tokenize_align(RAW, TOKENIZER, params, target))


def tokenize_align(raw: Path, tokenizer: Path, params: TokenizeAlign, target: Path) -> dict[str, Any]:
    """Write the folder ``target`` and give the metrics of every split.

    Raises:
        UserError: task, tokenizer and params do not go together, a tag is refused, or a limit is passed.
    """
    data = raw_data.load(raw)
    if params.task not in raw_data.layers(data):
        raise UserError(
            f"{raw} has no column {params.task!r} (tokenize_align.task in params.yaml): "
            f"it has {', '.join(raw_data.layers(data))}"
        )
    loaded = load_tokenizer(tokenizer, params.max_length)
    names, tags = read_tags(data, params.task, params.scheme)
    findings = {split: find_in_tags(data, split, params.task, tags) for split in SPLITS}
    if params.illegal == "error":
        refuse_illegal(findings, tags)
    print(f"{params.task}: {len(names.names)} labels: {', '.join(names.names)}")
    one_by_one = is_one_by_one(loaded, data)
    maker = WindowMaker(loaded, one_by_one, params.max_length, params.stride, names.inside, params.label_all_tokens)
    target.mkdir()
    label_list.write(names, target / "labels.json")
    windowing = tokenized.Windowing(
        tokenizer_sha256=sha256(tokenizer / tokenized.TOKENIZER_FILE),
        one_by_one=one_by_one,
        label_all_tokens=params.label_all_tokens,
        max_length=params.max_length,
        stride=params.stride,
    )
    tokenized.write_windowing(windowing, target)
    writer = SplitWriter(params.task, names, maker, target)
    metrics = {}
    for split in SPLITS:
        sizes = writer.write(split, data[split], tags[split], findings[split])
        metrics[split] = sizes | split_metrics(names, tags[split], findings[split], split)
        tell(split, params.task, metrics[split], findings[split])
    over = [f"{split}: {line}" for split in SPLITS for line in findings[split].over(params.limits.model_dump())]
    if over:
        raise UserError("\n  ".join([f"{raw} passes limits that params.yaml sets:", *over]))
    return metrics


def load_tokenizer(folder: Path, max_length: int) -> Tokenizer:
    """Load the tokenizer and check that its encoder reads windows of that length."""
    require(folder, "download")
    tokenizer, longest = subwords.load(folder)
    if longest is not None and max_length > longest:
        raise UserError(f"tokenize_align.max_length is {max_length}, but the encoder reads at most {longest} sub-words")
    return tokenizer


def is_one_by_one(tokenizer: Tokenizer, data: DatasetDict) -> bool:
    """Check on some sentences whether each distinct word need be tokenised only once; say so if not."""
    probes = {split: range(0, len(data[split]), len(data[split]) // PROBED + 1) for split in SPLITS}
    sentences = [words for split, rows in probes.items() for words in data[split][rows][WORDS]]
    holds = subwords.one_by_one(tokenizer, sentences)
    if not holds:
        print("the tokenizer splits a word by its neighbours too: every sentence is tokenised, which takes longer")
    return holds


def find_in_tags(data: DatasetDict, split: str, task: str, tags: dict[str, Tags]) -> Findings:
    """What is odd about the tags of a split."""
    findings = Findings()
    findings.add("illegal", tags[split].illegal, tags[split].illegal_places(data[split], task))
    trained_on = tags["train"].counts
    unseen = sorted(tag for tag, count in tags[split].counts.items() if count and not trained_on.get(tag))
    findings.add("unseen", len(unseen), [", ".join(unseen)])
    return findings


def refuse_illegal(findings: dict[str, Findings], tags: dict[str, Tags]) -> None:
    """Raise a `UserError` that names the first illegal tags of each split, if there are any."""
    found = [
        f"{split}, in {tags[split].scheme}: {findings[split].line('illegal')}"
        for split in SPLITS
        if tags[split].illegal
    ]
    if found:
        raise UserError(
            "\n  ".join(["tokenize_align.illegal is error, repair would take them as conlleval does:", *found])
        )


@dataclass(frozen=True)
class SplitWriter:
    """Writes the sentences and the windows of one split after the other, train first: others are held against it.

    Attributes:
        task: the column of tags.
        names: its labels.
        maker: of windows.
        target: data/tokenized.
        training: the sentences of train.
    """

    task: str
    names: Labels
    maker: WindowMaker
    target: Path
    training: TrainingSentences = field(default_factory=TrainingSentences)

    def write(self, split: str, data: Dataset, tags: Tags, findings: Findings) -> dict[str, int]:
        """Write a split, add to its findings, and give its size."""
        words = 0
        features = tokenized.sentence_features(self.names)
        with (
            ShardWriter(self.target / "sentences" / split, features, split) as sentences,
            ShardWriter(self.target / "windows" / split, tokenized.WINDOW_FEATURES, split) as windows,
            tqdm(total=len(data), desc=split, unit=" sentences", disable=None) as bar,
        ):
            for chunk in raw_data.chunks(data, CHUNK_WORDS):
                values, ends = flat(chunk[self.task])
                ids = tags.to_labels(values, ends, self.names)
                vocabulary = chunk[WORDS].values.dictionary_encode()
                encoded = self.maker.make(vocabulary, ends, ids)
                find_in_words(findings, chunk, encoded, self.maker.capacity)
                self._find_duplicates(findings, split, chunk, hash_sentences(vocabulary, ends))
                windows.write(encoded.columns(first_sentence=sentences.rows))
                rows = pa.ListArray.from_arrays(chunk[WORDS].offsets, ids)
                sentences.write({ID: chunk[ID], WORDS: chunk[WORDS], "labels": rows})
                words += len(values)
                bar.update(chunk.num_rows)
        return {"sentences": sentences.rows, "words": words, "windows": windows.rows}

    def _find_duplicates(self, findings: Findings, split: str, chunk: pa.RecordBatch, hashes: Hashes) -> None:
        if split == "train":
            self.training.add(hashes)
            return
        repeated = self.training.find(hashes)
        findings.add("duplicates", len(repeated), (chunk[ID][int(row)].as_py() for row in repeated))


def find_in_words(findings: Findings, chunk: pa.RecordBatch, encoded: Encoded, capacity: int) -> None:
    """What is odd about the words of some sentences, for this tokenizer."""
    for kind, odd in (("without_subwords", encoded.counts == 0), ("cut_words", encoded.counts > capacity)):
        places = np.flatnonzero(odd)
        findings.add(kind, len(places), (raw_data.name_word(chunk, int(place)) for place in places))
    long = np.flatnonzero(np.bincount(encoded.sentence) > 1)
    findings.add("windowed", len(long), (chunk[ID][int(row)].as_py() for row in long))


def split_metrics(names: Labels, tags: Tags, findings: Findings, split: str) -> dict[str, Any]:
    """The part of metrics/data.json that is about labels and findings."""
    counts = dict(findings.counts)
    if split == "train":
        del counts["unseen"], counts["duplicates"]  # both are about what the training split holds
    return {"scheme": tags.scheme, "labels": {name: tags.counts.get(name, 0) for name in names.names}, **counts}


def tell(split: str, task: str, metrics: dict[str, Any], findings: Findings) -> None:
    """Say what a split holds and what is odd about it."""
    sizes = ", ".join(f"{metrics[size]:,} {size}" for size in ("sentences", "words", "windows"))
    scheme = {"tags": "plain tags", "IOB2": "IOB2"}.get(metrics["scheme"], f"{metrics['scheme']}, converted to IOB2")
    print("\n  ".join([f"{split}: {sizes}; {task} is written in {scheme}", *findings.lines()]))


if __name__ == "__main__":
    exit_with_message(main)
