"""`tagline estimate`: the table, JSON, exit statuses and messages."""

import json

import pytest
from helpers.formats import saved_row
from helpers.handmade_export import TAGS, add_reference, save_export
from helpers.messages import message_of
from helpers.project import edit

from tagline.inference import Tagger
from tagline.terminal import NotReachedError
from tagline.tools.estimation.observation import BLOCKS, Observation
from tagline.tools.estimation.program import main

TEXT = "Ada Lind lives in Oslo."


@pytest.fixture
def model(tmp_path):
    return str(add_reference(save_export(tmp_path / "export")))


def printed(capsys, *arguments):
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
        (tmp_path / name).write_text(f"{content}\n", "utf-8")
        assert printed(capsys, "--input", str(tmp_path / name), "--model", model) == expected


def test_labels_of_some_texts_measure_the_scores(model, tmp_path, capsys):
    """The model finds both entities of each text; in a quarter of the labelled ones, Oslo is none."""
    labelled = "Ada B-PER\nLind I-PER\nlives O\nin O\nOslo B-LOC\n. O\n"
    rows = [labelled.replace("B-LOC", "O"), labelled, labelled, labelled] * 5
    file = tmp_path / "some.conll"
    file.write_text("\n".join(rows))
    arguments = *[TEXT] * 30, "--model", model, "--labelled", str(file)
    found = printed(capsys, *arguments)
    assert found["labelled"] == 20 and found["texts"] == 30
    assert found["expected"]["precision"]["value"] == pytest.approx(35 / 40)
    assert found["expected"]["recall"]["value"] == 1
    assert found["expected"]["f1"]["low"] < 70 / 75 < found["expected"]["f1"]["high"]
    assert found["types"] is None and found["f1_of_test"] == 0.8
    file.write_text("\n".join(rows[1:]))
    message = f"{file}: 19 texts, 34 entities; expected at least 20 texts, drawn at ran"
    assert message_of(main, [*arguments]).startswith(message)


def test_texts_labelled_for_some_types_measure_these_alone(model, tmp_path, capsys):
    """Oslo is not labelled, since the page had no places."""
    file = tmp_path / "page.jsonl"
    rows = [saved_row(str(index), TEXT, [[0, 8, "PER"]]) for index in range(20)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = *[TEXT] * 30, "--model", model, "--labelled", str(file)
    found = printed(capsys, *arguments)
    assert (found["types"], found["entities"], found["f1_of_test"]) == (["PER"], 30, None)
    assert found["expected"]["f1"]["value"] == 1
    main(arguments)
    table = capsys.readouterr().out
    assert "of PER alone, for which the labelled texts are annotated" in table and "on test" not in table
    file.write_text(file.read_text().replace('"PER"', '"DATE"'))
    message = f"{file}: annotated for DATE alone; expected a type of the model: "
    assert message_of(main, arguments).startswith(message)


def test_estimate_below_least_is_an_error(model, capsys):
    main([TEXT, "--model", model, "--least", "0.9"])
    assert capsys.readouterr().out.endswith("\nNo lower F1 than on test can be shown, where it is 0.800.\n")
    for text, least, value in (("lives", "0.1", "unknown, since no entity is found"), (TEXT, "1", "0.930")):
        with pytest.raises(NotReachedError, match=f"^the estimated F1 is {value}; expected at least {least}$"):
            main([text, "--model", model, "--least", least])


def test_exports_without_a_sound_reference_or_entities_and_texts_without_words_are_refused(model, tmp_path):
    tags, plain = save_export(tmp_path / "tags", TAGS), save_export(tmp_path / "plain")
    assert message_of(main, ["", "--model", model]) == "TEXT: no words; expected texts like those to label"
    edit(tmp_path / "export/tagger.json", '"ties": 0', '"ties": -5')
    for folder, message in (
        (model, "tagger.json: damaged "),
        (plain, "tagger.json: no entry reference, "),
        (tags, "predicts a tag for each word; expected a model of entities"),
    ):
        assert message in message_of(main, [TEXT, "--model", str(folder)])


def test_moving_window_forgets_earlier_texts(model):
    with Tagger(model) as tagger:
        observation = Observation(tagger, window=6 * BLOCKS)
        for _ in range(3 * BLOCKS):
            tagger(TEXT)
        assert observation.sums.words == 6 * BLOCKS
        for _ in range(2 * BLOCKS):
            tagger("lives in lives in lives in")
        assert observation.sums.found == 0
