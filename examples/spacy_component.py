"""A component for spaCy that writes the entities of an exported model into ``doc.ents``.

pip install spacy
python examples/spacy_component.py "Ada Lind lives in Oslo."
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans, minibatch

from tagline.inference import Tagger


@Language.factory("tagline", default_config={"folder": "models/export"})
class TaglineComponent:
    def __init__(self, nlp: Language, name: str, folder: str) -> None:
        self.tagger = Tagger(folder)

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 128) -> Iterator[Doc]:
        for docs in minibatch(stream, batch_size):
            for doc, found in zip(docs, self.tagger([doc.text for doc in docs]), strict=True):
                # An entity that ends inside a token of spaCy's gets the whole token.
                spans = (doc.char_span(each.start, each.end, each.type, alignment_mode="expand") for each in found)
                doc.set_ents(filter_spans(spans))
                yield doc


if __name__ == "__main__":
    nlp = spacy.blank("en")
    nlp.add_pipe("tagline")
    for entity in nlp(" ".join(sys.argv[1:])).ents:
        print(entity.label_, entity.text, entity.start_char, entity.end_char)
