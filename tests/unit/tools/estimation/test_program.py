"""`tagline estimate`: the table, JSON, exit statuses and messages."""

import json
from pathlib import Path

import pytest
from helpers.handmade_export import TAGS, add_reference, save_export

from tagline.inference import Tagger
from tagline.terminal.errors import NotReachedError, UserError
from tagline.tools.estimation.observation import BLOCKS, Observation
from tagline.tools.estimation.program import main

TEXT = "Ada Lind lives in Oslo."


@pytest.fixture
def model(tmp_path):
    return str(add_reference(save_export(tmp_path / "export")))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str):
    main([*arguments, "--json"])
    return json.loads(capsys.readouterr().out)


def test_inputs_of_predict_have_the_same_estimate(model, tmp_path, capsys):
    files = {
        "a.txt": TEXT,
        "a.jsonl": json.dumps({"text": TEXT}),
        "a.conll": "\n".join(["Ada", "Lind", "lives", "in", "Oslo", "."]),
    }
    expected = printed(capsys, TEXT, "--model", model)
    assert expected["entities"] == 2
    assert expected["expected"]["precision"]["value"] == 1
    for name, content in files.items():
        (tmp_path / name).write_text(f"{content}\n", encoding="utf-8")
        assert printed(capsys, "--input", str(tmp_path / name), "--model", model) == expected


def test_table_has_the_estimate_and_f1_of_test(model, capsys):
    main([*[TEXT] * 25, "--model", model])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "texts: 25, words: 150, entities: 50"
    assert lines[3].startswith("F1         0.930  (0.")
    assert lines[-1] == "No lower F1 than on test can be shown, where it is 0.800."


def test_labels_of_some_texts_measure_the_scores(model, tmp_path, capsys):
    """The model finds both entities of each text; in a quarter of the labelled ones, Oslo is none."""
    words, labels = ["Ada", "Lind", "lives", "in", "Oslo", "."], ["B-PER", "I-PER", "O", "O", "B-LOC", "O"]
    other = [*labels[:4], "O", "O"]
    rows = []
    for number in range(20):
        of_text = zip(words, other if number % 4 == 0 else labels, strict=True)
        rows.append("".join(f"{word} {label}\n" for word, label in of_text))
    file = tmp_path / "some.conll"
    file.write_text("\n".join(rows))
    arguments = *[TEXT] * 30, "--model", model, "--labelled", str(file)
    found = printed(capsys, *arguments)
    assert found["labelled"] == 20 and found["texts"] == 30
    assert found["expected"]["precision"]["value"] == pytest.approx(35 / 40)
    assert found["expected"]["recall"]["value"] == 1
    assert found["expected"]["f1"]["low"] < 70 / 75 < found["expected"]["f1"]["high"]
    main([*arguments])
    assert "measured on 20 labelled texts, and corrected by the estimate of all\n" in capsys.readouterr().out
    file.write_text("\n".join(rows[:19]))
    with pytest.raises(UserError, match=r"some.conll: 19 texts, 33 entities; expected at least 20 texts, drawn at ran"):
        main([*arguments])


def test_estimate_below_least_is_an_error(model):
    main([TEXT, "--model", model, "--least", "0.9"])
    for text, least, value in (("lives", "0.1", "unknown, since no entity is found"), (TEXT, "1", "0.930")):
        with pytest.raises(NotReachedError, match=f"^the estimated F1 is {value}; expected at least {least}$"):
            main([text, "--model", model, "--least", least])


def test_texts_without_words_are_refused(model):
    with pytest.raises(UserError, match=r"^TEXT: no words; expected texts like those to label$"):
        main(["", "--model", model])


def test_exports_without_a_reference_or_entities_are_refused(tmp_path):
    folder = save_export(tmp_path / "export")
    with pytest.raises(UserError, match=r"tagger\.json: no entry reference, .*; run `dvc repro evaluate export`$"):
        main([TEXT, "--model", str(folder)])
    with pytest.raises(UserError, match="predicts a tag for each word; expected a model of entities"):
        main([TEXT, "--model", str(save_export(tmp_path / "tags", TAGS))])


def test_damaged_reference_is_one_message(model):
    path = Path(model) / "tagger.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["reference"]["constants"] = []
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match=r"tagger\.json: damaged .*; expected the entry reference as this version"):
        main([TEXT, "--model", model])


def test_moving_window_forgets_earlier_texts(model):
    with Tagger(model) as tagger:
        observation = Observation(tagger, window=6 * BLOCKS)
        for _ in range(3 * BLOCKS):
            tagger(TEXT)
        assert observation.sums.words == 6 * BLOCKS
        for _ in range(2 * BLOCKS):
            tagger("lives in lives in lives in")
        assert observation.sums.found == 0
