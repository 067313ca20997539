"""A recogniser for Presidio, so that it finds and anonymises the entities of an exported model.

pip install presidio-analyzer spacy
python examples/presidio_recognizer.py "Ada Lind lives in Oslo."
"""

from __future__ import annotations

import sys
from pathlib import Path

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from tagline.inference import Tagger

# Types that Presidio calls otherwise.
NAMES = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION"}


class TaglineRecognizer(EntityRecognizer):
    def __init__(self, folder: str | Path = "models/export", language: str = "en") -> None:
        self.tagger = Tagger(folder)
        super().__init__([NAMES.get(name, name) for name in self.tagger.labels.types], "Tagline", language)

    def load(self) -> None:
        """The tagger is open already."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        found = [(NAMES.get(each.type, each.type), each.start, each.end, each.score) for each in self.tagger(text)]
        return [RecognizerResult(*each) for each in found if each[0] in entities]


def analyzer(folder: str | Path = "models/export", language: str = "en") -> AnalyzerEngine:
    """Presidio with this recogniser alone; it needs no spaCy model, only spaCy's words. More can be added."""
    engine = SpacyNlpEngine()
    engine.nlp = {language: spacy.blank(language)}
    registry = RecognizerRegistry([TaglineRecognizer(folder, language)], supported_languages=[language])
    return AnalyzerEngine(registry, engine, supported_languages=[language])


if __name__ == "__main__":
    for result in analyzer().analyze(" ".join(sys.argv[1:]), "en"):
        print(result)
