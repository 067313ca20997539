"""Findings: counts of what is unusual in a split, first occurrences, limits of params."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from tagline.terminal import QUOTED, shortened

# More characters or words are rather a wrong split of words or sentences.
LONG_WORD, LONG_SENTENCE = 200, 500
# What each count means. The keys are those of reports/data.json and of tokenize_align.limits.
MEANINGS = {
    "illegal_tags": "tags that the label scheme does not allow after the tag before them",
    "unseen_labels": "labels that are not in the training split",
    "unknown_labels": "words whose label is not known, or only in part",
    "incomplete_sentences": "sentences with a word of unknown label, which are not scored",
    "no_entities": "splits without an entity, whose F1 is always 0",
    "duplicate_sentences": "sentences that are also in the training split",
    "words_without_subwords": "words that tokenise to nothing",
    "unknown_words": "words with sub-words that the tokenizer does not know",
    "long_words": f"words of more than {LONG_WORD} characters",
    "truncated_words": "words longer than a window, truncated to their first sub-words",
    "long_sentences": f"sentences of more than {LONG_SENTENCE} words",
    "windowed_sentences": "sentences longer than a window",
}
SHOWN = 3
# A type of train of which a test of its size would have so many entities, and has none, is rather not annotated there.
EXPECTED = 10
LACKING = (
    "{split} has no {types}, of which train has many, so that each that a model finds counts as an error; if {split} "
    "is not annotated for them, annotate it, or name its file in download.dataset.tests, whose scores leave them out"
)
REPEATED = "repeated_sentences"
# What `Findings.add_sentence` counts.
OF_SENTENCES = {REPEATED: "sentences with the words of an earlier one"}


def lacking_types(train: Mapping[str, int], test: Mapping[str, int], share: float) -> list[str]:
    """The types of which train has many entities and a test none.

    Args:
        share: sentences of test per sentence of train.
    """
    return sorted(type_ for type_, number in train.items() if not test.get(type_) and number * share >= EXPECTED)


class Findings:
    """The findings of one split.

    Attributes:
        meanings: what each kind means.
        first: the first occurrences of each kind.
        sentences: the number of sentences that were counted.
        relabelled: the number of those that have the words of an earlier one, and other tags.
        spans: the number of spans of each type.
        noted_spans: for each kind that is about spans, their number by type.
    """

    def __init__(self, meanings: Mapping[str, str] = MEANINGS) -> None:
        self.meanings = meanings
        self.counts = dict.fromkeys(meanings, 0)
        self.first: dict[str, list[str]] = {kind: [] for kind in meanings}
        self.spans: Counter[str] = Counter()
        self.noted_spans: dict[str, Counter[str]] = {kind: Counter() for kind in meanings}
        self.sentences = 0
        self.relabelled = 0
        self._hashes: dict[int, int] = {}

    def add(self, kind: str, count: int, occurrences: Iterable[str]) -> None:
        """Add to a count; only as many ``occurrences`` are read as are shown."""
        self.counts[kind] += count
        if count:
            first = islice(occurrences, SHOWN - len(self.first[kind]))
            self.first[kind] += (shortened(occurrence, QUOTED) for occurrence in first)

    def add_notes(self, notes: Iterable[tuple[str, str, str]]) -> None:
        """Count notes: the kind, where it occurs, the type of its span or an empty string."""
        for kind, occurrence, type_ in notes:
            self.add(kind, 1, [occurrence])
            if type_:
                self.noted_spans[kind][type_] += 1

    def add_sentence(self, words: Sequence[str], location: str, tags: object = None) -> None:
        """Count a sentence, and whether an earlier one has its words, and other tags."""
        self.sentences += 1
        number = hash(tuple(words))
        of_tags = hash(str(tags))
        if number in self._hashes:
            self.add(REPEATED, 1, [location])
            self.relabelled += self._hashes[number] != of_tags
        self._hashes.setdefault(number, of_tags)

    def lines(self) -> list[str]:
        return [self.line(kind) for kind, count in self.counts.items() if count]

    def over(self, limits: Mapping[str, int | None]) -> list[str]:
        """A line for each kind above its limit."""
        lines = []
        for kind, count in self.counts.items():
            limit = limits.get(kind)
            if limit is not None and count > limit:
                lines.append(self.line(kind, f", tokenize_align.limits.{kind} allows {limit:,}"))
        return lines

    def line(self, kind: str, remark: str = "") -> str:
        """The meaning, count, share if known, and first occurrences of a kind."""
        if kind == REPEATED:
            remark = f" of {self.sentences:,} ({self.counts[kind] / self.sentences:.0%})"
            if self.relabelled:
                remark += f", {self.relabelled:,} of them with other tags"
        elif self.spans and self.noted_spans[kind]:
            remark = self._share_of_spans(kind)
        first = "; ".join(self.first[kind])
        if len(self.first[kind]) == SHOWN < self.counts[kind]:
            first += "; ..."
        return f"{self.meanings[kind]}: {self.counts[kind]:,}{remark} ({first})"

    def _share_of_spans(self, kind: str) -> str:
        """The share of all spans that a kind is about, and of each type, largest first."""
        shares = {type_: count / self.spans[type_] for type_, count in self.noted_spans[kind].items()}
        largest_first = sorted(shares, key=lambda type_: -shares[type_])
        of_types = ", ".join(f"{type_} {shares[type_]:.0%}" for type_ in largest_first)
        spans = self.spans.total()
        return f" of {spans:,} ({self.counts[kind] / spans:.0%}: {shortened(of_types, QUOTED)})"


def lines_by_split(findings: Mapping[str, Findings]) -> list[str]:
    lines = []
    for split, of_split in findings.items():
        lines += [f"{split}: {line}" for line in of_split.lines()]
    return lines
