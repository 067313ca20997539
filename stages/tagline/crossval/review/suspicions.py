"""The ranking of this repository's data: by the folds of a cross-validation, or else by models/finetuned."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tabulate import tabulate

from tagline.artifacts import tokenized
from tagline.core import HASHES, LEARNT, sha256, verify
from tagline.core.params import read_section
from tagline.crossval.crossval_params import FOLDS, read_crossval
from tagline.crossval.labelling import label
from tagline.crossval.out_of_fold import FoldOutput, load_test, read_folds, read_provenance
from tagline.crossval.review.ranking import Ranking, rank_by_folds, rank_by_model
from tagline.labels import Entity
from tagline.terminal import QUOTED, UserError, printable, quiet, shortened
from tagline.training.train_params import Train

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
FINETUNED = Path("models/finetuned")
# Suspicions that are shown.
SHOWN = 20


def find(splits: Sequence[str], most: int) -> tuple[str, Ranking]:
    """Say what the ranking is by, and rank; see `tagline.crossval.review.ranking`.

    Raises:
        UserError: an artifact is missing or damaged, a fold was made with other params, or labels are unknown.
    """
    with TemporaryDirectory() as folder:
        learnt = _label(splits, Path(folder) / "labelled")
        if not FOLDS.is_dir():
            return "ranked by models/finetuned (docs/audit.md)", rank_by_model(learnt, splits, most)
        params = read_crossval()
        made_of = read_provenance(FOLDS / "1", "crossval/dvc.yaml:fold@1")[1]
        if made_of["tokenized"] != sha256(TOKENIZED / HASHES):
            note = f"ranked by models/finetuned, since {FOLDS} is of other data; run `dvc repro crossval/dvc.yaml`"
            return note, rank_by_model(learnt, splits, most)
        folds = read_folds(FOLDS, params, TOKENIZED, TESTS)
        return f"ranked by {FOLDS} and models/finetuned", rank_by_folds(folds, learnt, splits, most)


def _label(splits: Sequence[str], target: Path) -> FoldOutput:
    """Write how models/finetuned labels splits: what it can't learn is suspicious.

    Args:
        splits: to label.
        target: the folder to make, see `tagline.crossval.out_of_fold`.
    """
    verify(TOKENIZED, "tokenize-align")
    verify(TESTS, "tokenize-align")
    verify(FINETUNED, "train")
    quiet()
    labels = tokenized.load_labels(TOKENIZED)
    if labels.sets:
        raise UserError(
            f"{TOKENIZED}: words of unknown label; expected the gold label of each word, to compare it with that of a "
            "model; annotate all words"
        )
    parts = {split: tokenized.load_split(TOKENIZED if split in LEARNT else TESTS, split) for split in splits}
    label(parts, labels, FINETUNED, read_section("train", Train), target)
    test = load_test(TESTS)
    return FoldOutput(target, test.labels if test else labels, {}, test)


def table(ranking: Ranking) -> str:
    """Lay out the first suspicions for a terminal."""
    rows = []
    for suspicion in ranking.suspicions[:SHOWN]:
        words = suspicion.sentence.words

        def text(entities: Sequence[Entity], words: Sequence[str] = words) -> str:
            named = [f"{entity.type} {' '.join(words[entity.start : entity.end])}" for entity in entities]
            return shortened(printable("; ".join(named)), QUOTED)

        disagreement = suspicion.disagreement
        rows.append(
            {
                "score": f"{suspicion.score:.2f}",
                "sentence": printable(suspicion.sentence.id),
                "gold": text(disagreement.gold),
                "model": text(disagreement.suggested),
            }
        )
    return tabulate(rows, "keys", disable_numparse=True)
