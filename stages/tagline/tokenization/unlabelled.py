"""The folder data/tokenized_tests/unlabelled, all that folds of a cross-validation read of test: no label changes it.

documents/SPLIT/00000.arrow, ...    id and document, as in data/raw, of train, validation and test
sentences/test, windows/test        as in data/tokenized_tests, but labels are -1, and of sub-words -100
hashes.json                         the SHA-256 of each file
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tagline.artifacts.raw_data import ID, RawData
from tagline.artifacts.tokenized import WINDOW_FEATURES, sentence_features
from tagline.core import DOCUMENT, FURTHER, shards, write_hashes
from tagline.labels import IGNORED, Labels


def write_unlabelled(data: RawData, tests: Path, labels: Labels) -> None:
    """Write the folder.

    Args:
        data: data/raw.
        tests: data/tokenized_tests, in which the folder is made.
        labels: of the task.
    """
    target = tests / "unlabelled"
    schema = pa.schema({ID: pa.string(), DOCUMENT: pa.int64()})
    for split in data.sentences:
        if not split.startswith(FURTHER):
            with shards.ShardWriter(target / "documents" / split, schema) as writer:
                for batch in data.batches(split):
                    writer.write({name: batch[name] for name in schema.names})
    features = {"sentences": sentence_features(labels), "windows": WINDOW_FEATURES}
    for source in tests.glob("*/test"):
        name = source.parent.name
        schema = features[name].arrow_schema
        with shards.ShardWriter(target / name / "test", schema) as writer:
            for batch in shards.read_batches(source):
                gold = batch["labels"]
                hidden = np.full_like(gold.values.to_numpy(), -1 if name == "sentences" else IGNORED)
                columns = {column: batch[column] for column in schema.names}
                writer.write(columns | {"labels": pa.ListArray.from_arrays(gold.offsets, hidden, gold.type)})
    write_hashes(target)
