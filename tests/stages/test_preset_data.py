"""Presets of the Hub read the tag columns and label names that the cards of their data sets list.

test_download_from_hub.py reads one from a Hub; tests/unit/sources/test_hub_dataset.py reads every kind of column.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.tiny import preset

from tagline.core.params import read_section
from tagline.sources.download_params import Download
from tagline.tokenization.tokenize_align_params import TokenizeAlign

# Tag columns of each data set; conll2003-gpu, -pos and -chunk read what conll2003 reads.
COLUMNS = {
    "conll2003": "pos_tags chunk_tags ner_tags",
    "conllpp": "pos_tags chunk_tags ner_tags",
    "few-nerd": "ner_tags fine_ner_tags",
    "germeval2014": "ner_tags nested_ner_tags",
    "ontonotes5": "tags",
    "wnut17": "ner_tags",
}
# In Parquet files of numbers only; the files of the others have label names.
ONTONOTES = (
    "O B-CARDINAL B-DATE I-DATE B-PERSON I-PERSON B-NORP B-GPE I-GPE B-LAW I-LAW B-ORG I-ORG B-PERCENT I-PERCENT "
    "B-ORDINAL B-MONEY I-MONEY B-WORK_OF_ART I-WORK_OF_ART B-FAC B-TIME I-CARDINAL B-LOC B-QUANTITY I-QUANTITY I-NORP "
    "I-LOC B-PRODUCT I-TIME B-EVENT I-EVENT I-FAC B-LANGUAGE I-PRODUCT I-ORDINAL I-LANGUAGE"
)


@pytest.mark.parametrize("name", COLUMNS)
def test_preset_reads_columns_and_names_of_its_data_set(name: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(preset(name), encoding="utf-8")
    dataset = read_section("download", Download, path).dataset
    params = read_section("tokenize_align", TokenizeAlign, path)
    assert dataset.words == "tokens"
    assert sorted(dataset.tag_columns.values()) == sorted(COLUMNS[name].split())
    assert dataset.names == ({"ner": ONTONOTES.split()} if name == "ontonotes5" else {})
    assert params.task in dataset.tag_columns
    assert (params.scheme == "IO") == (name == "few-nerd"), "its types are without B- and I-"
