"""The data set in data/raw: words and tag layers of each sentence, just as the source has them, in Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, load_from_disk

from tagging.faults import Fault, require

SPLITS = ("train", "validation", "test")
WORDS = "words"


def build(splits: dict[str, list[dict[str, Any]]], layers: Sequence[str]) -> DatasetDict:
    """Make the data set of parsed sentences.

    Args:
        splits: for each split its sentences, each a mapping from ``words`` and every layer to a list of strings, and
            from ``id`` to a string where the source names its sentences.
        layers: the tag layers, in the order of their columns.

    Returns:
        For each split the columns ``id`` (string, the source's or else ``SPLIT-N`` counted from 0), ``words`` (list of
        string) and each layer (list of ClassLabel). The label names of a layer are those of all splits together,
        sorted, so that a label which only the test split holds has an id too.
    """
    names = {layer: sorted({tag for rows in splits.values() for row in rows for tag in row[layer]}) for layer in layers}
    features = Features(
        {
            "id": Value("string"),
            WORDS: List(Value("string")),
            **{layer: List(ClassLabel(names=names[layer])) for layer in layers},
        }
    )
    return DatasetDict(
        {
            split: Dataset.from_dict(
                {
                    "id": [row.get("id", f"{split}-{number}") for number, row in enumerate(rows)],
                    WORDS: [row[WORDS] for row in rows],
                    **{layer: [features[layer].feature.str2int(row[layer]) for row in rows] for layer in layers},
                },
                features=features,
            )
            for split, rows in splits.items()
        }
    )


def load(path: Path) -> DatasetDict:
    """Read data/raw.

    Raises:
        Fault: the folder is missing, or no data set that this project wrote.
    """
    require(path, "download")
    try:
        corpus = load_from_disk(str(path))
    except (FileNotFoundError, ValueError) as error:
        raise Fault(f"{path} holds no data set ({error}): run `dvc repro download` again") from None
    if not isinstance(corpus, DatasetDict) or set(corpus) != set(SPLITS):
        raise Fault(f"{path} must hold the splits {', '.join(SPLITS)}: run `dvc repro download` again")
    return corpus


def layers(corpus: DatasetDict) -> list[str]:
    """The tag layers of a data set."""
    return [name for name in corpus["train"].column_names if name not in ("id", WORDS)]


def tags(split: Dataset, layer: str) -> list[list[str]]:
    """One layer of a split as label names."""
    names = split.features[layer].feature.names
    return [[names[number] for number in row] for row in split[layer][:]]
