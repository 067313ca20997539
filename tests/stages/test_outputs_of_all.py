"""All five stages on a tiny corpus: the files they write, and with tags and a CRF head."""

import contextlib
import shutil
from pathlib import Path

import pandas as pd
import pytest
from helpers.project import STAGES, declared, edit, json_of, run_stages
from helpers.tiny import save_encoder, set_params, set_train_params
from transformers import AutoTokenizer, pipeline
from transformers.utils import logging

from tagline.artifacts import tokenized
from tagline.inference import Tagger
from tagline.model.heads.head import read_head, write_head


def test_all_outputs_are_written_with_usual_modes_and_no_absolute_path(finished):
    files = [path.relative_to(finished) for path in finished.rglob("*") if path.is_file()]
    for stage in STAGES:
        for out in declared(stage, "outs", "metrics", "plots"):
            assert Path(out).exists(), out
    assert not [path for path in files if ".partial" in path.name or path.parts[0] == ".work"]
    for path in files:
        assert path.suffix != ".json" or str(finished) not in path.read_text(), path
    Path("new").touch()
    assert {path.stat().st_mode for path in files if "tiny" not in path.parts} == {Path("new").stat().st_mode}


def test_every_word_is_predicted_and_scored(finished):
    metrics = json_of("reports/evaluate.json")
    assert metrics.keys() == {"validation", "test"}
    for split in metrics.values():
        assert set(split["overall"]) == {"precision", "recall", "f1", "accuracy", "number"}
        assert set(split["per_type"]) == {"LOC", "PER"}
        assert split["words_unscored"] == 0
    # 5 short sentences and one of four clauses, six words each, and a zero-width word without sub-words.
    assert metrics["test"]["words"] == 9 * 6 + 1
    assert metrics["test"]["words_without_subwords"] == 1
    predictions = pd.read_parquet("data/predictions/test.parquet")
    assert list(predictions.columns[:5]) == ["id", "words", "gold", "predicted", "score"]
    for column in ("gold", "predicted", "score"):
        assert [len(row) for row in predictions[column]] == [len(row) for row in predictions["words"]]
    assert [predictions[name][1][-1] for name in ("words", "predicted", "score")] == ["\u200b", "O", 0]


@pytest.mark.parametrize("strategy", ["simple", "first"])
def test_export_works_in_a_pipeline(finished, strategy):
    tagger = pipeline("token-classification", model="models/export", aggregation_strategy=strategy)
    entities = tagger("Ada Lind lives in Oslo .")
    found = [(each["entity_group"], each["start"], each["end"], " ".join(each["word"].split())) for each in entities]
    assert found == [("PER", 0, 8, "ada lind"), ("LOC", 18, 22, "oslo")], "without the marks of capitals"
    assert all(0 < entity["score"] <= 1 for entity in entities)


def test_plain_tags_are_scored_per_word(finished, capsys):
    edit(Path("params.yaml"), "tag_column: ner", "tag_column: pos")
    run_stages("tokenize_align", "train", "evaluate")
    labels = tokenized.load_labels(Path("data/tokenized"))
    assert labels.kind == "tags"
    assert labels.names == ("ADP", "PROPN", "PUNCT", "VERB"), "no training depends on test, where X occurs"
    scores = json_of("reports/evaluate.json")["test"]
    assert scores["types"]["foreign"] == ["X"] and scores["per_type"]["X"]["recall"] == 0
    assert scores["overall"]["number"] == scores["words"]
    assert "altered" not in scores and "altered forms: the task pos has plain tags" in capsys.readouterr().out
    # A word without sub-words gets the most frequent tag of train, since there is no O.
    assert pd.read_parquet("data/predictions/test.parquet")["predicted"][1][-1] == "PROPN"


def test_text_in_capitals_has_the_labels_of_the_text_in_small_letters(finished):
    set_params(tokenize_align={"lowercase_share": 0.5}, export={"onnx": False, "int8": False})
    run_stages("tokenize_align", "train", "evaluate", "export")
    assert json_of("models/export/tagger.json")["lowercase"] is True
    with Tagger("models/export", "torch") as tagger:
        as_it_is, small, capitals = tagger([TEXT, TEXT.lower(), TEXT.upper()])
    assert [(each.type, each.text) for each in as_it_is] == [("PER", "Ada Lind"), ("LOC", "Oslo")]
    assert [(each.type, each.text) for each in capitals] == [("PER", "ADA LIND"), ("LOC", "OSLO")]
    assert capitals == [each._replace(text=each.text.upper()) for each in small]


TEXT = "Ada Lind lives in Oslo ."
BACKENDS = ("torch", "onnx", "onnx-int8")


@pytest.fixture(scope="module")
def export(finished_once, tmp_path_factory):
    """models/export of a model with a CRF head and two of three layers."""
    folder = shutil.copytree(finished_once, tmp_path_factory.mktemp("crf") / "project")
    with contextlib.chdir(folder):
        save_encoder(Path("data/tiny/encoder"), AutoTokenizer.from_pretrained("data/tiny/encoder"), layers=3)
        set_train_params(head="crf", layers=2, learning_rate=0.01)
        run_stages(*STAGES)
    return folder / "models/export"


def entities(export, backend, verify=True):
    with Tagger(export, backend=backend, verify=verify) as tagger:
        return [(mention.type, mention.text) for mention in tagger(TEXT)]


def test_every_backend_uses_the_transitions(export, tmp_path):
    assert json_of(export / "config.json")["num_hidden_layers"] == 2
    for backend in BACKENDS:
        assert entities(export, backend) == [("PER", "Ada Lind"), ("LOC", "Oslo")]
    # Transitions that forbid to go on after B-PER and I-PER leave no person.
    copy = shutil.copytree(export, tmp_path / "export")
    name, weights = read_head(copy, "export")
    transitions = weights["transitions"].copy()
    transitions[3:] = -200  # O, B-LOC, I-LOC, B-PER, I-PER
    write_head(copy, name, {"transitions": transitions})
    for backend in BACKENDS:
        assert ("PER", "Ada Lind") not in entities(copy, backend, verify=False)


def test_transformers_loads_the_export_without_a_warning(export, capfd):
    capfd.readouterr()
    logging.set_verbosity_warning()
    assert pipeline("token-classification", model=str(export), aggregation_strategy="first")(TEXT)
    assert "tagger_head" not in "".join(capfd.readouterr())
