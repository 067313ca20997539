"""Unknown labels: what is not scored, since gold does not say what is right."""

from collections.abc import Iterator, Mapping

import numpy as np

from tagline.evaluation.measurement import Entries, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import flatten
from tagline.terminal import printable


class Unknown(Measurement):
    """The numbers of words of unknown label, and of entities that gold does not decide."""

    def measure(self, split: ScoredSplit) -> Entries:
        """Count what is not scored; nothing if all labels are known.

        Returns:
            ``{"unknown": {words, gold_entities, predicted_entities}}``: words whose label is not known, or only in
            part; and entities that gold does not decide, see `entities.is_decided`.
        """
        flat = flatten(split.sentences)
        words = int(np.count_nonzero(~flat.is_known))
        if not words:
            return {}
        gold, predicted = flat.left_out
        return {"unknown": {"words": words, "gold_entities": gold, "predicted_entities": predicted}}


def unscored_entities(entries: Entries) -> int | None:
    """The number of entities that are not scored, for the page; None if all labels are known."""
    if "unknown" not in entries:
        return None
    numbers: Mapping[str, int] = entries["unknown"]
    return numbers["gold_entities"] + numbers["predicted_entities"]


def notes(metrics: Metrics) -> Iterator[str]:
    """Say what of each split is not scored."""
    for split, numbers in by_split(metrics, "unknown").items():
        yield (
            f"{printable(split)}: not scored: {numbers['words']:,} of {metrics[split]['words']:,} words, whose gold "
            f"label is unknown or known in part; {numbers['gold_entities']:,} gold entities and "
            f"{numbers['predicted_entities']:,} predicted ones that it does not decide"
        )
