"""Slices, computed by hand on a few sentences; stages/test_outputs_of_all.py adds them up to the split."""

from helpers.tagged import sentences

from tagline.metrics.resampling import intervals
from tagline.metrics.scores import count, score
from tagline.metrics.slices import TrainingIndex, letter_case, slices

TRAIN = (["Ada", "Lind", "left", "Oslo"], ["B-PER", "I-PER", "O", "B-LOC"])
WORDS = [["Ada", "Lind", "met", "Bo"], TRAIN[0], ["Oslo"] * 12]
GOLD = [["B-PER", "I-PER", "O", "B-PER"], TRAIN[1], ["B-ORG", *["O"] * 11]]
PREDICTED = [["B-PER", "I-PER", "O", "O"], ["B-PER", "O", "O", "B-LOC"], ["B-LOC", *["O"] * 11]]


def sliced(words, gold, predicted, kind, train=()):
    found = sentences(gold, predicted, kind, words)
    return slices(found, count(found, kind), TrainingIndex(train, [found], kind))


def overall(gold, predicted):
    return score(count(sentences(gold, predicted), "spans"))["overall"]


def without_ends(slices):
    return {name: {key: row[key] for key in row if key not in ("low", "high")} for name, row in slices.items()}


def numbers(value, number):
    return dict.fromkeys(("precision", "recall", "f1"), value) | {"number": number}


def test_slices_by_hand():
    found = sliced(WORDS, GOLD, PREDICTED, "spans", [TRAIN])
    assert without_ends(found["text"]) == {
        # Gold: Ada Lind twice, Oslo as LOC. Predicted: Ada Lind once, Oslo as LOC twice.
        "seen": numbers(0.666667, 3),
        "seen_as_other_type": numbers(0, 1),  # Oslo as ORG
        "unseen": numbers(0, 1),  # Bo, and Ada alone
    }
    assert without_ends(found["case"]) == {
        "mixed": overall(GOLD[:2], PREDICTED[:2]) | {"sentences": 2},
        "title": overall(GOLD[2:], PREDICTED[2:]) | {"sentences": 1},
    }
    assert without_ends(found)["not_in_train"] == overall(GOLD[::2], PREDICTED[::2]) | {"sentences": 2}
    assert TrainingIndex([TRAIN], [], "spans").types(("Oslo",)) == set(), "no other split has it, so it is not kept"
    assert "not_in_train" not in sliced(WORDS, GOLD, PREDICTED, "spans", list(zip(WORDS, GOLD, strict=True)))


def test_intervals_of_slices_resample_sentences():
    gold, predicted = [["B-PER", "I-PER"], ["B-LOC", "O"]] * 9, [["B-PER", "O"], ["B-LOC", "O"]] * 9
    predicted[3] = ["O", "O"]
    result = sliced([["Ada", "Lind"]] * 18, gold, predicted, "spans")
    expected = intervals(count(sentences(gold, predicted), "spans"))["overall"]["f1"]
    for row in (result["not_in_train"], result["text"]["unseen"]):
        assert {end: row[end] for end in ("low", "high")} == expected, "all entities are in the slice"


def test_letter_case_of_sentences():
    expected = {
        "JAPAN 3 - UN 1": "capitals",
        "KEINE STRA\u00dfE F\u00dcR McDONALD": "capitals",
        "it 's 3 pm": "small_letters",
        "Tea Tax Talks Cut in Oslo .": "title",
        "Ada Lind left Oslo .": "mixed",
        "\u4e2d \u56fd 3": "",
    }
    assert {text: letter_case(text.split()) for text in expected} == expected


def test_words_of_plain_tags():
    words, gold, predicted = [["a", "run", "walks"]], [["DET", "VERB", "VERB"]], [["DET", "NOUN", "VERB"]]
    found = sliced(words, gold, predicted, "tags", [(["a", "run"], ["DET", "NOUN"])])
    assert found["text"] == {
        "seen": {"accuracy": 1.0, "number": 1},
        "seen_as_other_type": {"accuracy": 0.0, "number": 1},
        "unseen": {"accuracy": 1.0, "number": 1},
    }
    assert found["not_in_train"]["accuracy"] == round(2 / 3, 6)
