"""Several annotators of one text: which spans to learn from, and how well they agree."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from tagline.sources.formats.offsets import Span, WordOffsets
from tagline.sources.formats.span_tags import covered_words
from tagline.terminal import QUOTED, UserError, shortened

# only: every text must have one annotation. agreed: spans that all annotators of a text marked. majority: spans that
# more than half of them marked. Any other value is the name of the annotator whose spans are used.
ONLY, AGREED, MAJORITY = "only", "agreed", "majority"
Marked = tuple[int, int, str]
"""The first word of a span, the word after it, and its type."""
Selected = tuple[list[Span] | None, list[Span]]
"""The spans of a text to learn from, None if the text is not annotated, and those that are left out."""


class Annotation(NamedTuple):
    """What one annotator, empty if the file names none, marked in a text."""

    annotator: str
    spans: list[Span]


def select(annotations: Sequence[Annotation], policy: str, location: str, words: WordOffsets) -> Selected:
    """The spans of a text that a policy selects, and those that annotators disagree about.

    Spans are the same if their type and words are the same; the longest is selected.

    Raises:
        UserError: there are several annotations and the policy selects none of them.
    """
    if policy in (AGREED, MAJORITY):
        return _by_votes(annotations, policy, words)
    of_annotator = [annotation for annotation in annotations if policy in (ONLY, annotation.annotator)]
    if len(of_annotator) > 1:
        names = shortened(", ".join(annotation.annotator or "unnamed" for annotation in of_annotator), QUOTED)
        raise UserError(
            f"{location}: {len(of_annotator)} annotations of one text (by {names}); expected one; set "
            f"download.dataset.annotators to {AGREED}, {MAJORITY} or the name of an annotator"
        )
    return of_annotator[0].spans if of_annotator else None, []


def _by_votes(annotations: Sequence[Annotation], policy: str, words: WordOffsets) -> Selected:
    votes: defaultdict[Marked, list[Span]] = defaultdict(list)
    for annotation in annotations:
        for marked, span in _marked(annotation, words).items():
            votes[marked].append(span)
    least = len(annotations) if policy == AGREED else len(annotations) // 2 + 1
    selected = []
    left_out = []
    for spans in votes.values():
        if len(spans) >= least:
            selected.append(max(spans, key=lambda span: span.end - span.start))
        else:
            left_out.append(spans[0])
    return selected if annotations else None, left_out


def compare(annotations: Sequence[Annotation], words: WordOffsets) -> Counter[tuple[str, ...]]:
    """Count for each pair of annotators the texts, the spans of both, and those in both."""
    counts: Counter[tuple[str, ...]] = Counter()
    for first, second in combinations(sorted(annotations, key=lambda annotation: annotation.annotator), 2):
        of_first = _marked(first, words).keys()
        of_second = _marked(second, words).keys()
        pair = (first.annotator, second.annotator)
        counts[*pair, "texts"] += 1
        counts[*pair, "spans"] += len(of_first) + len(of_second)
        counts[*pair, "common"] += 2 * len(of_first & of_second)
    return counts


def _marked(annotation: Annotation, words: WordOffsets) -> dict[Marked, Span]:
    """The spans by words and type: ``Oslo`` is the same with and without a space."""
    return {(*covered_words(span, words), span.label): span for span in annotation.spans}


def summary(counts: Mapping[tuple[str, ...], int]) -> dict[str, dict[str, Any]]:
    """The agreement of each pair of annotators: the F1 of spans (Hripcsak and Rothschild, 2005), None without any.

    Not kappa, since the number of spans that both left out is not defined.
    """
    pairs: dict[str, dict[str, Any]] = {}
    for pair in sorted({key[:2] for key in counts}):
        spans = counts[*pair, "spans"]
        f1 = round(counts[*pair, "common"] / spans, 4) if spans else None
        pairs[", ".join(pair)] = {"texts": counts[*pair, "texts"], "f1": f1}
    return pairs
