"""Stage 2, tokenize-align: words become sub-words, word labels become sub-word labels, long sentences become windows.

Reads the section ``tokenize_align`` of params.yaml, data/raw and models/pretrained/tokenizer.
Writes data/tokenized (see `tagging.tokenized` for its layout).

    python stages/tokenize_align.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from tagging import corpus, encoders, labels, schemes, tokenized, windows
from tagging.alignment import NO_WORD, align_labels
from tagging.faults import Fault, exit_with_message, require
from tagging.labels import Labels
from tagging.outputs import replacing, write_json
from tagging.params.reader import read_section
from tagging.params.tokenize_align import TokenizeAlign
from tagging.progress import quiet
from tagging.provenance import PROVENANCE, sha256

RAW = Path("data/raw")
TOKENIZER = Path("models/pretrained/tokenizer")
TOKENIZED = Path("data/tokenized")

BATCH = 1000


def main() -> None:
    params = read_section("tokenize_align", TokenizeAlign)
    quiet()
    raw = corpus.load(RAW)
    if params.task not in corpus.layers(raw):
        raise Fault(
            f"{RAW} has no column {params.task!r} (tokenize_align.task in params.yaml): "
            f"it has {', '.join(corpus.layers(raw))}"
        )
    tokenizer = load_tokenizer(params)
    tags = {split: read_tags(raw, split, params.task) for split in raw}
    names = labels.from_tags(params.task, tags)
    print(f"{params.task}: {len(names.names)} labels: {', '.join(names.names)}")
    with replacing(TOKENIZED) as (target,):
        target.mkdir()
        labels.write(names, target / "labels.json")
        write_json(target / PROVENANCE, {"tokenizer_sha256": sha256(TOKENIZER / tokenized.TOKENIZER_FILE)})
        for split in raw:
            write_split(raw, split, tags[split], names, tokenizer, params, target)


def load_tokenizer(params: TokenizeAlign) -> PreTrainedTokenizerBase:
    """Load the tokenizer and check that it can do what this stage asks of it."""
    require(TOKENIZER, "download")
    tokenizer = encoders.load_tokenizer(TOKENIZER)
    if not tokenizer.is_fast:
        raise Fault(
            f"{type(tokenizer).__name__} in {TOKENIZER} is not a fast tokenizer, so it can't say which word a "
            "sub-word belongs to: choose an encoder that has a tokenizer.json"
        )
    if params.max_length > tokenizer.model_max_length:
        raise Fault(
            f"tokenize_align.max_length is {params.max_length}, but the encoder reads at most "
            f"{tokenizer.model_max_length} sub-words"
        )
    return tokenizer


def read_tags(raw: DatasetDict, split: str, task: str) -> list[list[str]]:
    """The tags of a split, in IOB2 where they mark spans; says what was converted and repaired."""
    tags = corpus.tags(raw[split], task)
    if not schemes.is_spans(raw[split].features[task].feature.names):
        return tags
    scheme = schemes.detect(tags)
    converted = [schemes.to_iob2(row, scheme) for row in tags]
    repaired = sum(count for _, count in converted)
    if scheme != "IOB2" or repaired:
        print(f"{split}: {task} is written in {scheme}, converted to IOB2; {repaired:,} illegal tags repaired")
    return [row for row, _ in converted]


def write_split(
    raw: DatasetDict,
    split: str,
    tags: list[list[str]],
    names: Labels,
    tokenizer: PreTrainedTokenizerBase,
    params: TokenizeAlign,
    target: Path,
) -> None:
    """Write the sentences and the windows of one split, and say how long and how hard it is."""
    ids = [[names.label2id[tag] for tag in row] for row in tags]
    sentences = Dataset.from_dict(
        {"id": raw[split]["id"][:], "words": raw[split]["words"][:], "labels": ids},
        features=tokenized.sentence_features(names),
    )
    rows = list(make_windows(sentences, names, tokenizer, params, split))
    made = Dataset.from_list(rows, features=tokenized.WINDOW_FEATURES)
    sentences.save_to_disk(target / "sentences" / split)
    made.save_to_disk(target / "windows" / split)
    words = sum(map(len, ids))
    reached = len({(row["sentence"], word) for row in rows for word in row["word_ids"] if word != NO_WORD})
    print(
        f"{split}: {len(sentences):,} sentences, {words:,} words, {len(made):,} windows; "
        f"{words - reached:,} words have no sub-word"
    )


def make_windows(
    sentences: Dataset, names: Labels, tokenizer: PreTrainedTokenizerBase, params: TokenizeAlign, split: str
) -> Iterator[dict[str, Any]]:
    """Yield the windows of each sentence, in order, as rows of `tokenized.WINDOW_FEATURES`.

    Every word with at least one sub-word is in one window or more; a sentence without any still has a window, of
    special tokens alone.
    """
    before, after = special_tokens(tokenizer)
    capacity = params.max_length - len(before) - len(after)
    inside = names.inside
    for start in tqdm(range(0, len(sentences), BATCH), desc=split, unit="k sentences", disable=None):
        batch = sentences[start : start + BATCH]
        encoded = tokenizer(batch["words"], is_split_into_words=True, add_special_tokens=False, truncation=False)
        for offset, input_ids in enumerate(encoded["input_ids"]):
            words = encoded.word_ids(offset)
            kept = windows.shorten_words(words, capacity)
            input_ids, words = [input_ids[i] for i in kept], [words[i] for i in kept]
            for begin, end in windows.cut(words, capacity, params.stride):
                word_ids = [NO_WORD] * len(before) + words[begin:end] + [NO_WORD] * len(after)
                yield {
                    "sentence": start + offset,
                    "input_ids": before + input_ids[begin:end] + after,
                    "word_ids": word_ids,
                    "labels": align_labels(word_ids, batch["labels"][offset], inside, params.label_all_tokens),
                }


def special_tokens(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """The special tokens that the tokenizer puts before and after a sentence, as ids."""
    encoded = tokenizer([["a"]], is_split_into_words=True)
    ids, words = encoded["input_ids"][0], encoded.word_ids(0)
    body = [position for position, word in enumerate(words) if word is not None]
    return ids[: body[0]], ids[body[-1] + 1 :]


if __name__ == "__main__":
    exit_with_message(main)
