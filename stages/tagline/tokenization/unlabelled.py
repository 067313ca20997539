"""The folder data/tokenized_tests/unlabelled, all that folds of a cross-validation read of test: no label changes it.

documents/SPLIT/00000.arrow, ...    id and document, as in data/raw, of train, validation and test
sentences/test, windows/test        as in data/tokenized_tests, but known labels are -1, and of sub-words all are -100
hashes.json                         the SHA-256 of each file
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tagline.artifacts.raw_data import ID, RawData
from tagline.core import DOCUMENT, FURTHER, shards, write_hashes
from tagline.labels import IGNORED


def write_unlabelled(data: RawData, tests: Path, known: int) -> None:
    """Write the folder.

    Args:
        data: data/raw.
        tests: data/tokenized_tests, in which the folder is made.
        known: the number of labels; greater ids are of sets, which stay, so that folds see unknown labels.
    """
    target = tests / "unlabelled"
    schema = pa.schema({ID: pa.string(), DOCUMENT: pa.int64()})
    for split in data.sentences:
        if not split.startswith(FURTHER):
            with shards.ShardWriter(target / "documents" / split, schema) as writer:
                for batch in data.batches(split):
                    writer.write({name: batch[name] for name in schema.names})
    for source in tests.glob("*/test"):
        name = source.parent.name
        schema = next(shards.read_batches(source)).schema
        with shards.ShardWriter(target / name / "test", schema) as writer:
            for batch in shards.read_batches(source):
                labels = batch["labels"]
                ids = labels.values.to_numpy()
                hidden = np.where(ids < known, -1, ids) if name == "sentences" else np.full_like(ids, IGNORED)
                columns = {column: batch[column] for column in schema.names}
                writer.write(columns | {"labels": pa.ListArray.from_arrays(labels.offsets, hidden, labels.type)})
    write_hashes(target)
