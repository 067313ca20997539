"""The page reports/audit.html: the suspicions in their sentences, to be read and filtered."""

from dataclasses import dataclass
from pathlib import Path

from tagline.audit.review.disagreements import Disagreement, Fault
from tagline.audit.review.ranking import Ranking, Suspicion
from tagline.crossval.folding import EARLY
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.outcomes import Outcome, OutcomeKind
from tagline.report import type_grounds
from tagline.report.html_files import FOLDER, render_file
from tagline.report.shown_sentences import WORDS, Piece, entity_text, pieces, shown_words, visible

# Maximum number of suspicions on the page, so that browsers stay fast.
SHOWN = 1000

# What is wrong with gold if the model is right.
MEANINGS: dict[Fault, str] = {
    "missing": "gold has no entity here",
    "spurious": "the model has no entity here",
    "type": "the types differ; the words may differ, too",
    "boundary": "the same type, but other words",
}


@dataclass(frozen=True)
class SentenceCard:
    """A suspicion as the page shows it.

    Attributes:
        rank: from 1.
        suspicion: the suspicion.
        id: the id of its sentence.
        pieces: the words of its sentence, with the notes between them.
        gold: type and text of each gold entity.
        suggested: likewise of the model.
    """

    rank: int
    suspicion: Suspicion
    id: str
    pieces: list[Piece]
    gold: list[tuple[str, str]]
    suggested: list[tuple[str, str]]


def render(ranking: Ranking) -> str:
    """Render the page as self-contained HTML; see `render_file`."""
    cards = [_card(rank, suspicion) for rank, suspicion in enumerate(ranking.suspicions[:SHOWN], 1)]
    types: set[str] = set()
    for card in cards:
        types.update(type_ for type_, _ in card.gold + card.suggested)
    faults = {fault for _, fault in ranking.numbers}
    folder = Path(__file__).parent
    variables = {
        "task": ranking.labels.task,
        "kind": ranking.labels.kind,
        "grounds": type_grounds.css_classes(ranking.labels),
        "folds": [fold.made_of for fold in ranking.folds],
        "early": ranking.folds[0].made_of["fold"] == EARLY,
        "by_surface": ranking.params.by_surface,
        "numbers": ranking.numbers,
        "faults": {fault: text for fault, text in MEANINGS.items() if fault in faults},
        "splits": ranking.splits,
        "total": ranking.numbers.total(),
        "cards": cards,
        "types": {name: index for index, name in enumerate(sorted(types))},
        "words": WORDS,
    }
    return render_file(folder / "audit.html", variables, FOLDER / "filter.js", FOLDER / "keys.js")


def _card(rank: int, suspicion: Suspicion) -> SentenceCard:
    sentence = suspicion.sentence
    disagreement = suspicion.disagreement
    words = [visible(word) for word in sentence.words]
    shown = shown_words(len(words), [disagreement.extent])
    return SentenceCard(
        rank,
        suspicion,
        id=visible(sentence.id),
        pieces=pieces(words, _outcomes(sentence, disagreement), shown),
        gold=[entity_text(words, entity) for entity in disagreement.gold],
        suggested=[entity_text(words, entity) for entity in disagreement.suggested],
    )


def _outcomes(sentence: TaggedSentence, disagreement: Disagreement) -> list[Outcome]:
    """The entities to mark: those of the disagreement, and for spans those that gold and the model have in common."""
    marked = []
    if sentence.kind == "spans":
        common = set(sentence.gold_entities) & set(sentence.predicted_entities)
        marked = [Outcome("correct", entity, entity) for entity in common]
    if len(disagreement.gold) == len(disagreement.suggested) == 1:
        error: OutcomeKind = "type_error" if disagreement.fault == "type" else "boundary_error"
        return [*marked, Outcome(error, disagreement.gold[0], disagreement.suggested[0])]
    marked += [Outcome("missed", entity, None) for entity in disagreement.gold]
    return marked + [Outcome("spurious", None, entity) for entity in disagreement.suggested]
