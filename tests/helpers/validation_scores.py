"""Scores of a model on the first sentences of a split, computed in one process or, as a script, in several."""

from __future__ import annotations

import json
from pathlib import Path

from accelerate import Accelerator

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.model import classifier
from tagline.model.heads import make_head
from tagline.training.processes import join, leave
from tagline.training.validation import Validation


def scores(folder: Path, counts: list[int]) -> list[dict[str, float]]:
    """The scores of a workspace's fine-tuned model, for each number of sentences of the validation split."""
    join()
    accelerator = Accelerator()
    labels = tokenized.load_labels(folder / "data/tokenized")
    model = accelerator.prepare(classifier.load(folder / "models/finetuned", labels))
    whole = tokenized.load_split(folder / "data/tokenized", "validation")
    found = []
    for count in counts:
        windows = sum(sentence < count for sentence in whole.windows["sentence"])
        split = Split(whole.sentences.select(range(count)), whole.windows.select(range(windows)))
        found.append(
            Validation(split, make_head("linear", labels), labels, "fp32", subwords_per_device=30).scores(
                accelerator, model
            )
        )
    return found


if __name__ == "__main__":
    found = scores(Path(), [6, 5, 1])
    state = Accelerator().state
    if state.is_main_process:
        print(json.dumps({"processes": state.num_processes, "scores": found}))
    leave()
