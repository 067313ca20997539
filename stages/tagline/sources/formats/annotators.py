"""Several annotators of one text: whose spans to learn from."""

from collections.abc import Sequence
from typing import NamedTuple

from tagline.sources.formats.offsets import Span
from tagline.terminal import QUOTED, UserError, shortened


class Annotation(NamedTuple):
    """What one annotator, empty if the file names none, marked in a text."""

    annotator: str
    spans: list[Span]


def select(annotations: Sequence[Annotation], annotator: str | None, location: str) -> list[Span] | None:
    """The spans of a text by an annotator, or of all that marked the same; None if the text is not annotated.

    Raises:
        UserError: annotators marked a text differently.
    """
    chosen = [annotation for annotation in annotations if annotator in (None, annotation.annotator)]
    if len({tuple(sorted(span[:3] for span in annotation.spans)) for annotation in chosen}) > 1:
        names = shortened(", ".join(annotation.annotator or "unnamed" for annotation in chosen), QUOTED)
        raise UserError(
            f"{location}: {len(chosen)} annotations of one text that differ (by {names}); expected one; correct one of "
            "them, or set download.dataset.annotator to the name of an annotator"
        )
    return chosen[0].spans if chosen else None
