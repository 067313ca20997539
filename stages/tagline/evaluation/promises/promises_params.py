"""Schema of ``evaluate.promises``: what is promised of a type."""

from typing import Annotated, Literal

from pydantic import Field

from tagline.core.params import Section

BetweenZeroAndOne = Annotated[float, Field(gt=0, lt=1)]
Confidence = Annotated[float, Field(ge=0.5, lt=1)]
FoundIf = Literal["exact", "covered"]
ALL = "all types"
"""The key of what holds for all types together. `tagline.labels.WHOLE` is that of sentences that are exactly right."""


class RecallPromise(Section):
    """The minimum recall of a type."""

    at_least: BetweenZeroAndOne
    """Minimum recall."""
    confidence: Confidence | None = None
    """Confidence that later texts like those of validation reach it; empty: validation reaches it."""
    found: FoundIf = "exact"
    """When an entity is found. exact: type and boundaries agree. covered: each of its words is in a predicted entity of
    any type."""


class PrecisionPromise(Section):
    """The minimum precision of the entities above a score."""

    at_least: BetweenZeroAndOne
    """Minimum share of the entities, or whole sentences, above the score that are right."""
    confidence: Confidence
    """Confidence that later texts like those of validation reach it."""


class TypePromises(Section):
    """What is promised of a type."""

    recall: RecallPromise | None = None
    """Minimum recall, which a bias on the scores of the type reaches; empty: none."""
    precision: PrecisionPromise | None = None
    """Minimum precision of the entities above a score, which the exported model marks as accepted; empty: none."""
