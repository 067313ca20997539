"""All stages with documents and context_subwords: what is recorded, and that the export labels as evaluate does."""

from __future__ import annotations

from itertools import accumulate, chain
from pathlib import Path

import pyarrow.parquet as pq
from helpers.project import STAGES, edit, json_of, run_stage
from helpers.tiny import raw_rows

from tagline.artifacts import tokenized
from tagline.inference import Document, Tagger


def test_every_stage_reads_the_context(finished: Path) -> None:
    plain = tokenized.load_split(Path("data/tokenized"), "test").windows[:]
    edit(Path("params.yaml"), "  stride: 6\n", "  stride: 6\n  context_subwords: 8\n")
    run_stage("tokenize_align")
    assert tokenized.read_windowing(Path("data/tokenized")).context_subwords == 0, "train has no documents"
    for file in Path("data/tiny").glob("*.conll"):
        sentences = file.read_text().split("\n\n")
        documents = ("\n\n".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))
        file.write_text("".join(f"-DOCSTART- -X- O\n\n{document}\n\n" for document in documents))
    edit(Path("params.yaml"), "epochs: 6", "epochs: 2")
    edit(Path("params.yaml"), "decoding: greedy", "decoding: constrained")  # no I- begins a sentence
    edit(Path("params.yaml"), "onnx: true\n  int8: true", "onnx: false\n  int8: false")
    for stage in STAGES:
        run_stage(stage)
    rows = raw_rows("test")
    assert [row["document"] for row in rows] == ["test.conll#1"] * 3 + ["test.conll#2"] * 3
    windows = tokenized.load_split(Path("data/tokenized"), "test").windows[:]
    assert windows["sentence"] == plain["sentence"]
    sizes = [(len(own), len(seen)) for own, seen in zip(plain["input_ids"], windows["input_ids"], strict=True)]
    assert all(own <= seen <= 24 for own, seen in sizes) and any(own < seen for own, seen in sizes)
    labelled = [[[label for label in labels if label >= 0] for labels in each["labels"]] for each in (plain, windows)]
    assert labelled[0] == labelled[1], "context is not labelled"

    tagger_file = json_of("models/export/tagger.json")
    assert (tagger_file["context_subwords"], tagger_file["sentences"]["split"]) == (8, True)
    assert "sub-words of the neighbouring sentences" in Path("models/export/README.md").read_text()
    evaluated = pq.read_table("data/predictions/test.parquet")
    with Tagger("models/export", "torch") as tagger:
        for number in (1, 2):
            words = [row["words"] for row in rows if row["document"] == f"test.conll#{number}"]
            (tagged,) = tagger.tag([Document(list(chain(*words)), ends=list(accumulate(map(len, words))))])
            predicted = evaluated["predicted"][3 * number - 3 : 3 * number].to_pylist()
            assert tagged.predicted_names == list(chain(*predicted))

    promise = "  operating_point: {recall: {PER: {at_least: 0.5, confidence: 0.6}}}\n"
    edit(Path("params.yaml"), "  decoding: constrained\n", f"  decoding: constrained\n{promise}")
    run_stage("evaluate")
    points = json_of("reports/evaluate.json")["validation"]["operating_point"]
    documents = {row["document"] for row in raw_rows("validation")}
    assert points["PER"]["promise"]["unit"] == "documents"
    assert 0 < points["PER"]["promise"]["number"] <= len(documents)
