"""Several taggers: each finds what it finds alone, in texts that are split once per rule, and overlaps are resolved."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import pytest
from helpers.handmade_export import TAGS, save_export
from helpers.messages import message_of

from tagline.artifacts import exported
from tagline.artifacts.exported import SentenceRule, WordRule
from tagline.inference import Mention, Tagger, Taggers
from tagline.inference import tagger as module
from tagline.inference.documents import without_overlaps
from tagline.text.sentences import library_version
from tagline.text.words import split_words

TEXTS = ["Ada lives in Oslo. Bo lives in Lind, U.S. Is Ada in?\n\nOslo", "", "\u00a0", "in-Oslo " * 30] * 3
SPLIT = SentenceRule(True, library_version(), 1.0)
# Of the default rule, of the same with other windows, of one that reads sentences, and of a language.
CHANGED = {"a": {}, "b": {"context_subwords": 3}, "c": {"sentences": SPLIT, "context_subwords": 5}}
CHANGED |= {"d": {"words": WordRule("fr", "spacy", 1.0)}}


@pytest.fixture
def split(monkeypatch):
    """How often each text is split into words; French ones are letters."""
    counted = Counter[str]()

    def words(text, language):
        counted[text] += 1
        return [(at, at + 1) for at, each in enumerate(text) if each.isalpha()] if language else split_words(text)

    monkeypatch.setattr(module, "splitter", lambda language: partial(words, language=language))
    monkeypatch.setattr(module, "library_version", lambda language: language and "spacy")
    return counted


@pytest.fixture
def alone(tmp_path, split):
    with ExitStack() as stack:
        opened = {}
        for seed, (name, changed) in enumerate(CHANGED.items()):
            folder = save_export(tmp_path / name, seed=seed)
            exported.write(replace(exported.read(folder), **changed), folder)
            opened[name] = stack.enter_context(Tagger(folder))
        yield opened


def test_answers_are_those_of_each_tagger_alone(alone, monkeypatch):
    monkeypatch.setattr(module, "FIRST_WORDS", 5)
    words = [["Ada", "in", "Oslo"], [], ["Lind"] * 40]
    given = [*TEXTS, *words]
    taggers = Taggers(alone)
    for answers in (list(taggers.stream(given)), taggers(TEXTS) + taggers.words(words)):
        for name, tagger in alone.items():
            own = [[each._replace(layer=None) for each in found if each.layer == name] for found in answers]
            assert own == list(tagger.stream(given))


def test_texts_are_split_once_per_rule_and_each_tagger_warns(alone, split):
    alone["b"]._description = replace(alone["b"]._description, words=WordRule(agreement=0.9))
    with pytest.warns(UserWarning, match="raw text is split differently than in") as warned, Taggers(alone) as taggers:
        taggers(TEXTS)
    assert len(warned) == 1
    assert split[TEXTS[0]] == 3 * TEXTS.count(TEXTS[0]), "without sentences, with sentences, and by the language"


SPANS = [(0, 4, 0.6), (6, 8, 0.9), (2, 6, 0.7), (6, 9, 0.9), (9, 10, 0.5)]
FOUND = [Mention("PER", "", *span) for span in SPANS]
CHOSEN = [("first", [0, 1, 4]), ("longest", [0, 3, 4]), ("score", [1, 2, 4])]


@pytest.mark.parametrize("overlaps, chosen", CHOSEN)
def test_overlaps_are_resolved_in_favour_of_the_preferred_entity(overlaps, chosen):
    assert sorted(without_overlaps(FOUND, overlaps)) == sorted(FOUND[index] for index in chosen)


def test_resolving_overlaps_with_tags_is_refused(tagger, tmp_path):
    with Tagger(save_export(tmp_path, TAGS)) as tags:
        both = {"ner": tagger, "pos": tags}
        assert [each[-1] for each in Taggers(both)("Bo in Oslo")] == ["ner", "pos", "pos", "ner", "pos"]
        message = "overlaps first: pos predicts a tag for each word, not entities; expected keep"
        assert message_of(Taggers, both, "first") == message
    with pytest.raises(ValueError, match="expected taggers, and overlaps keep or longest or first or score; got 1, "):
        Taggers({"ner": tagger}, "frist")
