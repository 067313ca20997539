"""Slices, computed by hand on a few sentences; stages/test_outputs_of_all.py adds them up to the split."""

from collections.abc import Sequence

from helpers.tagged import sentences

from tagline.labels.label_list import Kind
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import Counts, count, score
from tagline.metrics.slices import TrainingIndex, letter_case, slices

TRAIN = (["Ada", "Lind", "left", "Oslo"], ["B-PER", "I-PER", "O", "B-LOC"])
WORDS = [["Ada", "Lind", "met", "Bo"], TRAIN[0], ["Oslo"] * 12]
GOLD = [["B-PER", "I-PER", "O", "B-PER"], TRAIN[1], ["B-ORG", *["O"] * 11]]
PREDICTED = [["B-PER", "I-PER", "O", "O"], ["B-PER", "O", "O", "B-LOC"], ["B-LOC", *["O"] * 11]]


Rows = list[list[str]]


def sliced(words: Rows, gold: Rows, predicted: Rows, kind: Kind, train: Sequence[tuple[list, list]] = ()):
    found = sentences(gold, predicted, kind, words)
    return slices(found, count(found, kind), TrainingIndex(train, [found], kind))


def overall(gold: Rows, predicted: Rows):
    return score(count(sentences(gold, predicted), "spans"))["overall"]


def numbers(precision: float, recall: float, number: int):
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 6), "recall": round(recall, 6), "f1": round(f1, 6), "number": number}


def test_slices_by_hand():
    found = sliced(WORDS, GOLD, PREDICTED, "spans", [TRAIN])
    assert found["text"] == {
        # Gold: Ada Lind twice, Oslo as LOC. Predicted: Ada Lind once, Oslo as LOC twice.
        "seen": numbers(2 / 3, 2 / 3, 3),
        "seen_as_other_type": numbers(0, 0, 1),  # Oslo as ORG
        "unseen": numbers(0, 0, 1),  # Bo, and Ada alone
    }
    assert found["entity_length"] == {"1": numbers(1 / 3, 1 / 3, 3), "2": numbers(1, 1 / 2, 2)}
    assert list(found["sentence_length"]) == ["1-10", "11-20"]
    for name, part in {"1-10": slice(0, 2), "11-20": slice(2, 3)}.items():
        assert found["sentence_length"][name] == overall(GOLD[part], PREDICTED[part]) | {"sentences": len(GOLD[part])}
    assert {name: part["sentences"] for name, part in found["case"].items()} == {"mixed": 2, "title": 1}
    assert found["not_in_train"] == overall(GOLD[::2], PREDICTED[::2]) | {"sentences": 2}
    assert TrainingIndex([TRAIN], [], "spans").types(("Oslo",)) == set(), "no other split has it, so it is not kept"
    assert "not_in_train" not in sliced(WORDS, GOLD, PREDICTED, "spans", list(zip(WORDS, GOLD, strict=True)))


def test_intervals_of_slices_resample_sentences():
    gold, predicted = [["B-PER", "I-PER"], ["B-LOC", "O"]] * 9, [["B-PER", "O"], ["B-LOC", "O"]] * 9
    predicted[3] = ["O", "O"]
    found = sentences(gold, predicted)
    counts = count(found, "spans")

    def f1_intervals(counts: Counts):
        return {name: row["f1"] for name, row in intervals(counts, 100, 0)["per_type"].items()}

    result = slices(found, counts, TrainingIndex([], [found], "spans"), f1_intervals)
    expected = intervals(counts, 100, 0)["overall"]["f1"]
    for row in (result["not_in_train"], result["sentence_length"]["1-10"], result["text"]["unseen"]):
        assert {end: row[end] for end in ("low", "high")} == expected, "all entities are in the slice"
    # No predicted entity has two words, so this F1 is 0 in each resample.
    assert (result["entity_length"]["2"]["low"], result["entity_length"]["2"]["high"]) == (0, 0)


def test_letter_case_of_sentences():
    texts = [
        "JAPAN 3 - UN 1",
        "KEINE STRA\u00dfE F\u00dcR McDONALD",
        "it 's 3 pm",
        "Tea Tax Talks Cut in Oslo .",
        "Ada Lind left Oslo .",
        "\u4e2d \u56fd 3",
    ]
    assert [letter_case(text.split()) for text in texts] == [
        "capitals",
        "capitals",
        "small_letters",
        "title",
        "mixed",
        "",
    ]


def test_words_of_plain_tags():
    words, gold, predicted = [["a", "run", "walks"]], [["DET", "VERB", "VERB"]], [["DET", "NOUN", "VERB"]]
    found = sliced(words, gold, predicted, "tags", [(["a", "run"], ["DET", "NOUN"])])
    assert found["text"] == {
        "seen": {"accuracy": 1.0, "number": 1},
        "seen_as_other_type": {"accuracy": 0.0, "number": 1},
        "unseen": {"accuracy": 1.0, "number": 1},
    }
    assert "entity_length" not in found
    assert found["not_in_train"]["accuracy"] == round(2 / 3, 6)
