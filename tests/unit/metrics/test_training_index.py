"""Training index: exact sentences, and the types of entities by their words."""

from __future__ import annotations

from helpers.tagged import sentences

from tagline.metrics.training_index import TrainingIndex

WORDS = ["Ada", "Lind", "left", "Oslo"]
GOLD = ["B-PER", "I-PER", "O", "B-LOC"]
OTHERS = sentences(
    [GOLD, ["O", "B-LOC"], ["B-PER", "B-PER", "B-PER"]],
    [GOLD, ["O", "B-PER"], ["O", "O", "O"]],
    "spans",
    [WORDS, ["in", "Oslo"], ["Ada", "left", "Rome"]],
)
INDEX = TrainingIndex([(WORDS, GOLD), (["Oslo", "won"], ["B-ORG", "O"]), (["Lind"], ["B-PER"])], [OTHERS], "spans")


def test_sentences_are_compared_word_for_word() -> None:
    assert INDEX.contains(WORDS)
    assert not INDEX.contains(WORDS[:3])
    assert not INDEX.contains(["ada", *WORDS[1:]])
    assert not INDEX.contains(["Oslo", "won"]), "no other split has it, so it is not kept"


def test_types_of_entities() -> None:
    assert INDEX.types(("Oslo",)) == {"LOC", "ORG"}
    assert INDEX.types(("Ada", "Lind")) == {"PER"}
    assert INDEX.types(("Ada",)) == set(), "part of an entity is not an entity"
    assert INDEX.types(("left",)) == set()
    assert INDEX.types(("Lind",)) == set(), "no entity of another split, so it is not kept"


def test_words_of_plain_tags() -> None:
    others = sentences([["NOUN"]], [["VERB"]], "tags", [["run"]])
    index = TrainingIndex([(["a", "run"], ["DET", "NOUN"]), (["run"], ["VERB"])], [others], "tags")
    assert index.types(("run",)) == {"NOUN", "VERB"}
