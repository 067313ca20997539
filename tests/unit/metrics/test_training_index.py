"""What training has: sentences word for word, and entities by their words and types."""

from __future__ import annotations

from tagline.labels.entities import Entity
from tagline.metrics.training_index import TrainingIndex

WORDS = ["Ada", "Lind", "left", "Oslo"]
SEEN = TrainingIndex([(WORDS, ["B-PER", "I-PER", "O", "B-LOC"]), (["Oslo", "won"], ["B-ORG", "O"])], "spans")


def test_sentences_word_for_word() -> None:
    assert SEEN.holds(WORDS)
    assert not SEEN.holds(WORDS[:3])
    assert not SEEN.holds(["ada", *WORDS[1:]])


def test_types_of_entities() -> None:
    assert SEEN.types(["in", "Oslo"], Entity("PER", 1, 2)) == {"LOC", "ORG"}
    assert SEEN.types(["Ada", "Lind"], Entity("PER", 0, 2)) == {"PER"}
    assert SEEN.types(["Ada", "Lind"], Entity("PER", 0, 1)) == set(), "a part of an entity is none"
    assert SEEN.types(["left"], Entity("PER", 0, 1)) == set()


def test_of_plain_tags_words() -> None:
    seen = TrainingIndex([(["a", "run"], ["DET", "NOUN"]), (["run"], ["VERB"])], "tags")
    assert seen.types(["run"], Entity("NOUN", 0, 1)) == {"NOUN", "VERB"}
