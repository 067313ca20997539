"""Bulk tagging with Ray Data: the entities of a column of texts, on all cores of this machine or a cluster.

Each node needs this project, `ray[data]>=2.59,<3` and models/export. With RAY_ADDRESS=auto it uses a running cluster;
Ray reads and writes local folders, s3:// and gs://, and makes again what a lost machine was labelling.
"""

import pyarrow as pa
import ray

from tagline.inference import Tagger

ENTITIES = pa.list_(
    pa.struct({"type": pa.string(), "text": pa.string(), "start": pa.int64(), "end": pa.int64(), "score": pa.float64()})
)


class Entities:
    """An actor: it opens the model once, and labels batches on one core."""

    def __init__(self) -> None:
        self._tagger = Tagger("models/export")

    def __call__(self, batch: pa.Table) -> pa.Table:
        rows = [
            [mention._replace(score=round(mention.score, 4))._asdict() for mention in mentions]
            for mentions in self._tagger(batch["text"].to_pylist())
        ]
        return batch.append_column("entities", pa.array(rows, ENTITIES))


ray.init()
texts = ray.data.read_json("s3://bucket/texts", lines=True)  # or read_parquet, read_text
# A pool of a fixed size would leave no core to read with.
workers = ray.data.ActorPoolStrategy(min_size=1, max_size=int(ray.available_resources()["CPU"]))
tagged = texts.map_batches(Entities, batch_format="pyarrow", batch_size=1024, num_cpus=1, compute=workers)
tagged.write_parquet("s3://bucket/tagged")
