"""Several annotators of one text: what they agree on."""

from __future__ import annotations

from tagline.sources.formats.annotators import Annotation, compare, select, summary
from tagline.sources.formats.offsets import Span

WORDS = [(0, 3), (4, 8)]
ADA = Annotation("ada", [Span(4, 8, "LOC"), Span(0, 3, "PER")])
BO = Annotation("bo", [Span(3, 9, "LOC"), Span(0, 3, "ORG")])


def test_spans_that_cover_the_same_words_are_the_same() -> None:
    agreed = [Span(3, 9, "LOC")], [Span(0, 3, "PER"), Span(0, 3, "ORG")]
    for policy in ("agreed", "majority"):
        assert select([ADA, BO], policy, "f:1", WORDS) == agreed
    assert summary(compare([ADA, BO], WORDS)) == {"ada, bo": {"texts": 1, "f1": 0.5}}
