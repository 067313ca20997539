"""Several taggers, one answer: the entities of each have its name as their layer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, tee
from operator import itemgetter
from typing import get_args

from tagline.core import Overlaps
from tagline.inference.documents import Document, Layers
from tagline.inference.tagger import AnyTagger, Tagger
from tagline.labels import TaggedSentence
from tagline.model.prediction import Progress
from tagline.terminal import UserError
from tagline.text.sentences import TextSpan


class Taggers(AnyTagger):
    """Several taggers, used like one `Tagger`; each finds what it finds alone.

        >>> taggers = Taggers({"ner": Tagger("models/export"), "drugs": Tagger("drugs/models/export")})
        >>> taggers("Ada Lind takes aspirin.")
        [Mention(type='PER', text='Ada Lind', ..., layer='ner'), Mention(type='DRUG', ..., layer='drugs')]

    Texts are split into words and sentences once per rule: taggers of one language share it.

    Args:
        taggers: at least one, by the name of its layer. Leaving a `with` block closes each.
        overlaps: which of overlapping entities are listed.

    Raises:
        UserError: a tagger predicts a tag for each word, which overlaps any entity, and ``overlaps`` is not keep.
        ValueError: there is no tagger, or ``overlaps`` is unknown.
    """

    def __init__(self, taggers: Mapping[str, Tagger], overlaps: Overlaps = "keep") -> None:
        choices = get_args(Overlaps)
        if not taggers or overlaps not in choices:
            raise ValueError(f"expected taggers, and overlaps {' or '.join(choices)}; got {len(taggers)}, {overlaps!r}")
        self._layers = dict(taggers)
        self._overlaps = overlaps
        self._first, *others = taggers.values()
        self._other_rules = {tagger.rule: tagger for tagger in others if tagger.rule != self._first.rule}
        for name, tagger in taggers.items():
            if tagger.labels.kind == "tags" and overlaps != "keep":
                raise UserError(
                    f"overlaps {overlaps}: {name} predicts a tag for each word, not entities; expected keep"
                )

    @property
    def layers(self) -> Mapping[str, Tagger]:
        return self._layers

    def split(self, text: str) -> list[TextSpan]:
        """Split raw text into words as the first tagger does; each tagger makes its checks."""
        for tagger in self._layers.values():
            tagger.split("")  # warns, or raises an error if its library is not installed
        return self._first.split(text)

    def sentences(self, text: str) -> list[TextSpan]:
        return self._first.sentences(text)

    def tag(self, documents: Sequence[Document], *, progress: Progress = None) -> list[Layers]:
        split = [(tagger, list(copies)) for tagger, copies in self._documents(documents)]
        answers = [zip(copies, tagger.tag(copies, progress=progress), strict=True) for tagger, copies in split]
        return [self._joined(pairs) for pairs in zip(*answers, strict=True)]

    def tag_stream(self, documents: Iterable[Document]) -> Iterator[list[tuple[Document, Layers]]]:
        first, *others = [tagger.tag_stream(copies) for tagger, copies in self._documents(documents)]
        following = [chain.from_iterable(parts) for parts in others]
        for part in first:
            same = [islice(answers, len(part)) for answers in following]  # the same documents
            yield [(pairs[0][0], self._joined(pairs)) for pairs in zip(part, *same, strict=True)]

    def _documents(self, documents: Iterable[Document]) -> list[tuple[Tagger, Iterator[Document]]]:
        """Give each tagger the documents; what one has read waits in memory until the others have."""
        copies = tee(map(self._by_rule, documents), len(self._layers))
        taggers = self._layers.values()
        return [(tagger, map(itemgetter(tagger.rule), copy)) for tagger, copy in zip(taggers, copies, strict=True)]

    def _by_rule(self, document: Document) -> dict[tuple[str | None, bool], Document]:
        """Split a text again by each rule but the first."""
        if document.text is None:
            return dict.fromkeys([self._first.rule, *self._other_rules], document)
        split = {self._first.rule: document}
        for rule, tagger in self._other_rules.items():
            split[rule] = tagger.document(document.text, document.name)
        return split

    def _joined(self, pairs: Iterable[tuple[Document, TaggedSentence]]) -> Layers:
        return Layers(dict(zip(self._layers, pairs, strict=True)), self._overlaps)
