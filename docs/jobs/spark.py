"""Bulk tagging in Spark: the entities of a column of texts. Each executor needs this project and models/export.

Set OMP_NUM_THREADS to the cores of a task (spark.task.cpus), so that the taggers of one machine do not compete for its
cores.
"""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf


@pandas_udf("array<struct<type: string, text: string, start: long, end: long, score: double>>")
def entities(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
    from tagline.inference import Tagger

    with Tagger("models/export") as tagger:  # once per task
        for texts in batches:
            found = tagger(texts.tolist())
            yield pd.Series([[each._replace(score=round(each.score, 4))._asdict() for each in row] for row in found])


spark = SparkSession.builder.getOrCreate()
texts = spark.read.json("s3a://bucket/texts").where("text is not null")
texts.withColumn("entities", entities("text")).write.parquet("s3a://bucket/tagged")
